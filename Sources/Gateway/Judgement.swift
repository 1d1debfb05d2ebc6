internal import Formats
internal import HTTP
internal import Signing

/// The judging of one delivery, from its headers to the verdict: first by the secrets it began with, then,
/// where none of them fits, by what a look at the secret file finds, and while a rotation is under way by
/// the secret that it will bring.
final class Judgement {
  enum Result {
    case verdict(Verdict)
    /// No verdict that could be trusted: the sender is asked to try again.
    case undecided(Rejection)
  }

  private let loop: LoopContext
  private let looks: any SecretLooks
  private let route: Route
  private let head: RequestHead
  private let arrival: Moment
  private let path: String
  private let finish: (Result, BodyBuffer) -> Void

  private let claim: Swift.Result<Verifier, Unverified>
  /// The ring that the delivery is still to be judged by, for the barrier of a revocation.
  private var pending: KeyRing?
  private var body: BodyBuffer?
  private var hold: Hold?
  private var sawRotation = false
  /// What a look came to that began after the delivery arrived; nil until it is over: only then is a mismatch
  /// believed.
  private var looked: LookEnd?
  /// A secret verified it that is compromised: that is believed, as well, only after a look.
  private var isVerifiedByCompromised = false
  /// Until when a look may take, monotonic nanoseconds; nil while none is under way.
  private var lookEnd: UInt64?
  private var isOver = false

  /// A look at a file takes no time; one at a file system that hangs must not keep a place for ever.
  private static let lookSecondsMax: UInt64 = 5

  private struct Hold {
    let counts: HoldCounts
    let bytes: Int
    let endUptimeNanoseconds: UInt64
  }

  init(
    _ head: RequestHead, route: Route, loop: LoopContext, looks: any SecretLooks, arrival: Moment,
    finish: @escaping (Result, BodyBuffer) -> Void
  ) {
    self.head = head
    self.route = route
    self.loop = loop
    self.looks = looks
    self.arrival = arrival
    self.finish = finish
    let ring = loop.ring(route.secretFileIndex)
    path = ring.set.path
    do throws(Unverified) {
      let claim = try route.claims.read(head.headers)
      self.claim = .success(Verifier(claim: claim, ring: ring, tolerance: route.layout.tolerance))
      pending = ring
      ring.unjudged += 1
      sawRotation = ring.set.rotation != nil
    } catch {
      claim = .failure(error)
    }
  }

  func feed(_ bytes: UnsafeRawBufferPointer) {
    if case .success(let verifier) = claim { verifier.feed(bytes) }
  }

  /// The body is complete: judges by the secrets that the delivery began with.
  func bodyEnded(_ body: BodyBuffer) {
    self.body = body
    switch claim {
    case .failure(let reason):
      end(.verdict(.refused(reason)))
    case .success(let verifier):
      let verdict = verifier.judge(head, body, arrival: arrival)
      let isRevoked = pending?.isRevoked == true
      settlePending()
      if isRevoked { return judgeAfterRevocation(verdict) }
      if case .verified = verdict, isCompromised { return believeAfterLook() }
      guard case .refused(.mismatch) = verdict, verifier.isFresh(arrival: arrival) else {
        return end(.verdict(verdict))
      }
      lookAgain()
    }
  }

  /// A secret was revoked while the body came in: what it verified counts for nothing. What it did not
  /// verify may be signed by a secret that only a look finds.
  private func judgeAfterRevocation(_ byRevoked: Verdict) {
    guard case .verified = byRevoked else { return lookAgain() }
    guard case .refused(.mismatch) = verdictNow() else {
      return isCompromised ? believeAfterLook() : judgeAnew()
    }
    refuseRevoked()
  }

  private func refuseRevoked() {
    loop.admission.holds(path: path).countRevoked()
    end(.verdict(.refused(.mismatch)))
  }

  /// Whether a rotation stands that is to end the old secret at once.
  private var isCompromised: Bool { loop.ring(path: path)?.set.rotation?.isCompromised == true }

  /// The new secret may be stored already, and nobody here have heard of it: nothing that only the old one verifies
  /// may pass then.
  private func believeAfterLook() {
    isVerifiedByCompromised = true
    lookAgain()
  }

  /// A mismatch is believed only after a look at the secret file that began after the delivery arrived: a
  /// rotation by hand loses nothing between writing the file and the signal.
  private func lookAgain() {
    let end = loop.now().uptimeNanoseconds + Self.lookSecondsMax * 1_000_000_000
    lookEnd = end
    loop.hold(self, path: path, until: end)
    looks.look(atSecretFile: path) { [self] end in
      guard !isOver else { return }
      looked = end
      lookEnd = nil
      loop.forget(self, path: path)
      judgeAnew()
    }
  }

