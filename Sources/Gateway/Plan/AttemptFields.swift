internal import HTTP

/// What an app is told of a delivery that was kept, in fields that only the gateway sets.
public struct AttemptFields: Sendable {
  /// The same for all attempts of a delivery, replays too.
  public var id: PublicID
  /// Counts from 1, at each upstream where all of them get it.
  public var attempt: Int
  /// Whether somebody has had it sent again.
  public var isReplay: Bool

  public init(id: PublicID, attempt: Int, isReplay: Bool) {
    self.id = id
    self.attempt = attempt
    self.isReplay = isReplay
  }

  static let idName = "X-Delivery-Id"
  /// In lower case: a sender's own stay behind.
  static let names = ["x-delivery-id", "x-delivery-attempt", "x-delivery-replay"].map { Array($0.utf8) }

  func add(to headers: inout HeaderList) {
    headers.append(name: Self.idName, value: id.description)
    headers.append(name: "X-Delivery-Attempt", value: String(attempt))
    if isReplay { headers.append(name: "X-Delivery-Replay", value: "true") }
  }
}
