internal import Configuration
internal import Formats
internal import Gateway
internal import Glibc
internal import Signing
internal import Telemetry

/// What commands get to hear of the running gateway, and what they have done to it.
public struct ControlHandler: Sendable {
  private let gateway: any OperatedGateway
  private let collector: StatusCollector

  /// A delivery that is still arriving when a secret is replaced ends within the body's time-out.
  private static let barrierSecondsMax = 60

  public init(_ gateway: any OperatedGateway, collector: StatusCollector) {
    self.gateway = gateway
    self.collector = collector
  }

  /// The line for a request, with its end.
  public func line(_ request: ControlRequest) async -> String {
    switch request {
    case .status: await collector.report().line
    case .secrets: answer(ok: true, message: summary).line
    case .reload: await reload().line
    case .wait: await wait().line
    }
  }

  private func reload() async -> ControlAnswer {
    let outcome = await gateway.reload()
    var answer = answer(ok: outcome.isTaken, message: outcome.sentence)
    answer.warnings = outcome.warnings
    return answer
  }

  private func wait() async -> ControlAnswer {
    await gateway.recheckSecrets()
    let isPassed = await passBarrier()
    return answer(
      ok: isPassed,
      message: isPassed
        ? gateway.state.summary : "deliveries in flight may still be judged by older secrets")
  }

  /// Waits until no delivery in flight can be judged by older secrets.
  private func passBarrier() async -> Bool {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(Self.barrierSecondsMax))
    while await gateway.judgesByOlderSecrets() {
      guard clock.now < end else { return false }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  private var summary: String {
    let state = gateway.state
    let now = collector.now().unixMilliseconds
    let unfinished = state.loaded.snapshot.secrets.compactMap { set -> String? in
      guard let rotation = set.rotation, rotation.isUnfinished(at: now) else { return nil }
      return "rotation of \(set.path) unfinished since "
        + TimeText.utc(unixMilliseconds: rotation.beganUnixMilliseconds)
    }
    return ([state.summary] + unfinished).joined(separator: "; ")
  }

  private func answer(ok: Bool, message: String) -> ControlAnswer {
    let state = gateway.state
    let inForce = state.loaded.snapshot
    return ControlAnswer(
      ok: ok, generation: inForce.generation, pid: Int(getpid()), message: message,
      files: inForce.secrets.map { file($0, readAt: state.readAt[$0.path] ?? 0) })
  }

  private func file(_ set: SecretSet, readAt: Int64) -> ControlAnswer.File {
    let counts = gateway.admission.holds(path: set.path)
    var file = ControlAnswer.File()
    file.path = set.path
    file.fingerprints = set.fingerprints
    file.previous = set.previous.map {
      ReplacedSecret(fingerprint: $0.line.fingerprint, until: $0.untilUnixMilliseconds)
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
