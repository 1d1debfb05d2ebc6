internal import Formats

extension StatusReport {
  /// What somebody should know of, a sentence each. Without numbers that change while it lasts, so that two looks can
  /// be compared.
  ///
  /// - Parameter fileRemark: what is to be said of the configuration file as it stands.
  public func problems(fileRemark: String? = nil) -> [String] {
    let phase = phase == "listening" ? [] : ["no deliveries are taken: vesigate is \(phase)"]
    // What is dead or orphaned is told by its route below, without a count.
    let remarks = remarks.filter { remark in !["DEAD", "ORPHANED"].contains { remark.contains($0) } }
    let found =
      phase + [fileRemark].compactMap { $0 } + remarks + routes.flatMap { problems($0) }
      + upstreams.flatMap { problems($0) }
      + (store?.orphaned ?? []).map { "stored deliveries of \($0.route) have lost their route or upstream" }
    var seen: Set<String> = []
    return found.filter { seen.insert($0).inserted }
  }

  private func problems(_ route: Route) -> [String] {
    var problems: [String] = []
    let outcomes = route.lastFiveMinutes.outcomes
    let isNoneVerified = outcomes.all.allSatisfy { $0.name == "refused" || $0.count == 0 }
    let isMismatch = route.lastRefusal?.reason == "mismatch"
    if isNoneVerified, isMismatch, outcomes["refused"] ?? 0 >= Self.refusedMin {
      problems.append("nothing on \(route.name) verifies: another secret signs, or somebody forges")
    }
    if route.clock?.isAlarming == true { problems.append("the clocks of \(route.name) drift apart") }
    if route.queue.contains(where: { $0.jobs["dead"] ?? 0 > 0 }) {
      problems.append("stored deliveries of \(route.name) were given up")
    }
    if route.queue.contains(where: { isLate($0) }) {
      problems.append("stored deliveries of \(route.name) have been due for ten minutes")
    }
    if route.quarantined > 0 { problems.append("deliveries of \(route.name) are in quarantine") }
    return problems
  }

  /// One forged delivery is no problem.
  private static let refusedMin: Int64 = 3
  private static let lateMilliseconds: Int64 = 600_000

  private func isLate(_ lane: Lane) -> Bool {
    lane.nextDue.map { now.subtractingSaturated($0) > Self.lateMilliseconds } ?? false
  }

  private func problems(_ upstream: Upstream) -> [String] {
    if upstream.isFailing { return ["\(upstream.name) does not answer: \(upstream.lastFailure ?? "?")"] }
    return upstream.isErring ? ["\(upstream.name) answers 5xx"] : []
  }
}

extension StatusReport.Upstream {
  /// Whether it answers 5xx now, and to half of what it got lately.
  var isErring: Bool {
    lastStatus >= 500 && recentErrors > 0 && recentErrors >= recentAttempts.subtractingSaturated(recentErrors)
  }
}
