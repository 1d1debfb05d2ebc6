/// What is known of a delivery beside its bytes. All of it is under the seal.
public struct DeliveryFacts: Sendable, Equatable {
  public var id: PublicID
  public var route: String
  /// Unix milliseconds.
  public var accepted: Int64
  /// When the sender signed, Unix milliseconds; nil where the layout signs no timestamp.
  public var signed: Int64?
  public var requestID: String
  /// The sender's address.
  public var remote: String
  public var method: String
  /// The request's target, as it is sent.
  public var target: [UInt8]

  public init(
    id: PublicID, route: String, accepted: Int64, signed: Int64?, requestID: String, remote: String,
    method: String,
    target: [UInt8]
  ) {
    self.id = id
    self.route = route
    self.accepted = accepted
    self.signed = signed
    self.requestID = requestID
    self.remote = remote
    self.method = method
    self.target = target
  }
}
