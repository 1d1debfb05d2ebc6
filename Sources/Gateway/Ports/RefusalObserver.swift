public import Formats
public import HTTP
public import Signing

/// A delivery that was not verified, as it is judged. The body is lent for the time of the call.
public struct RefusedDelivery {
  public let head: RequestHead
  public let body: BodyBuffer
  public let route: Route
  /// What it was judged by.
  public let secrets: SecretSet
  public let reason: Unverified
  public let arrival: Moment
}

/// Is shown every delivery that fails verification, and copies what somebody asked for. Implemented by
/// Operations. It must not block, and nothing that it does changes the verdict.
public protocol RefusalObserver: Sendable {
  func refused(_ delivery: RefusedDelivery)
}