  /// Judges by the secrets in force now. Called after a look, and for waiting deliveries by the loop when
  /// their file has changed.
  func judgeAnew() {
    guard !isOver else { return }
    if isVerifiedByCompromised, looked == nil { return awaitLook() }
    let verdict = verdictNow()
    if case .verified = verdict { return believe(verdict) }
    guard case .refused(.mismatch) = verdict else { return end(.verdict(verdict)) }
    guard let looked else { return awaitLook() }
    if isVerifiedByCompromised { return refuseRevoked() }
    if let rotation = loop.ring(path: path)?.set.rotation {
      sawRotation = true
      holdOrRefuse(rotation)
    } else if sawRotation {
      // It came while nobody could tell: its sender tries again, and gets a verdict then.
      end(.undecided(.rotating(.over)))
    } else if looked == .unread {
      end(.undecided(.secretUnread))
    } else {
      end(.verdict(verdict))
    }
  }

  /// While a secret is compromised, what one in force verifies is believed only where the file holds no other. What
  /// was held has had its look: a new secret verifies it.
  private func believe(_ verdict: Verdict) {
    if hold != nil {
      hold?.counts.countRejudged()
    } else if isCompromised || isVerifiedByCompromised {
      guard let looked else {
        isVerifiedByCompromised = true
        return awaitLook()
      }
      guard looked == .inForce else { return end(.undecided(.secretUntaken)) }
    }
    end(.verdict(verdict))
  }

  /// The look that will decide is still under way.
  private func awaitLook() {
    if let lookEnd { loop.hold(self, path: path, until: lookEnd) }
  }

  private func verdictNow() -> Verdict {
    guard let ring = loop.ring(path: path), let body, case .success(let verifier) = claim else {
      return .refused(.mismatch)
    }
    return verifier.judge(head, body, arrival: arrival, with: ring)
  }

  // MARK: Holding

  private func holdOrRefuse(_ rotation: RotationNotice) {
    let now = loop.now()
    guard let holdingEnd = rotation.holdingEnd else { return end(.undecided(.rotating(.byHand))) }
    guard now.unixMilliseconds < holdingEnd, !rotation.isUnfinished(at: now.unixMilliseconds) else {
      return end(.undecided(.rotating(.unfinished)))
    }
    if let hold, hold.endUptimeNanoseconds <= now.uptimeNanoseconds { return holdExpired() }
    do throws(HoldEnd) {
      let hold = try place(now, milliseconds: holdingEnd - now.unixMilliseconds)
      loop.hold(self, path: path, until: hold.endUptimeNanoseconds)
    } catch {
      loop.admission.holds(path: path).countOverflowed()
      end(.undecided(.rotating(error)))
    }
  }

  /// The one that it has, or a new one.
  private func place(_ now: Moment, milliseconds: Int64) throws(HoldEnd) -> Hold {
    if let hold { return hold }
    let settings = route.rotation ?? RotationSettings()
    let counts = loop.admission.holds(path: path)
    let bytes = body?.count ?? 0
    try counts.enter(
      bytes: bytes, deliveriesMax: settings.holdDeliveriesMax, bytesMax: settings.holdBytesMax)
    let holdMilliseconds = UInt64(min(Int64(settings.holdSecondsMax) * 1000, max(milliseconds, 0)))
    let hold = Hold(
      counts: counts, bytes: bytes,
      endUptimeNanoseconds: now.uptimeNanoseconds + holdMilliseconds * 1_000_000)
    self.hold = hold
    return hold
  }

  /// The time of waiting is up.
  func holdExpired() {
    guard let hold else { return end(.undecided(.lookTimeout)) }
    hold.counts.countOverflowed()
    end(.undecided(.rotating(.seconds)))
  }

  // MARK: Ends

  private func end(_ result: Result) {
    guard let body, !isOver else { return }
    if case .undecided(.rotating) = result { loop.admission.holds(path: path).countDeferred() }
    abandon()
    finish(result, body)
  }

  /// Lets go of everything, also when the delivery ends without a verdict.
  func abandon() {
    isOver = true
    if case .success(let verifier) = claim { verifier.abandon() }
    settlePending()
    if hold != nil || lookEnd != nil { loop.forget(self, path: path) }
    if let hold { hold.counts.leave(bytes: hold.bytes) }
    hold = nil
    lookEnd = nil
    body = nil
  }

  private func settlePending() {
    if let pending { loop.settled(pending) }
    pending = nil
  }
}
