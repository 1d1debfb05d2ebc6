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

  /// The line for a request, with its end.
  func line(_ request: ControlRequest) async -> String {
    switch request {
    case .status: await operators.report().line
    case .secrets: answer(ok: true, message: summary).line
    case .reload: await reload().line
    case .wait: await wait().line
    }
  }

  private func reload() async -> ControlAnswer {
    let verdict = await status.reload()
    var answer = answer(ok: verdict.isTaken, message: verdict.sentence)
    answer.warnings = verdict.warnings
    return answer
  }

  private func wait() async -> ControlAnswer {
    await keeper.lookAtAll()
    let isPassed = await passBarrier()
    return answer(
      ok: isPassed,
      message: isPassed
        ? Keeper.summary(keeper.loaded) : "deliveries in flight may still be judged by older secrets")
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
    return ControlAnswer(
      ok: ok, generation: loaded.snapshot.generation, pid: Int(getpid()), message: message,
      files: loaded.snapshot.secrets.map { file($0, readAt: readAt[$0.path] ?? 0) })
  }

  private func file(_ set: SecretSet, readAt: Int64) -> ControlAnswer.File {
    let counts = engine.admission.holds(path: set.path)
    var file = ControlAnswer.File()
    file.path = set.path
    file.fingerprints = set.fingerprints
    file.previous = set.previous.map {
      PreviousSecret(fingerprint: $0.line.fingerprint, until: $0.untilUnixMilliseconds)
    }
    file.journal = set.rotation.map {
      .init(began: $0.beganUnixMilliseconds, mode: $0.mode.rawValue, compromised: $0.isCompromised)
    }
    file.readAt = readAt
    file.held = counts.heldNow
    file.overflowed = counts.overflowedTotal
    file.totals = .init(
      held: counts.total, rejudged: counts.rejudgedTotal, deferred: counts.deferredTotal,
      revoked: counts.revokedTotal)
    file.atAnnouncement = counts.atAnnouncement.map {
      .init(held: $0.held, rejudged: $0.rejudged, deferred: $0.deferred, revoked: $0.revoked)
    }
    return file
  }
}
