public import Formats
public import HTTP

/// Which secret proved a delivery, and how old its signature was. Its bytes are not part of it.
public struct Proof: Sendable, Equatable {
  /// Position in the secret file, 0 being the current secret; secrets that a rotation replaced follow.
  public let position: Int
  public let fingerprint: String
  /// Nil where the layout signs no timestamp.
  public let ageSeconds: Int?
}

/// A delivery whose signature is right and fresh. Nothing but the verifier can make one, and only this can
/// be forwarded with the mark.
public struct VerifiedDelivery {
  public let head: RequestHead
  public let body: BodyBuffer
  public let proof: Proof

  fileprivate init(head: RequestHead, body: BodyBuffer, proof: Proof) {
    self.head = head
    self.body = body
    self.proof = proof
  }
}

/// What the verifier says of a delivery.
public enum Verdict {
  case verified(VerifiedDelivery)
  case refused(Unverified)
}

/// The verification of one delivery: fed while the body arrives, judged when it is there.
public final class Verifier {
  private let claim: SignatureClaim
  /// The one that it began with.
  public let ring: KeyRing
  private let tolerance: SignatureLayout.Tolerance
  /// Position of the secret that is being fed.
  private let guess: Int
  private var hmac: KeyedHMAC?

  /// Begins with the secret that matched last: most deliveries then need no second look at the body.
  public init(claim: SignatureClaim, ring: KeyRing, tolerance: SignatureLayout.Tolerance) {
    self.claim = claim
    self.ring = ring
    self.tolerance = tolerance
    guess = ring.likely
    let hmac = ring.pools[guess].borrow()
    claim.before.withUnsafeBytes { hmac.update($0) }
    self.hmac = hmac
  }

  public func feed(_ bytes: UnsafeRawBufferPointer) { hmac?.update(bytes) }

  /// Judges the collected delivery. `arrival` is what its age is measured at.
  public func judge(_ head: RequestHead, _ body: BodyBuffer, arrival: Moment) -> Verdict {
    if let hmac {
      claim.behind.withUnsafeBytes { hmac.update($0) }
      let digest = hmac.finish()
      abandon()
      if isClaimed(digest) { return accept(at: guess, head, body, arrival: arrival) }
    }
    return judge(head, body, arrival: arrival, with: ring, except: guess)
  }

  /// Judges it again with other secrets: what a look at the secret file brought.
  public func judge(_ head: RequestHead, _ body: BodyBuffer, arrival: Moment, with ring: KeyRing) -> Verdict {
    judge(head, body, arrival: arrival, with: ring, except: nil)
  }

  /// Gives the HMAC context back when the delivery ends without a judgement.
  public func abandon() {
    if let hmac { ring.pools[guess].giveBack(hmac) }
    hmac = nil
  }

  /// Whether the timestamp is inside the tolerance, so that a newer secret could still make it verify.
  public func isFresh(arrival: Moment) -> Bool { staleAge(arrival) == nil }

  private func judge(
    _ head: RequestHead, _ body: BodyBuffer, arrival: Moment, with ring: KeyRing, except: Int?
  ) -> Verdict {
    for position in ring.pools.indices where position != except {
      guard isSigned(body, by: ring.pools[position]) else { continue }
      ring.likely = position
      return accept(at: position, of: ring, head, body, arrival: arrival)
    }
    return judgeByPrevious(head, body, arrival: arrival, with: ring)
  }

  /// What was signed before a rotation may still be on its way; only a signed timestamp can tell.
  private func judgeByPrevious(
    _ head: RequestHead, _ body: BodyBuffer, arrival: Moment, with ring: KeyRing
  ) -> Verdict {
    for (index, previous) in ring.set.previous.enumerated()
    where previous.accepts(signedAt: claim.signedAtUnixMilliseconds, arrival: arrival) {
      guard isSigned(body, by: ring.previousPools[index]) else { continue }
      if let age = staleAge(arrival) { return .refused(.stale(ageSeconds: age)) }
      return verified(
        head, body, position: ring.pools.count + index, fingerprint: previous.line.fingerprint, arrival)
    }
    return .refused(.mismatch)
  }

  private func isSigned(_ body: BodyBuffer, by pool: KeyedHMACPool) -> Bool {
    let hmac = pool.borrow()
    defer { pool.giveBack(hmac) }
    claim.before.withUnsafeBytes { hmac.update($0) }
    hmac.update(body.bytes)
    claim.behind.withUnsafeBytes { hmac.update($0) }
    return isClaimed(hmac.finish())
  }

  private func isClaimed(_ digest: Digest) -> Bool {
    var found = false
    // Every signature is compared, whichever matches: the time says nothing about the position.
    for signature in claim.signatures where signature.matches(digest) { found = true }
    return found
  }

  /// The signature is right; what is left is its age.
  private func accept(
    at position: Int, of ring: KeyRing? = nil, _ head: RequestHead, _ body: BodyBuffer, arrival: Moment
  ) -> Verdict {
    if let age = staleAge(arrival) { return .refused(.stale(ageSeconds: age)) }
    let fingerprint = (ring ?? self.ring).set.lines[position].fingerprint
    return verified(head, body, position: position, fingerprint: fingerprint, arrival)
  }

  private func verified(
    _ head: RequestHead, _ body: BodyBuffer, position: Int, fingerprint: String, _ arrival: Moment
  ) -> Verdict {
    let proof = Proof(
      position: position, fingerprint: fingerprint,
      ageSeconds: ageMilliseconds(arrival).map { Int($0 / 1000) })
    return .verified(VerifiedDelivery(head: head, body: body, proof: proof))
  }

  private func ageMilliseconds(_ arrival: Moment) -> Int64? {
    claim.signedAtUnixMilliseconds.map { arrival.unixMilliseconds - $0 }
  }

  /// The age in seconds when it is outside the tolerance, which reaches to both sides.
  private func staleAge(_ arrival: Moment) -> Int? {
    guard case .seconds(let seconds) = tolerance, let age = ageMilliseconds(arrival) else { return nil }
    guard abs(age) > Int64(seconds) * 1000 else { return nil }
    // Rounded away from zero: 300.001 s is not "300 s ago" under a tolerance of 300.
    return Int(age > 0 ? (age + 999) / 1000 : (age - 999) / 1000)
  }
}
