internal import Formats
public import Gateway
internal import Signing

/// What came of judging a quarantined delivery once more.
public enum ReleaseEnd: Sendable, Equatable {
  /// Verified, and queued under this name.
  case released(PublicID)
  /// Verified, and here before: the sender has come again.
  case duplicate(of: PublicID)
  /// It would be released; of a dry run alone.
  case verifies
  /// Not by the secrets in force, which are those that this number tells.
  case unverified(judgement: Int64)
  /// By a secret alone that was replaced because others had it, and has come back: they may have signed it.
  case revoked
  /// A compromised secret is being replaced.
  case notNow
  case noRoute
  case broken
  /// Somebody else has released it, or thrown it away.
  case gone
  /// It stays: the store takes nothing now.
  case refused(KeepRefusal)
}

extension LoopKeeper: Quarantine {
  public func admits(_ route: Route) -> Bool {
    guard let settings = route.durable?.quarantine, store.status.fault == nil else { return false }
    return store.gate.admits(
      route.name, perSecondMax: settings.perSecondMax, at: now().uptimeNanoseconds)
  }

  public func quarantine(_ delivery: DeliveryToQuarantine) {
    guard let settings = delivery.route.durable?.quarantine else { return }
    // What cannot be kept is not sealed: that takes as long as its body is.
    guard delivery.bodyBytes <= settings.bytesMax else { return store.gate.leaveOut(delivery.route.name) }
    store.quarantine(sealer.seal(delivery), settings, for: caller)
  }

  /// Has a delivery judged again, and keeps it where it is verified by now.
  ///
  /// - Parameters:
  ///   - context: of this loop.
  ///   - isDry: only says what would come of it.
  public func release(
    _ row: StoreReader.QuarantineRow, judgedIn context: LoopContext, isDry: Bool,
    then answer: @escaping (ReleaseEnd) -> Void
  ) {
    switch context.judgeAgain(row.delivery, sealer) {
    case .verified(let delivery):
      guard !store.status.counters.revoked.contains(delivery.proof.fingerprint) else {
        return answer(.revoked)
      }
      if isDry { answer(.verifies) } else { release(delivery, row.ticket, then: answer) }
    case .unverified(let judgement): answer(.unverified(judgement: judgement))
    case .notNow: answer(.notNow)
    case .noRoute: answer(.noRoute)
    case .broken: answer(.broken)
    }
  }

  private func release(
    _ delivery: DeliveryToKeep, _ ticket: QuarantineTicket, then answer: @escaping (ReleaseEnd) -> Void
  ) {
    let (acceptance, waiting) = prepare(delivery) { answer(ReleaseEnd($0)) }
    let told = OnLoop(answer)
    store.release(acceptance, of: ticket, for: caller) { [self] outcome in
      switch outcome {
      case .accepted(let outcome): accepted(outcome, waiting.value)
      case .gone:
        giveBack(waiting.value)
        told.value(.gone)
      }
    }
  }
}

extension ReleaseEnd {
  fileprivate init(_ outcome: KeepOutcome) {
    switch outcome {
    case .stored(let id, _): self = .released(id)
    case .duplicate(let first, _): self = .duplicate(of: first)
    case .refused(let refusal): self = .refused(refusal)
    }
  }
}
