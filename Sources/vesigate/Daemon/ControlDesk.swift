internal import Configuration
internal import Formats
internal import Gateway
internal import Glibc
internal import Operations
internal import Secrets
internal import Signing
internal import Synchronization

/// What commands get to hear, put together from the keeper and the engine.
struct ControlDesk: Sendable {
  let keeper: Keeper
  let engine: Engine
  let operators: OperatorDesk
  let status: ServiceStatus

  /// A delivery that is still arriving when a secret is replaced ends within the body's time-out.
  private static let barrierSecondsMax = 60

  func answer(_ request: ControlRequest) async -> ControlAnswer {
    switch request {
    case .status:
      return answer(ok: true, message: summary)
    case .report:
      var answer = answer(ok: true, message: summary)
      answer.report = await operators.report()
      return answer
    case .reload:
      let verdict = await status.reload()
      var answer = answer(ok: verdict.isTaken, message: verdict.sentence)
      answer.warnings = verdict.warnings
      return answer
    case .wait:
      await keeper.lookAtAll()
      let isPassed = await passBarrier()
      return answer(
        ok: isPassed,
        message: isPassed
          ? Keeper.summary(keeper.loaded) : "deliveries in flight may still be judged by older secrets")
    }
  }

  /// Waits until no delivery in flight can be judged by older secrets.
  private func passBarrier() async -> Bool {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(Self.barrierSecondsMax))
    while await engine.judgesByOlderSecrets() {
      guard clock.now < end else { return false }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  private var summary: String {
    let unfinished = keeper.loaded.snapshot.secrets.compactMap { set -> String? in
      guard let rotation = set.rotation, rotation.isUnfinished(at: Clocks.now().unixMilliseconds) else {
        return nil
      }
      return "rotation of \(set.path) unfinished since "
        + TimeText.utc(unixMilliseconds: rotation.beganUnixMilliseconds)
    }
    return ([Keeper.summary(keeper.loaded)] + unfinished).joined(separator: "; ")
  }

  private func answer(ok: Bool, message: String) -> ControlAnswer {
    let (loaded, readAt) = keeper.state.withLock { ($0.loaded, $0.readAt) }
    let files = loaded.snapshot.secrets.map { set in
      let counts = engine.admission.holds(path: set.path)
      return ControlAnswer.File(
        path: set.path, fingerprints: set.fingerprints,
        previous: set.previous.map { ($0.line.fingerprint, $0.untilUnixMilliseconds) },
        journal: set.rotation.map {
          ControlAnswer.Journal(
            began: $0.beganUnixMilliseconds, mode: $0.mode.rawValue, compromised: $0.isCompromised)
        },
        readAt: readAt[set.path] ?? 0, held: counts.heldNow, heldTotal: counts.total,
        rejudged: counts.rejudgedTotal, overflowed: counts.overflowedTotal, deferred: counts.deferredTotal,
        revoked: counts.revokedTotal,
        atAnnouncement: counts.atAnnouncement.map {
          .init(held: $0.held, rejudged: $0.rejudged, deferred: $0.deferred, revoked: $0.revoked)
        })
    }
    return ControlAnswer(
      ok: ok, generation: loaded.snapshot.generation, pid: getpid(), message: message, files: files)
  }
}
