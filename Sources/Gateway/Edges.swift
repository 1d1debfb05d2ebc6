public import Formats
public import HTTP
public import Signing

/// What the spine needs from the edges. Each protocol is implemented by one room, and everything here is
/// called and calls back on the delivery's own event loop.

/// Whether the taker wants more now.
public enum Flow: Sendable {
  case more
  /// Keep the next bytes until `resume`.
  case pause
}

/// Sends deliveries to upstreams. Implemented by Forwarding.
public protocol Forwarder: AnyObject {
  /// Starts one attempt. The observer is never called before this returns.
  func start(
    _ request: ForwardRequest, to upstream: Upstream, observer: any AttemptObserver, index: Int
  ) -> any Attempt
}

/// One attempt at one upstream, under way.
public protocol Attempt: AnyObject {
  /// Lets the response flow again.
  func resume()
  /// Ends it; the observer hears nothing more.
  func cancel()
}

/// Hears what becomes of attempts, told apart by the index that they were started with.
public protocol AttemptObserver: AnyObject {
  func attempt(_ index: Int, answered response: ResponseHead)
  /// Body bytes of the response, valid during the call. When it says `.pause` it has not taken them and
  /// gets the same bytes again after `resume`.
  func attempt(_ index: Int, received bytes: UnsafeRawBufferPointer) -> Flow
  /// The last call: nil when the response is complete.
  func attempt(_ index: Int, finished failure: ForwardFailure?)
}

/// Writes to the sender. Implemented by Listening.
public protocol ReplySink: AnyObject {
  /// An answer of the gateway's own.
  func refuse(_ rejection: Rejection)
  /// A whole response of an upstream's.
  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer)
  /// Begins a response whose body follows in parts.
  func begin(_ response: ResponseHead)
  /// Takes a part in any case; `.pause` asks to wait for `Exchange.replyDrained` before the next.
  func write(_ bytes: UnsafeRawBufferPointer) -> Flow
  func end()
  /// The upstream broke off after `begin`: the sender must see that the response is not whole.
  func abort()
}

/// What a look at a secret file came to.
public enum LookEnd: Sendable, Equatable {
  /// What the file holds is in force.
  case inForce
  /// It has changed, and what it is now is refused: other secrets are in force than it holds.
  case refused
  /// It could not be read, so nobody knows what it holds.
  case unread
}

/// Looks at a secret file, off the event loops. Implemented by the daemon over Configuration.
public protocol SecretLooks: AnyObject {
  /// Calls back on this loop after a look that began after this call. By then it has adopted what the
  /// look found.
  func look(atSecretFile path: String, then: @escaping (LookEnd) -> Void)
}

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
