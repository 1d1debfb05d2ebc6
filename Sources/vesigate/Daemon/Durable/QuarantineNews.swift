internal import Gateway
internal import Logging
internal import Queue

/// Tells what is kept in quarantine: a line a minute and route at most, with what has come since the one before.
struct QuarantineNews {
  private struct Said {
    let kept: UInt64
    let at: Int64
  }

  private static let spacingMilliseconds: Int64 = 60_000

  private var said: [String: Said] = [:]

  /// - Parameter now: monotonic milliseconds.
  mutating func tell(_ counters: QuarantineCounters, _ routes: RouteTable, at now: Int64, _ logger: Logger) {
    for route in counters.routes {
      let kept = counters.results[.init(route: route, result: .kept)] ?? 0
      let last = said[route]
      if let last, kept == last.kept || now - last.at < Self.spacingMilliseconds { continue }
      let settings = routes.all.first { $0.name == route }?.durable?.quarantine
      logger.notice(
        "deliveries that no secret verifies are kept\(Self.fate(settings))",
        metadata: [
          "route": "\(route)", "count": "\(kept - (last?.kept ?? 0))",
          "in_all": "\(counters.kept(route).deliveries)",
        ])
      said[route] = Said(kept: kept, at: now)
    }
  }

  private static func fate(_ settings: DurableSettings.Quarantine?) -> String {
    switch settings?.release {
    case .auto: ", to be judged again by other secrets"
    case .manual: ": vesigate quarantine release lets out what verifies"
    case nil: ", quarantine is off here: they go after \(DurableSettings.Quarantine.hoursUnlessSaid) h"
    }
  }
}
