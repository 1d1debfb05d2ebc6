public import Signing

/// A delivery on its way into the store. Only the sealer makes one, and only for who holds a proof that a delivery was
/// verified: the store never learns of others.
public struct KeptDelivery: Sendable {
  public let facts: DeliveryFacts
  /// The fingerprint of the secret that proved it.
  public let secret: String
  public let head: [UInt8]
  public let body: [UInt8]
  public let bodyDigest: BodyDigest
  public let seal: [UInt8]

  fileprivate init(
    facts: DeliveryFacts, secret: String, head: [UInt8], body: [UInt8], bodyDigest: BodyDigest, seal: [UInt8]
  ) {
    self.facts = facts
    self.secret = secret
    self.head = head
    self.body = body
    self.bodyDigest = bodyDigest
    self.seal = seal
  }
}

/// What the store has read: a claim, which whoever edits the file may have made. Its bytes are out of reach until its
/// seal has been checked.
public struct StoredDelivery: Sendable {
  public let facts: DeliveryFacts
  public let secret: String
  let head: [UInt8]
  let body: [UInt8]
  let bodyDigest: [UInt8]
  let seal: [UInt8]

  public init(
    facts: DeliveryFacts, secret: String, head: [UInt8], body: [UInt8], bodyDigest: [UInt8], seal: [UInt8]
  ) {
    self.facts = facts
    self.secret = secret
    self.head = head
    self.body = body
    self.bodyDigest = bodyDigest
    self.seal = seal
  }
}

/// A stored delivery that is what was sealed. Nothing but the check of its seal makes one, and only this may be sent as
/// verified.
public struct SealedDelivery: Sendable {
  public let facts: DeliveryFacts
  /// The fingerprint of the secret that proved it.
  public let secret: String
  public let head: [UInt8]
  public let body: [UInt8]

  fileprivate init(_ stored: StoredDelivery) {
    facts = stored.facts
    secret = stored.secret
    head = stored.head
    body = stored.body
  }
}

/// Why a row is not what was sealed.
public enum SealFault: Error, Sendable, Equatable {
  /// No key here has this id: the key file is not the one that belongs to the store.
  case keyUnknown(SealKeys.ID)
  /// A byte was changed, or the seal is another row's.
  case broken
}

/// Seals rows, and checks seals. Not Sendable: it belongs to one event loop or thread, like the HMACs that it keeps.
public final class Sealer {
  static let idBytes = 4
  let keys: SealKeys
  private var hmacs: [SealKeys.ID: KeyedHMAC] = [:]

  public init(keys: SealKeys) { self.keys = keys }

  /// - Parameter proof: that this delivery was verified.
  public func seal(_ facts: DeliveryFacts, head: [UInt8], body: [UInt8], proof: Proof) -> KeptDelivery {
    let bodyDigest = body.withUnsafeBytes { BodyDigest(of: $0) }
    guard let mac = mac(keys.current, facts, proof.fingerprint, head: head, bodyDigest: bodyDigest.bytes)
    else {
      fatalError("the current key is one of the keys")
    }
    return KeptDelivery(
      facts: facts, secret: proof.fingerprint, head: head, body: body, bodyDigest: bodyDigest,
      seal: keys.current.bytes + mac.withBytes { Array($0) })
  }

  public func check(_ stored: StoredDelivery) throws(SealFault) -> SealedDelivery {
    guard stored.seal.count > Self.idBytes, let claimed = Digest(stored.seal[Self.idBytes...]) else {
      throw .broken
    }
    let id = SealKeys.ID(Array(stored.seal[..<Self.idBytes]))
    let body = stored.body.withUnsafeBytes { BodyDigest(of: $0) }
    guard body.bytes == stored.bodyDigest else { throw .broken }
    guard let mac = mac(id, stored.facts, stored.secret, head: stored.head, bodyDigest: body.bytes) else {
      throw .keyUnknown(id)
    }
    guard mac.matches(claimed) else { throw .broken }
    return SealedDelivery(stored)
  }

  /// Over everything that is stored and never changes; nil where there is no such key.
  private func mac(
    _ id: SealKeys.ID, _ facts: DeliveryFacts, _ secret: String, head: [UInt8], bodyDigest: [UInt8]
  ) -> Digest? {
    guard let hmac = hmac(id) else { return nil }
    hmac.begin()
    facts.id.bytes.withUnsafeBytes { hmac.updateSized($0) }
    for text in [facts.route, facts.requestID, facts.remote, facts.method, secret] {
      Array(text.utf8).withUnsafeBytes { hmac.updateSized($0) }
    }
    for bytes in [facts.target, head, bodyDigest] { bytes.withUnsafeBytes { hmac.updateSized($0) } }
    hmac.update(facts.accepted)
    hmac.update(UInt8(facts.signed == nil ? 0 : 1))
    hmac.update(facts.signed ?? 0)
    return hmac.finish()
  }

  func hmac(_ id: SealKeys.ID) -> KeyedHMAC? {
    if let kept = hmacs[id] { return kept }
    guard let key = keys.keys[id] else { return nil }
    let made = KeyedHMAC(key: key, hash: .sha256)
    hmacs[id] = made
    return made
  }
}
