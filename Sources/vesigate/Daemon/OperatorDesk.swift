internal import CLinux
internal import Configuration
internal import Formats
internal import Gateway
internal import Glibc
internal import Operations
internal import Rotation
internal import Secrets
internal import Signing
internal import Synchronization
internal import Telemetry

/// What operators and their monitors get to see, put together from the keeper and the engine.
final class OperatorDesk: Sendable {
  let keeper: Keeper
  let engine: Engine
  let readiness: Readiness
  /// Where it listens, whatever the configuration says by now.
  let doors: [String]
  /// Unix milliseconds.
  let startedAt: Int64
  private let logLines: @Sendable () -> (dropped: Int, leftOut: Int)
  let history = Mutex(RateHistory())

  init(
    keeper: Keeper, engine: Engine, readiness: Readiness, doors: [String], startedAt: Int64,
    logLines: @escaping @Sendable () -> (dropped: Int, leftOut: Int)
  ) {
    self.keeper = keeper
    self.engine = engine
    self.readiness = readiness
    self.doors = doors
    self.startedAt = startedAt
    self.logLines = logLines
  }

  func answer(_ page: AdminPage) async -> AdminAnswer {
    switch page {
    case .health: return .text(200, "ok\n")
    case .readiness:
      let (isReady, text) = readinessText
      return .text(isReady ? 200 : 503, text)
    case .metrics:
      let counters = await engine.counters()
      return AdminAnswer(
        status: 200, contentType: MetricsPage.contentType, body: MetricsPage.bytes(counters, standing()))
    }
  }

  // MARK: Readiness

  /// The first line says it; what an operator should know besides follows, and changes nothing.
  private var readinessText: (Bool, String) {
    let isReady = readiness.phase == .listening
    let first =
      switch readiness.phase {
      case .starting: "not ready: not listening yet"
      case .listening: "ready"
      case .draining: "not ready: draining, deliveries in flight are finished and no more are taken"
      }
    return (isReady, ([first] + remarks.map { "note: " + $0 }).joined(separator: "\n") + "\n")
  }

  /// What is in force and should not stay so.
  var remarks: [String] {
    let loaded = keeper.loaded
    let now = Clocks.now().unixMilliseconds
    let observing = loaded.snapshot.routes.all.filter(\.observe).map {
      "route \($0.name) observes: what fails verification is forwarded too"
    }
    let unfinished = loaded.snapshot.secrets.compactMap { set -> String? in
      guard let rotation = set.rotation, rotation.isUnfinished(at: now) else { return nil }
      let began = TimeText.utc(unixMilliseconds: rotation.beganUnixMilliseconds)
      return "rotation of \(set.path) unfinished since \(began): vesigate secret rotate --resume ends it"
    }
    let untaken = keeper.state.withLock { $0.untaken }
    let unusable = standing().secretFiles.compactMap { untaken[$0.path]?.remark(on: $0.path) }
    let refused =
      keeper.reloads.isLastTaken
      ? [] : ["the last reload was refused: vesigate check says why, and so does the log"]
    return observing + unfinished + unusable + refused + keeper.restartsPending(for: loaded)
  }

  // MARK: How things stand

  func standing() -> StatusSnapshot {
    let (loaded, untaken, reloads) = keeper.state.withLock { ($0.loaded, $0.untaken, $0.reloads) }
    let admission = engine.admission
    var standing = StatusSnapshot()
    standing.now = Clocks.now().unixMilliseconds
    standing.startedAt = startedAt
    standing.version = Version.number
    standing.libraries = CurlCall.libraryVersion
    standing.isReady = readiness.phase == .listening
    standing.generation = loaded.snapshot.generation
    standing.routes = routes(loaded)
    // A file whose lines are read in two ways is one file all the same.
    var seen: Set<String> = []
    for set in loaded.snapshot.secrets where seen.insert(set.path).inserted {
      let isUsable = untaken[set.path] == nil
      standing.secretFiles.append(secretFile(set, isUsable: isUsable, at: standing.now))
    }
    standing.reloads = reloads
    standing.isClockSynchronised = OperatorDesk.isClockSynchronised
    standing.inFlight = admission.deliveriesInFlight
    standing.inFlightBytes = admission.bytesInFlight
    standing.openConnections = admission.openConnections
    standing.connections = admission.connectionsTotal
    standing.connectionsEnded = admission.connectionsEnded
    standing.acceptFailures = admission.acceptFailuresTotal
    (standing.logLinesDropped, standing.logLinesLeftOut) = logLines()
    return standing
  }

  /// As many as have series of their own.
  private func routes(_ loaded: Loaded) -> [StatusSnapshot.Route] {
    loaded.snapshot.routes.all.prefix(Counters.routesMax).map { route in
      let set = loaded.snapshot.secrets[route.secretFileIndex]
      return StatusSnapshot.Route(
        name: route.name, observe: route.observe, toleranceSeconds: route.layout.toleranceSeconds,
        secretGeneration: set.generation,
        secretModifiedAt: loaded.identities[route.secretFileIndex].file.modifiedUnixMilliseconds,
        secretsAccepted: set.lines.count + set.previous.count)
    }
  }

  private func secretFile(_ set: SecretSet, isUsable: Bool, at now: Int64) -> StatusSnapshot.SecretFile {
    let counts = engine.admission.holds(path: set.path)
    return StatusSnapshot.SecretFile(
      path: set.path, isUsable: isUsable, isRotating: set.rotation != nil,
      isUnfinished: set.rotation?.isUnfinished(at: now) ?? false, held: counts.heldNow,
      holds: counts.total, holdsVerified: counts.rejudgedTotal, holdsOverflowed: counts.overflowedTotal,
      revoked: counts.revokedTotal)
  }

  static var isClockSynchronised: Bool? {
    let state = vg_clock_synchronised()
    guard state < 0 else { return state == 1 }
    // A sandbox that forbids the call, as the service's own does, still shows what systemd-timesyncd says.
    return access("/run/systemd/timesync/synchronized", F_OK) == 0 ? true : nil
  }
}

extension SignatureLayout {
  /// Nil where a timestamp may be as old as it likes, or none is signed.
  var toleranceSeconds: Int? {
    if case .seconds(let seconds) = tolerance, timestampSource != .none { return seconds }
    return nil
  }
}
