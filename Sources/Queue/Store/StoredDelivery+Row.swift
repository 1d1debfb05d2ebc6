public import Gateway

extension StoredDelivery {
  /// What `Sentence.deliveryColumns` gives; nil where the body is gone, or its row is none of ours.
  init?(_ row: Row) {
    guard let id = PublicID(row.blob(0)), row.optionalInteger(11) != nil else { return nil }
    let facts = DeliveryFacts(
      id: id, route: row.text(1), accepted: row.integer(2), signed: row.optionalInteger(3),
      requestID: row.text(4), remote: row.text(5), method: row.text(6), target: row.blob(7))
    self.init(
      facts: facts, secret: row.text(8), head: row.blob(11), body: row.blob(12), bodyDigest: row.blob(9),
      seal: row.blob(10))
  }
}

extension Sentence {
  /// Of `delivery LEFT JOIN body`. The twelfth is null where the body is gone.
  static let deliveryColumns = """
    public_id, route, accepted, signed, request_id, remote, method, target, secret, body_digest, seal, head, bytes
    """
}

extension StoreReader {
  /// One delivery with its body. What it says is a claim, until its seal has been checked.
  ///
  /// - Returns: nil where its body is gone, or all of it.
  public func delivery(_ id: PublicID) throws(StoreFault) -> StoredDelivery? {
    let found = try ask(
      "SELECT \(Sentence.deliveryColumns) FROM delivery LEFT JOIN body USING(id) WHERE public_id=?",
      [.blob(id.bytes)]
    ) { StoredDelivery($0) }
    return found.first ?? nil
  }

  /// What the file says of a delivery beside its head and its body. Nothing of it has been proven.
  public struct Known: Sendable, Equatable {
    public let facts: DeliveryFacts
    public let secret: String
    public let bodyBytes: Int
    /// By what it is known, and until when that is kept, Unix milliseconds; nil where it is not, or no longer.
    public let dedupeKey: [UInt8]?
    public let dedupeUntil: Int64?
  }

  /// Nil where there is no such delivery.
  public func known(_ id: PublicID) throws(StoreFault) -> Known? {
    try ask(
      """
      SELECT route, accepted, signed, request_id, remote, method, target, secret, body_bytes, dedupe_key,
        (SELECT until FROM dedupe WHERE key=dedupe_key AND dedupe.delivery=delivery.id) FROM delivery WHERE public_id=?
      """, [.blob(id.bytes)]
    ) { row in
      let facts = DeliveryFacts(
        id: id, route: row.text(0), accepted: row.integer(1), signed: row.optionalInteger(2),
        requestID: row.text(3), remote: row.text(4), method: row.text(5), target: row.blob(6))
      let key = row.blob(9)
      return Known(
        facts: facts, secret: row.text(7), bodyBytes: Int(row.integer(8)),
        dedupeKey: key.isEmpty ? nil : key, dedupeUntil: row.optionalInteger(10))
    }.first
  }
}
