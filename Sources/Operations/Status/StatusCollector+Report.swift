internal import Configuration
internal import Formats
internal import Gateway
internal import Glibc
internal import Secrets
internal import Signing
internal import Synchronization
internal import Telemetry

/// What `vesigate status` shows.
extension StatusCollector {
  func report() async -> StatusReport {
    let counters = await gateway.counters()
    let state = gateway.state
    let snapshot = snapshot(state)
    var report = StatusReport()
    report.version = snapshot.version
    report.pid = Int(getpid())
    report.now = snapshot.now
    report.startedAt = snapshot.startedAt
    report.phase = gateway.phase.rawValue
    report.listen = program.listen
    report.generation = snapshot.generation
    report.reload.taken = snapshot.reloads.taken
    report.reload.refused = snapshot.reloads.refused
    report.reload.isLastTaken = snapshot.reloads.isLastTaken
    report.reload.takenAt = snapshot.reloads.takenAt
    report.isClockSynchronised = snapshot.isClockSynchronised
    report.inFlight = snapshot.inFlight
    report.inFlightBytes = snapshot.inFlightBytes
    report.held = snapshot.secretFiles.reduce(0) { $0 + $1.held }
    report.connections = snapshot.openConnections
    report.logLinesDropped = snapshot.logLinesDropped
    report.remarks = remarks(state)
    report.noRoute = counts(of: counters.route(Counters.noRoute)?.refusals ?? [])
    add(routes: counters, snapshot, state.loaded, to: &report)
    report.upstreams = upstreams(counters, state.loaded)
    report.store = snapshot.store.map(store)
    return report
  }

  private func add(
    routes counters: Counters, _ snapshot: StatusSnapshot, _ loaded: Loaded, to report: inout StatusReport
  ) {
    let findings = clockFindings(counters, loaded)
    let all = loaded.snapshot.routes.all
    report.routesOmitted = all.count - snapshot.routes.count
    report.routes = zip(all, snapshot.routes).map { route, facts in
      var entry = entry(facts, loaded.snapshot.secrets[route.secretFileIndex])
      entry.upstreams = route.upstreams.map(\.name)
      entry.isDurable = route.isDurable
      entry.queue = queue(of: route.name, snapshot.store)
      entry.delivered = Int(clamping: snapshot.store?.delivered[route.name] ?? 0)
      entry.quarantined = snapshot.store?.quarantines.first { $0.route == route.name }?.kept ?? 0
      entry.quarantineRelease = route.durable?.quarantine?.release.rawValue
      if let counters = counters.route(route.name) { count(counters, at: snapshot.now, in: &entry) }
      if let finding = findings.first(where: { $0.route == route.name }) {
        entry.clock = clock(finding)
      }
      return entry
    }
  }

  private func store(_ found: StatusSnapshot.Store) -> StatusReport.Store {
    var store = StatusReport.Store()
    store.undelivered = found.heldDeliveries
    store.undeliveredBytes = found.heldBytes
    store.bytesMax = found.bytesMax
    store.fault = found.fault
    store.orphaned = found.lanes.filter { $0.count("orphaned") > 0 }.map { lane in
      var orphans = StatusReport.Orphans()
      (orphans.route, orphans.upstream) = (lane.route, lane.upstream)
      orphans.count = lane.count("orphaned")
      return orphans
    }
    return store
  }

  /// Lanes in which something is left, or that wait for their app.
  private func queue(of route: String, _ store: StatusSnapshot.Store?) -> [StatusReport.Lane] {
    let own = store?.lanes.filter { $0.route == route } ?? []
    return own.filter { lane in lane.pausedUntil != nil || lane.jobs.contains { $0.count > 0 } }.map {
      found in
      var lane = StatusReport.Lane()
      lane.upstream = found.upstream
      lane.jobs = Counts(found.jobs.map { ($0.state, UInt64(max(0, $0.count))) })
      lane.nextDue = found.oldestDue
      lane.pausedUntil = found.pausedUntil
      return lane
    }
  }

