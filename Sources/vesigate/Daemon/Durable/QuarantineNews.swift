internal import Gateway
internal import Logging
internal import Queue

/// Tells what is kept in quarantine: a line a minute and route at most, with what has come since the one before.
struct QuarantineNews {
  private struct Said {
    let count: UInt64
    let at: Int64
  }

  private static let spacingMilliseconds: Int64 = 60_000

  private var said: [String: Said] = [:]
  /// Of what was shed.
  private var saidShed: [String: Said] = [:]

  /// - Parameters:
  ///   - leftOut: by route, what was not written at all.
  ///   - now: monotonic milliseconds.
  mutating func tell(
    _ counters: QuarantineCounters, leftOut: [String: UInt64], _ routes: RouteTable, at now: Int64,
    _ logger: Logger
  ) {
    tellKept(counters, routes, at: now, logger)
    for route in Set(counters.results.keys.map(\.route)).union(leftOut.keys).sorted() {
      let evicted = counters.results[.init(route: route, result: .evicted)] ?? 0
      let shed = evicted &- (counters.dropped[route] ?? 0) &+ (leftOut[route] ?? 0)
      let last = saidShed[route]
      guard shed != last?.count ?? 0, Self.isDue(behind: last, at: now) else { continue }
      logger.warning(
        "deliveries that no secret verifies did not fit into quarantine: they, or older ones, are gone",
        metadata: [
          "route": "\(route)", "count": "\(shed &- (last?.count ?? 0))",
          "in_all": "\(counters.kept(route).deliveries)",
        ])
      saidShed[route] = Said(count: shed, at: now)
    }
  }

  private mutating func tellKept(
    _ counters: QuarantineCounters, _ routes: RouteTable, at now: Int64, _ logger: Logger
  ) {
    for route in counters.routes {
      let kept = counters.results[.init(route: route, result: .kept)] ?? 0
      let last = said[route]
      guard kept != last?.count, Self.isDue(behind: last, at: now) else { continue }
      let settings = routes.all.first { $0.name == route }?.durable?.quarantine
      logger.notice(
        "deliveries that no secret verifies are kept\(Self.fate(settings))",
        metadata: [
          "route": "\(route)", "count": "\(kept - (last?.count ?? 0))",
          "in_all": "\(counters.kept(route).deliveries)",
        ])
      said[route] = Said(count: kept, at: now)
    }
  }

  private static func isDue(behind last: Said?, at now: Int64) -> Bool {
    last.map { now - $0.at >= spacingMilliseconds } ?? true
  }

  private static func fate(_ settings: DurableSettings.Quarantine?) -> String {
    switch settings?.release {
    case .auto: ", to be judged again by other secrets"
    case .manual: ": vesigate quarantine release lets out what verifies"
    case nil: ", quarantine is off here: they go after \(DurableSettings.Quarantine.hoursUnlessSaid) h"
    }
  }
}
