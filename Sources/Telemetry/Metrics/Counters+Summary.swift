internal import Gateway

extension Counters {
  /// One sentence for the last log line: everything since the start.
  public func summary(reloads: StatusSnapshot.Reloads, logLinesDropped: Int) -> String {
    let outcomes = DeliveryRecord.Outcome.allCases.map { outcome in
      "\(routes.reduce(0) { $0 + $1.count(of: outcome) }) \(outcome.rawValue)"
    }
    var reasons: [String: UInt64] = [:]
    for route in routes {
      for (reason, count) in route.reasons { reasons[reason.reason, default: 0] += count }
    }
    let told = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
    return outcomes.joined(separator: ", ") + (told.isEmpty ? "" : " (" + told.joined(separator: ", ") + ")")
      + "; reloads: \(reloads.taken) taken, \(reloads.refused) failed; \(logLinesDropped) log lines dropped"
  }
}