  private func entry(_ facts: StatusSnapshot.Route, _ secrets: SecretSet) -> StatusReport.Route {
    var entry = StatusReport.Route()
    entry.name = facts.name
    entry.observe = facts.observe
    entry.secretFile = secrets.path
    entry.fingerprints = secrets.fingerprints
    entry.previous = secrets.previous.map {
      ReplacedSecret(fingerprint: $0.line.fingerprint, until: $0.untilUnixMilliseconds)
    }
    entry.secretModifiedAt = facts.secretModifiedAt
    entry.secretGeneration = facts.secretGeneration
    entry.toleranceSeconds = facts.toleranceSeconds
    return entry
  }

  private func count(_ counters: RouteCounters, at now: Int64, in entry: inout StatusReport.Route) {
    entry.outcomes = outcomes(counters.count)
    entry.refusals = counts(of: counters.refusals)
    entry.lastVerifiedAt = counters.lastVerifiedAt
    entry.lastRefusal = counters.lastRefusal.map(refusal)
    let history = history.withLock { $0 }
    func stretch(_ seconds: Int64) -> StatusReport.Stretch {
      let counted = history.stretch(counters, seconds: seconds, at: now, startedAt: program.startedAt)
      var stretch = StatusReport.Stretch()
      stretch.milliseconds = counted.milliseconds
      stretch.outcomes = outcomes(counted.count)
      return stretch
    }
    entry.lastMinute = stretch(60)
    entry.lastFiveMinutes = stretch(300)
  }

  private func outcomes(_ count: (DeliveryRecord.Outcome) -> UInt64) -> Counts {
    Counts(DeliveryRecord.Outcome.allCases.map { ($0.rawValue, count($0)) })
  }

  private func counts(of refusals: [(reason: String, count: UInt64)]) -> Counts {
    Counts(refusals.map { ($0.reason, $0.count) })
  }

  private func refusal(_ last: RouteCounters.Refusal) -> StatusReport.Refusal {
    var refusal = StatusReport.Refusal()
    refusal.reason = last.reason
    refusal.at = last.arrived.unixMilliseconds
    refusal.ageSeconds = last.ageSeconds
    return refusal
  }

  private func clock(_ finding: ClockFinding) -> StatusReport.Clock {
    var clock = StatusReport.Clock()
    clock.skewSeconds = finding.skewSeconds
    clock.isAlarming = finding.isAlarming
    clock.finding = finding.sentence
    return clock
  }

  /// Each of the configuration in force once.
  private func upstreams(_ counters: Counters, _ loaded: Loaded) -> [StatusReport.Upstream] {
    var seen: Set<String> = []
    let names = loaded.snapshot.routes.all.flatMap(\.upstreams).map(\.name)
      .filter { seen.insert($0).inserted }
    return names.compactMap { counters.upstream($0) }.map { counters in
      var entry = StatusReport.Upstream()
      entry.name = counters.name
      entry.isFailing = counters.isFailing
      entry.lastAnsweredAt = counters.lastAnsweredAt
      entry.lastStatus = counters.lastStatus
      entry.lastFailedAt = counters.lastFailedAt
      entry.lastFailure = counters.lastFailure?.rawValue
      entry.attempts = Counts(counters.attempts.map { ($0.result, $0.count) })
      (entry.recentAttempts, entry.recentErrors) = (counters.recent.count, counters.recent.errors)
      return entry
    }
  }

  // MARK: Rates

  /// To be called every few seconds.
  func note(_ counters: Counters) {
    let now = now().unixMilliseconds
    history.withLock { $0.add(counters, at: now) }
    lastHour.withLock { $0.add(counters, at: now) }
  }

  /// Of each route on which something has come, by its name.
  var hours: [String: RouteHour] { lastHour.withLock { $0.all } }

  // MARK: Clocks

  func clockFindings(_ counters: Counters, _ loaded: Loaded) -> [ClockFinding] {
    let now = now().unixMilliseconds
    let estimates = loaded.snapshot.routes.all.prefix(Counters.routesMax).compactMap { route in
      counters.route(route.name)?.ages.median(at: now).map { median in
        ClockFinding.Estimate(
          route: route.name, secretFile: loaded.snapshot.secrets[route.secretFileIndex].path,
          skewSeconds: median, toleranceSeconds: route.layout.toleranceSeconds)
      }
    }
    return ClockFinding.all(estimates, isHostSynchronised: HostClock.isSynchronised)
  }
}
