internal import Gateway

extension MetricsPage {
  mutating func writeDurable() {
    let durable = Set(status.routes.filter(\.isDurable).map(\.name))
    let routes = counters.routes.filter { durable.contains($0.name) || $0.hasQueued }
    writeAccepted(routes)
    page.begin(.commit)
    for route in routes { page.histogram(.init(("route", route.name)), route.commit) }
    page.begin(.commitBatch)
    if let store = status.store { page.histogram(.none, Histogram(store.commitBatches, unitsPerSecond: 1)) }
    writeAttempts(routes)
    page.begin(.deliveryLatency)
    for route in routes { page.histogram(.init(("route", route.name)), route.latency) }
    page.begin(.dead)
    for route in routes {
      for (reason, count) in route.dead.sorted(by: { $0.key < $1.key }) {
        page.sample(.init(("route", route.name), ("reason", reason)), count)
      }
    }
    writeLanes()
    writeStore()
  }

  private mutating func writeAccepted(_ routes: [RouteCounters]) {
    page.begin(.accepted)
    for route in routes {
      let refused = KeepRefusal.allCases.reduce(UInt64(0)) { sum, refusal in
        sum &+ (route.reasons[RouteCounters.Reason(outcome: .refused, reason: refusal.rawValue)] ?? 0)
      }
      let results = [
        ("stored", route.count(of: .stored)), ("duplicate", route.count(of: .duplicate)),
        ("refused", refused),
      ]
      for (result, count) in results { page.sample(.init(("route", route.name), ("result", result)), count) }
    }
  }

  private mutating func writeAttempts(_ routes: [RouteCounters]) {
    page.begin(.queuedAttempts)
    for route in routes {
      for (upstream, counts) in route.queued.sorted(by: { $0.key < $1.key }) {
        for outcome in QueuedAttemptRecord.Outcome.allCases {
          page.sample(
            .init(("route", route.name), ("upstream", upstream), ("result", outcome.rawValue)),
            counts[outcome] ?? 0)
        }
      }
    }
  }

  /// A route's lanes together, but for pauses, which are of one.
  private mutating func writeLanes() {
    let lanes = status.store?.lanes ?? []
    let routes = Set(lanes.map(\.route)).sorted()
    page.begin(.queueJobs)
    for route in routes {
      let own = lanes.filter { $0.route == route }
      for state in Set(own.flatMap { $0.jobs.map(\.state) }).sorted() {
        page.sample(
          .init(("route", route), ("state", state)), own.reduce(0) { $0 + $1.count(state) })
      }
    }
    page.begin(.oldestDue)
    for route in routes {
      guard let due = lanes.filter({ $0.route == route }).compactMap(\.oldestDue).min() else { continue }
      page.instant(.init(("route", route)), due)
    }
    page.begin(.paused)
    for lane in lanes {
      page.sample(.init(("route", lane.route), ("upstream", lane.upstream)), lane.pausedUntil != nil)
    }
  }

  private mutating func writeQuarantines(_ quarantines: [StatusSnapshot.Store.Quarantine]) {
    page.begin(.quarantined)
    for quarantine in quarantines { page.sample(.init(("route", quarantine.route)), quarantine.kept) }
    page.begin(.quarantineResults)
    for quarantine in quarantines {
      for (result, count) in quarantine.results {
        page.sample(.init(("route", quarantine.route), ("result", result)), count)
      }
    }
  }

  private mutating func writeStore() {
    guard let store = status.store else {
      for family in [
        MetricFamily.queueBytes, .queueBytesMax, .lateResults, .dedupeKeys, .quarantined,
        .quarantineResults, .storeUsable, .storeErrors, .storeLog, .checkpoint, .replayJobs,
      ] { page.begin(family) }
      return
    }
    write(.queueBytes, store.heldBytes)
    write(.queueBytesMax, store.bytesMax)
    write(.lateResults, store.lateResults)
    write(.dedupeKeys, store.dedupeKeys)
    writeQuarantines(store.quarantines)
    page.begin(.storeUsable)
    page.sample(.none, store.fault == nil)
    page.begin(.storeErrors)
    for (kind, count) in store.errors { page.sample(.init(("kind", kind)), count) }
    write(.storeLog, store.logBytes)
    page.begin(.checkpoint)
    page.histogram(.none, Histogram(store.checkpoints, unitsPerSecond: 1_000_000_000))
    page.begin(.replayJobs)
    for (state, count) in store.replays { page.sample(.init(("state", state)), count) }
  }
}
