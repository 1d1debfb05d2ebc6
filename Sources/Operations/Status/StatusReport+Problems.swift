internal import Formats

extension StatusReport {
  /// Something that somebody should know of.
  struct Finding: Sendable, Equatable {
    /// What it is about: routes and upstreams by their names.
    enum Cause: Sendable, Equatable {
      case phase
      case file
      case remark
      case nothingVerifies(route: String)
      case clock(route: String)
      case dead(route: String)
      case late(route: String)
      case quarantined(route: String)
      case upstream(String)
      case orphaned(route: String)
    }

    let cause: Cause
    /// Without numbers that change while it lasts, so that two looks can be compared.
    let sentence: String
  }

  /// What somebody should know of, a sentence each.
  ///
  /// - Parameter fileRemark: what is to be said of the configuration file as it stands.
  public func problems(fileRemark: String? = nil) -> [String] {
    findings(fileRemark: fileRemark).map(\.sentence)
  }

  /// Likewise, with what each is about.
  func findings(fileRemark: String? = nil) -> [Finding] {
    let stopped = Finding(cause: .phase, sentence: "no deliveries are taken: vesigate is \(phase)")
    // What is dead or orphaned is told by its route below, without a count.
    let remarks = remarks.filter { remark in !["DEAD", "ORPHANED"].contains { remark.contains($0) } }
    var found = phase == "listening" ? [] : [stopped]
    found += [fileRemark].compactMap { $0 }.map { Finding(cause: .file, sentence: $0) }
    found += remarks.map { Finding(cause: .remark, sentence: $0) }
    found += routes.flatMap { findings($0) } + upstreams.compactMap { finding($0) }
    found += (store?.orphaned ?? []).map {
      Finding(
        cause: .orphaned(route: $0.route),
        sentence: "stored deliveries of \($0.route) have lost their route or upstream")
    }
    var seen: Set<String> = []
    return found.filter { seen.insert($0.sentence).inserted }
  }

  private func findings(_ route: Route) -> [Finding] {
    let name = route.name
    var found: [Finding] = []
    func add(_ cause: Finding.Cause, _ sentence: String) {
      found.append(Finding(cause: cause, sentence: sentence))
    }
    let outcomes = route.lastFiveMinutes.outcomes
    let isNoneVerified = outcomes.all.allSatisfy { $0.name == "refused" || $0.count == 0 }
    let isMismatch = route.lastRefusal?.reason == "mismatch"
    if isNoneVerified, isMismatch, outcomes["refused"] ?? 0 >= Self.refusedMin {
      add(
        .nothingVerifies(route: name), "nothing on \(name) verifies: another secret signs, or somebody forges"
      )
    }
    if route.clock?.isAlarming == true { add(.clock(route: name), "the clocks of \(name) drift apart") }
    if route.queue.contains(where: { $0.jobs["dead"] ?? 0 > 0 }) {
      add(.dead(route: name), "stored deliveries of \(name) were given up")
    }
    if route.queue.contains(where: { isLate($0) }) {
      add(.late(route: name), "stored deliveries of \(name) have been due for ten minutes")
    }
    if route.quarantined > 0 { add(.quarantined(route: name), "deliveries of \(name) are in quarantine") }
    return found
  }

  /// One forged delivery is no problem.
  private static let refusedMin: Int64 = 3
  private static let lateMilliseconds: Int64 = 600_000

  private func isLate(_ lane: Lane) -> Bool {
    lane.nextDue.map { now.subtractingSaturated($0) > Self.lateMilliseconds } ?? false
  }

  private func finding(_ upstream: Upstream) -> Finding? {
    let cause = Finding.Cause.upstream(upstream.name)
    if upstream.isFailing {
      return Finding(
        cause: cause, sentence: "\(upstream.name) does not answer: \(upstream.lastFailure ?? "?")")
    }
    return upstream.isErring ? Finding(cause: cause, sentence: "\(upstream.name) answers 5xx") : nil
  }
}

extension StatusReport.Upstream {
  /// Whether it answers 5xx now, and to half of what it got lately.
  var isErring: Bool {
    lastStatus >= 500 && recentErrors > 0 && recentErrors >= recentAttempts.subtractingSaturated(recentErrors)
  }
}
