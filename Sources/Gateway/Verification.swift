internal import Formats
internal import HTTP
internal import Signing

/// The verification of one delivery, from its headers to the verdict: first by the secrets it began with, then,
/// where none of them fits, by what a look at the secret file finds, and while a rotation is under way by
/// the secret that it will bring.
///
/// A value that knows no loop and no clock: each step says what comes next, and what it waits for is told to it.
//
// All of it is mutating: of an optional value, that is done in its place, and what only reads it copies it first.
struct Verification {
  enum Step {
    case verdict(Verdict)
    /// No verdict that could be trusted: the sender is asked to try again.
    case undecided(Rejection)
    /// Nothing can be said before this has come, or this instant, monotonic nanoseconds.
    case wait(for: Awaited, until: UInt64)
  }

  enum Awaited {
    /// A look at the secret file that begins now.
    case look
    /// Other secrets in the file, or the end of the look that is under way.
    case news
  }

  /// What a step depends on besides, lent for its time.
  struct Surroundings {
    let body: BodyBuffer
    /// The keys in force now; nil where the secret file is no longer named.
    let ring: KeyRing?
    let now: Moment

    /// Whether a rotation stands that is to end the old secret at once.
    var isCompromised: Bool { ring?.set.rotation?.isCompromised == true }
  }

  private let route: Route
  private let head: RequestHead
  private let arrival: Moment
  private let admission: Admission
  private let claim: Result<Verifier, Unverified>
  private var hold: Hold?
  private var sawRotation = false
  /// What a look came to that began after the delivery arrived; nil until it is over: only then is a mismatch
  /// believed.
  private var looked: LookEnd?
  /// A secret verified it that is compromised: that is believed, as well, only after a look.
  private var isVerifiedByCompromised = false
  /// Only a secret that has been revoked verified it.
  private var isVerifiedByRevoked = false
  /// Until when a look may take, monotonic nanoseconds; nil while none is under way.
  private var lookEnd: UInt64?

  /// A look at a file takes no time; one at a file system that hangs must not keep a place for ever.
  private static let lookSecondsMax: UInt64 = 5

  private struct Hold {
    let counts: HoldCounts
    let bytes: Int
    let endUptimeNanoseconds: UInt64
  }

  init(_ head: RequestHead, route: Route, ring: KeyRing, admission: Admission, arrival: Moment) {
    self.head = head
    self.route = route
    self.admission = admission
    self.arrival = arrival
    do throws(Unverified) {
      let claim = try route.claims.read(head.headers)
      self.claim = .success(Verifier(claim: claim, ring: ring, tolerance: route.layout.tolerance))
      sawRotation = ring.set.rotation != nil
    } catch {
      claim = .failure(error)
    }
  }

  /// The ring that is still to judge it; nil where no claim can be read.
  mutating func begin() -> KeyRing? {
    guard case .success(let verifier) = claim else { return nil }
    verifier.ring.unjudged += 1
    return verifier.ring
  }

  mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    if case .success(let verifier) = claim { verifier.feed(bytes) }
  }

  // MARK: Steps

  /// The body is complete: judges by the secrets that the delivery began with.
  mutating func bodyEnded(_ around: Surroundings) -> Step {
    switch claim {
    case .failure(let reason): return .verdict(.refused(reason))
    case .success(let verifier):
      let verdict = verifier.judge(head, around.body, arrival: arrival)
      if verifier.ring.isRevoked { return judgeAfterRevocation(verdict, around) }
      if case .verified = verdict, around.isCompromised { return believeAfterLook(around) }
      guard case .refused(.mismatch) = verdict, verifier.isFresh(arrival: arrival) else {
        return .verdict(verdict)
      }
      return lookAgain(around)
    }
  }

  /// The look that it waited for is over, and what it found in force.
  mutating func looked(_ end: LookEnd, _ around: Surroundings) -> Step {
    looked = end
    lookEnd = nil
    return judgeAnew(around)
  }

  /// Judges by the secrets in force now: after a look, and when its file has changed while it waited.
  mutating func judgeAnew(_ around: Surroundings) -> Step {
    if isVerifiedByCompromised, looked == nil { return awaitLook() }
    let verdict = verdict(around)
    if case .verified = verdict { return believe(verdict, around) }
    guard case .refused(.mismatch) = verdict else { return .verdict(verdict) }
    guard let looked else { return awaitLook() }
    if isVerifiedByCompromised { return refuseRevoked() }
    if let rotation = around.ring?.set.rotation {
      sawRotation = true
      return holdOrRefuse(rotation, around)
    } else if sawRotation {
      // It came while nobody could tell: its sender tries again, and gets a verdict then.
      return deferred(.over)
    } else if looked == .unread {
      return .undecided(.secretUnread)
    } else {
      return .verdict(verdict)
    }
  }

  /// The time of waiting is up.
  mutating func waitExpired() -> Step {
    guard let hold else { return .undecided(.lookTimeout) }
    hold.counts.countOverflowed()
    return deferred(.seconds)
  }

  /// Whether another secret could still verify it: it is well-formed and fresh, and was not signed by one that was
  /// taken back.
  var mayVerifyLater: Bool {
    guard case .success(let verifier) = claim, !isVerifiedByRevoked, !isVerifiedByCompromised else {
      return false
    }
    return verifier.isFresh(arrival: arrival)
  }

  /// Lets go of everything, also when the delivery ends without a verdict. Whether it waits is still to be forgotten.
  mutating func end() -> Bool {
    let isWaiting = hold != nil || lookEnd != nil
    if case .success(let verifier) = claim { verifier.abandon() }
    if let hold { hold.counts.leave(bytes: hold.bytes) }
    hold = nil
    lookEnd = nil
    return isWaiting
  }

  // MARK: Revocation

  /// A secret was revoked while the body came in: what it verified counts for nothing. What it did not
  /// verify may be signed by a secret that only a look finds.
  private mutating func judgeAfterRevocation(_ byRevoked: Verdict, _ around: Surroundings) -> Step {
    guard case .verified = byRevoked else { return lookAgain(around) }
    guard case .refused(.mismatch) = verdict(around) else {
      return around.isCompromised ? believeAfterLook(around) : judgeAnew(around)
    }
    return refuseRevoked()
  }

  private mutating func refuseRevoked() -> Step {
    isVerifiedByRevoked = true
    holds.countRevoked()
    return .verdict(.refused(.mismatch))
  }

  /// The new secret may be stored already, and nobody here have heard of it: nothing that only the old one verifies
  /// may pass then.
  private mutating func believeAfterLook(_ around: Surroundings) -> Step {
    isVerifiedByCompromised = true
    return lookAgain(around)
  }

  /// While a secret is compromised, what one in force verifies is believed only where the file holds no other. What
  /// was held has had its look: a new secret verifies it.
  private mutating func believe(_ verdict: Verdict, _ around: Surroundings) -> Step {
    if hold != nil {
      hold?.counts.countRejudged()
    } else if around.isCompromised || isVerifiedByCompromised {
      guard let looked else {
        isVerifiedByCompromised = true
        return awaitLook()
      }
      guard looked == .inForce else { return .undecided(.secretUntaken) }
    }
    return .verdict(verdict)
  }

  // MARK: Looks

  /// A mismatch is believed only after a look at the secret file that began after the delivery arrived: a
  /// rotation by hand loses nothing between writing the file and the signal.
  private mutating func lookAgain(_ around: Surroundings) -> Step {
    let end = around.now.uptimeNanoseconds + Self.lookSecondsMax * 1_000_000_000
    lookEnd = end
    return .wait(for: .look, until: end)
  }

  /// The look that will decide is still under way; were there none, its time would be up.
  private func awaitLook() -> Step { .wait(for: .news, until: lookEnd ?? 0) }

  private func verdict(_ around: Surroundings) -> Verdict {
    guard let ring = around.ring, case .success(let verifier) = claim else { return .refused(.mismatch) }
    return verifier.judge(head, around.body, arrival: arrival, with: ring)
  }

  // MARK: Holding, while a rotation is under way

  private mutating func holdOrRefuse(_ rotation: RotationNotice, _ around: Surroundings) -> Step {
    let milliseconds = around.now.unixMilliseconds
    guard let holdingEnd = rotation.holdingEnd else { return deferred(.byHand) }
    guard milliseconds < holdingEnd, !rotation.isUnfinished(at: milliseconds) else {
      return deferred(.unfinished)
    }
    if let hold, hold.endUptimeNanoseconds <= around.now.uptimeNanoseconds { return waitExpired() }
    do throws(HoldEnd) {
      let hold = try place(around, milliseconds: holdingEnd - milliseconds)
      return .wait(for: .news, until: hold.endUptimeNanoseconds)
    } catch {
      holds.countOverflowed()
      return deferred(error)
    }
  }

  /// The one that it has, or a new one.
  private mutating func place(_ around: Surroundings, milliseconds: Int64) throws(HoldEnd) -> Hold {
    if let hold { return hold }
    let settings = route.rotation ?? RotationSettings()
    let counts = holds
    let bytes = around.body.count
    try counts.enter(
      bytes: bytes, deliveriesMax: settings.holdDeliveriesMax, bytesMax: settings.holdBytesMax)
    let holdMilliseconds = UInt64(min(Int64(settings.holdSecondsMax) * 1000, max(milliseconds, 0)))
    let hold = Hold(
      counts: counts, bytes: bytes,
      endUptimeNanoseconds: around.now.uptimeNanoseconds + holdMilliseconds * 1_000_000)
    self.hold = hold
    return hold
  }

  /// Those of the secret file that it is judged by.
  private var holds: HoldCounts {
    guard case .success(let verifier) = claim else { preconditionFailure("without a claim nothing waits") }
    return admission.holds(path: verifier.ring.set.path)
  }

  /// The sender is to come again, because of the rotation.
  private func deferred(_ end: HoldEnd) -> Step {
    holds.countDeferred()
    return .undecided(.rotating(end))
  }
}
