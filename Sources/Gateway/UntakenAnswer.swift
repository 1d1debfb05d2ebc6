/// What a sender left lying when its connection ended, of a delivery that has its record already.
public struct UntakenAnswer: Sendable {
  /// The last delivery that was answered.
  public var requestID: String
  /// The sender's address, as in that delivery's record.
  public var remote: String

  public init(requestID: String, remote: String) {
    self.requestID = requestID
    self.remote = remote
  }
}
