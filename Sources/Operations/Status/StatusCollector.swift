internal import Configuration
public import Formats
internal import Gateway
internal import Secrets
internal import Signing
internal import Synchronization
internal import Telemetry

/// What operators and their monitors get to see, put together from what the gateway tells.
public final class StatusCollector: Sendable {
  let gateway: any OperatedGateway
  let program: ProgramFacts
  let now: @Sendable () -> Moment
  let history = Mutex(RateHistory())
  let lastHour = Mutex(HourHistory())

  /// - Parameter now: reads the clocks.
  public init(_ gateway: any OperatedGateway, program: ProgramFacts, now: @escaping @Sendable () -> Moment) {
    self.gateway = gateway
    self.program = program
    self.now = now
  }

  /// The admin listener's pages.
  func answer(_ page: AdminPage) async -> AdminAnswer {
    switch page {
    case .health: return .text(200, "ok\n")
    case .readiness:
      let (isReady, text) = readinessText
      return .text(isReady ? 200 : 503, text)
    case .metrics:
      let counters = await gateway.counters()
      return AdminAnswer(
        status: 200, contentType: MetricsPage.contentType,
        body: MetricsPage.bytes(counters, snapshot(gateway.state)))
    }
  }

  // MARK: Readiness

  /// The first line says it; what an operator should know besides follows, and changes nothing.
  private var readinessText: (Bool, String) {
    let phase = gateway.phase
    let first =
      switch phase {
      case .starting: "not ready: not listening yet"
      case .listening: "ready"
      case .draining: "not ready: draining, deliveries in flight are finished and no more are taken"
      }
    let notes = remarks(gateway.state).map { "note: " + $0 }
    return (phase == .listening, ([first] + notes).joined(separator: "\n") + "\n")
  }

  /// What is in force and should not stay so.
  func remarks(_ state: GatewayState) -> [String] {
    let inForce = state.loaded.snapshot
    let now = now().unixMilliseconds
    let observing = inForce.routes.all.filter(\.observe).map {
      "route \($0.name) observes: what fails verification is forwarded too"
    }
    let testable = inForce.routes.all.filter(\.allowsTest).map {
      "route \($0.name) has test: true: whoever reaches the inspector can send its app test deliveries"
    }
    let unfinished = inForce.secrets.compactMap { set -> String? in
      guard let rotation = set.rotation, rotation.isUnfinished(at: now) else { return nil }
      let began = TimeText.utc(unixMilliseconds: rotation.beganUnixMilliseconds)
      return "rotation of \(set.path) unfinished since \(began): vesigate secret rotate --resume ends it"
    }
    let unusable = secretFiles(of: inForce).compactMap { state.untaken[$0.path] }
    let why = state.reloads.refusal ?? "vesigate check says why, and so does the log"
    let refused = state.reloads.isLastTaken ? [] : ["the last reload was refused: \(why)"]
    return observing + testable + unfinished + unusable + refused + storeRemarks + state.restartsPending
  }

  /// A file whose lines are read in two ways is one file all the same.
  private func secretFiles(of snapshot: Snapshot) -> [SecretSet] {
    var seen: Set<String> = []
    return snapshot.secrets.filter { seen.insert($0.path).inserted }
  }

  // MARK: How things stand

  func snapshot(_ state: GatewayState) -> StatusSnapshot {
    let admission = gateway.admission
    var snapshot = StatusSnapshot()
    snapshot.now = now().unixMilliseconds
    snapshot.startedAt = program.startedAt
    snapshot.version = program.version
    snapshot.libraries = program.libraries
    snapshot.isReady = gateway.phase == .listening
    snapshot.generation = state.loaded.snapshot.generation
    snapshot.routes = routes(state.loaded)
    snapshot.secretFiles = secretFiles(of: state.loaded.snapshot).map {
      secretFile($0, isUsable: state.untaken[$0.path] == nil, at: snapshot.now)
    }
    snapshot.reloads = state.reloads
    snapshot.isClockSynchronised = HostClock.isSynchronised
    snapshot.inFlight = admission.deliveriesInFlight
    snapshot.inFlightBytes = admission.bytesInFlight
    snapshot.openConnections = admission.openConnections
    snapshot.connections = admission.connectionsTotal
    snapshot.connectionsEnded = admission.connectionsEnded
    snapshot.acceptFailures = admission.acceptFailuresTotal
    let logLines = gateway.logLines
    (snapshot.logLinesDropped, snapshot.logLinesLeftOut) = (logLines.dropped, logLines.leftOut)
    snapshot.store = gateway.storeStatus
    return snapshot
  }

  /// As many as have series of their own.
  private func routes(_ loaded: Loaded) -> [StatusSnapshot.Route] {
    loaded.snapshot.routes.all.prefix(Counters.routesMax).map { route in
      let set = loaded.snapshot.secrets[route.secretFileIndex]
      return StatusSnapshot.Route(
        name: route.name, observe: route.observe, isDurable: route.isDurable,
        toleranceSeconds: route.layout.toleranceSeconds,
        secretGeneration: set.generation,
        secretModifiedAt: loaded.identities[route.secretFileIndex].file.modifiedUnixMilliseconds,
        secretsAccepted: set.lines.count + set.previous.count)
    }
  }

  private func secretFile(_ set: SecretSet, isUsable: Bool, at now: Int64) -> StatusSnapshot.SecretFile {
    let counts = gateway.admission.holds(path: set.path)
    return StatusSnapshot.SecretFile(
      path: set.path, isUsable: isUsable, isRotating: set.rotation != nil,
      isUnfinished: set.rotation?.isUnfinished(at: now) ?? false, held: counts.heldNow,
      holds: counts.total, holdsVerified: counts.rejudgedTotal, holdsOverflowed: counts.overflowedTotal,
      revoked: counts.revokedTotal)
  }
}

extension SignatureLayout {
  /// Nil where a timestamp may be as old as it likes, or none is signed.
  var toleranceSeconds: Int? {
    if case .seconds(let seconds) = tolerance, timestampSource != .none { return seconds }
    return nil
  }
}
