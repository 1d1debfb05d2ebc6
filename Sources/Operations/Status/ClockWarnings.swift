internal import Telemetry

/// Which findings about clocks are worth a line in the log: each once, and again when it has stayed so for long.
struct ClockWarnings {
  /// Between two warnings about the same route.
  private static let silenceSeconds: Int64 = 3600

  /// When each route was warned of last, in Unix milliseconds.
  private var warned: [String: Int64] = [:]

  /// What is to be said now.
  mutating func due(of findings: [ClockFinding], at now: Int64) -> [ClockFinding] {
    let alarming = findings.filter(\.isAlarming)
    // What is no route any more, or in step again, begins anew.
    warned = warned.filter { entry in alarming.contains { $0.route == entry.key } }
    return alarming.filter { finding in
      if let last = warned[finding.route], now - last < Self.silenceSeconds * 1000 { return false }
      warned[finding.route] = now
      return true
    }
  }
}
