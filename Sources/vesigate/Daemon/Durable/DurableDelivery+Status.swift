internal import Formats
internal import POSIX
internal import Queue
internal import Telemetry

extension DurableDelivery {
  /// For operators and monitors; nil where no route has been durable since the start.
  func status(bytesMax: Int) -> StatusSnapshot.Store? {
    var status = StatusSnapshot.Store()
    guard let store, let dispatcher else {
      status.fault = fault?.sentence
      return fault == nil ? nil : status
    }
    let found = store.status
    status.fault = found.fault?.sentence
    status.isDiskLow = found.isDiskLow
    status.heldDeliveries = found.counters.heldDeliveries
    status.heldBytes = found.counters.heldBytes
    status.bytesMax = Int64(bytesMax)
    status.lateResults = found.counters.lateResults
    status.dedupeKeys = found.counters.dedupeKeys
    status.logBytes = found.logBytes
    status.errors = found.errors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    status.commitBatches = .init(found.counters.batches)
    status.checkpoints = .init(found.checkpoints)
    status.delivered = found.counters.delivered
    status.lanes = lanes(found.counters, dispatcher.lanes)
    status.replays = ReplayState.allCases.map { state in
      (state.name, found.counters.replays.count { $0.state == state })
    }
    status.quarantines = quarantines(found.counters.quarantine, leftOut: store.gate.leftOut)
    return status
  }

  /// Lanes that are paused, and until when, Unix milliseconds.
  var pauses: [Lane: Int64] {
    let now = Clocks.now().unixMilliseconds
    let pauses = dispatcher?.lanes.compactMap { lane in
      lane.pausedForMilliseconds.map { (lane.lane, now.addingSaturated($0)) }
    }
    return Dictionary(pauses ?? []) { first, _ in first }
  }

  private func quarantines(
    _ counters: QuarantineCounters, leftOut: [String: UInt64]
  ) -> [StatusSnapshot.Store.Quarantine] {
    let routes = counters.routes.union(counters.results.keys.map(\.route)).union(leftOut.keys)
      .union(quarantinedRoutes)
    return routes.sorted().map { route in
      let results = QuarantineResult.allCases.map { result -> (String, UInt64) in
        let count = counters.results[.init(route: route, result: result)] ?? 0
        return (result.rawValue, result == .evicted ? count &+ (leftOut[route] ?? 0) : count)
      }
      return .init(route: route, kept: counters.kept(route).deliveries, results: results)
    }
  }

  private func lanes(
    _ counters: StoreCounters, _ states: [Dispatcher.LaneStatus]
  ) -> [StatusSnapshot.Store.Lane] {
    let now = Clocks.now().unixMilliseconds
    let known = Dictionary(states.map { ($0.lane, $0) }) { first, _ in first }
    let all = Set(counters.jobs.keys.map(\.lane)).union(known.keys)
    return all.sorted { ($0.route, $0.upstream) < ($1.route, $1.upstream) }.map { lane in
      var entry = StatusSnapshot.Store.Lane(route: lane.route, upstream: lane.upstream)
      entry.jobs = JobState.allCases.filter(\.isHeld).map { ($0.name, counters.count(lane, $0)) }
      entry.oldestDue = known[lane]?.nextDueInMilliseconds.map { now.addingSaturated($0) }
      entry.pausedUntil = known[lane]?.pausedForMilliseconds.map { now.addingSaturated($0) }
      return entry
    }
  }
}

extension StatusSnapshot.Store.Tally {
  fileprivate init(_ tally: Tally) {
    self.init(bounds: tally.bounds, counts: tally.counts, sum: tally.sum)
  }
}
