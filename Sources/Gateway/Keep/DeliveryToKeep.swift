public import Formats
public import Signing

/// A verified delivery as it goes into the store: planned, and with all that is known of it.
public struct DeliveryToKeep {
  public let request: StoredRequest
  /// Of the request, as the store keeps it.
  public let head: [UInt8]
  public let route: Route
  /// That it was verified.
  public let proof: Proof
  public let accepted: Moment
  /// When the sender signed, Unix milliseconds; nil where the layout signs no timestamp.
  public let signed: Int64?
  public let requestID: String
  public let remote: String
  /// The target as the sender wrote it.
  public let target: [UInt8]
  let repetition: RepetitionClaim

  /// By what its repetitions are known; nil where nothing tells them.
  public func dedupeKey(_ body: BodyDigest) -> DedupeKey? { repetition.key(body) }
}
