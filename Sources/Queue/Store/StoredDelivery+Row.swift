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
}
