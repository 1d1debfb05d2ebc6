internal import HTTP
internal import Signing

// Who could move the instant of an arrival could have something old and genuine taken for new: what judges again must
// not believe the store. So rows of the quarantine are sealed, too, and no seal of theirs is one of a delivery's.

extension Sealer {
  private static let label = "vesigate quarantine"

  public func seal(_ delivery: DeliveryToQuarantine) -> QuarantinedDelivery {
    let (route, head) = (delivery.route.name, delivery.head.bytes)
    let body = Array(delivery.body.bytes)
    guard let mac = mac(keys.current, route, delivery.arrived, delivery.reason, head, body) else {
      fatalError("the current key is one of the keys")
    }
    return QuarantinedDelivery(
      route: route, arrived: delivery.arrived, reason: delivery.reason,
      head: keys.current.bytes + mac.withBytes { Array($0) } + head, body: body,
      key: Self.key(route, delivery.head, body), judgement: delivery.judgement)
  }

  /// The head of what is as it was sealed.
  func open(_ row: QuarantinedDelivery) throws(SealFault) -> QuarantinedHead {
    let sealBytes = Self.idBytes + Digest.sealBytes
    guard row.head.count > sealBytes, let claimed = Digest(row.head[Self.idBytes..<sealBytes]) else {
      throw .broken
    }
    let id = SealKeys.ID(Array(row.head[..<Self.idBytes]))
    let head = Array(row.head[sealBytes...])
    guard let mac = mac(id, row.route, row.arrived, row.reason, head, row.body) else {
      throw .keyUnknown(id)
    }
    guard mac.matches(claimed) else { throw .broken }
    do throws(StoredRequestFault) { return try QuarantinedHead(head) } catch { throw .broken }
  }

  private func mac(
    _ id: SealKeys.ID, _ route: String, _ arrived: Int64, _ reason: String, _ head: [UInt8], _ body: [UInt8]
  ) -> Digest? {
    guard let hmac = hmac(id) else { return nil }
    hmac.begin()
    for text in [Self.label, route, reason] {
      Array(text.utf8).withUnsafeBytes { hmac.updateSized($0) }
    }
    for bytes in [head, body] { bytes.withUnsafeBytes { hmac.updateSized($0) } }
    hmac.update(arrived)
    return hmac.finish()
  }

  /// Of all that came, and nothing that we say of it: a repetition by the network is one, an equal event is another.
  private static func key(_ route: String, _ head: QuarantinedHead, _ body: [UInt8]) -> [UInt8] {
    LabelledHash.of(
      [Array(route.utf8), head.wireBytes, body.withUnsafeBytes { BodyDigest(of: $0).bytes }],
      label: "vesigate quarantine key")
  }
}

extension Digest {
  /// Of the hash that seals.
  fileprivate static let sealBytes = Hash.sha256.digestBytes
}
