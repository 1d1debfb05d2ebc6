internal import Formats
internal import Gateway

extension Ledger {
  /// The jobs of a lane that are due, the longest first, begun by being handed out.
  func claim(_ lane: Lane, limit: Int) throws(StoreFault) -> [ClaimedJob] {
    // One at a time, so that it is known which one the process dies of.
    let most = isCautious ? (isIdle ? min(limit, 1) : 0) : limit
    guard most > 0 else { return [] }
    struct Due {
      let job, delivery, attempt, budgetFrom, budgetAttempt, late: Int64

      /// Whether this program can have counted so far: a row is not sealed, and somebody may have changed it.
      var isPossible: Bool {
        (0..<Int64(Int32.max)).contains(attempt) && (0...attempt + 1).contains(budgetAttempt)
          && (0...attempt).contains(late)
      }
    }
    let due = try statement(.dueJobs).all(
      [.integer(number(of: lane)), .integer(now.unixMilliseconds), .integer(Int64(most))]
    ) { row in
      Due(
        job: row.integer(0), delivery: row.integer(1), attempt: row.integer(2), budgetFrom: row.integer(3),
        budgetAttempt: row.integer(4), late: row.integer(5))
    }
    var claimed: [ClaimedJob] = []
    for due in due {
      guard due.isPossible else {
        try condemn(due.job, in: lane)
        continue
      }
      guard try run(.startJob, .integer(due.job)) == 1 else { continue }
      counters.move(lane, from: .queued, to: .sending)
      let ticket = JobTicket(job: due.job, lane: lane, attempt: Int(due.attempt) + 1)
      begins(ticket)
      guard let delivery = try read(due.delivery) else {
        // Its row or its body is gone without us: there is nothing that a seal could prove.
        try record(
          AttemptReport(ticket: ticket, at: now.unixMilliseconds, milliseconds: 0, next: .dead(.sealBroken)))
        continue
      }
      if isCautious {
        attempting = due.job
        try setMeta("attempting", String(due.job))
      }
      let history = RetryPolicy.History(
        attempts: Int(due.attempt + 1 - due.budgetAttempt), budgetFrom: due.budgetFrom,
        lateAttempts: Int(due.late))
      claimed.append(ClaimedJob(ticket: ticket, history: history, delivery: delivery))
    }
    return claimed
  }

  /// What no counting of ours leads to, somebody has changed.
  private func condemn(_ job: Int64, in lane: Lane) throws(StoreFault) {
    let (dead, queued) = (JobState.dead, JobState.queued)
    let condemned = try run(
      .moveJob, .integer(dead.rawValue), .null, .integer(now.unixMilliseconds),
      .text(DeathReason.sealBroken.rawValue), .integer(job), .integer(queued.rawValue))
    if condemned == 1 { counters.move(lane, from: queued, to: dead) }
  }

  /// Nil where there is no body.
  private func read(_ delivery: Int64) throws(StoreFault) -> StoredDelivery? {
    let found = try statement(.readDelivery).first([.integer(delivery)]) { StoredDelivery($0) }
    return found ?? nil
  }

  /// Writes down what came of an attempt, unless the job is in other hands by now.
  @discardableResult
  func record(_ report: AttemptReport) throws(StoreFault) -> RecordOutcome {
    let (state, due, reason, isLate) = consequences(of: report)
    let ended: Int64? = state.isFinal ? now.unixMilliseconds : nil
    let job = report.ticket.job
    let found = try statement(.recordJob).first([
      .integer(state.rawValue), .optional(due), .optional(ended), .optional(report.status.map { Int64($0) }),
      .optional(reason), .integer(isLate ? 1 : 0), .integer(job), .integer(Int64(report.ticket.attempt)),
    ]) { (delivery: $0.integer(0), replay: $0.optionalInteger(1)) }
    ends(report.ticket)
    guard let found else {
      counters.lateResults += 1
      return .late
    }
    counters.move(report.ticket.lane, from: .sending, to: state)
    if state == .delivered { counters.delivered[report.ticket.lane.route, default: 0] += 1 }
    if report.next != .giveBack { try keep(report, reason: reason) }
    if !state.isHeld { try letGo(found.delivery) }
    if state.isFinal, let replay = found.replay { try noteReplayed(replay, isDead: state == .dead) }
    try clearSuspicion(job)
    return .recorded
  }

  private func consequences(
    of report: AttemptReport
  ) -> (state: JobState, due: Int64?, reason: String?, isLate: Bool) {
    switch report.next {
    case .delivered: (.delivered, nil, nil, false)
    case .retry(let due, let isLate): (.queued, due, report.reason, isLate)
    case .dead(let reason): (.dead, nil, reason.rawValue, false)
    case .giveBack: (.queued, now.unixMilliseconds, report.reason, false)
    }
  }

  private func keep(_ report: AttemptReport, reason: String?) throws(StoreFault) {
    let (job, number) = (Statement.Value.integer(report.ticket.job), Int64(report.ticket.attempt))
    try run(
      .addAttempt, job, .integer(number), .integer(report.at), .integer(report.milliseconds),
      .optional(report.status.map { Int64($0) }), .optional(report.reason ?? reason),
      report.answer.isEmpty ? .null : .blob(report.answer), .optional(report.upstream))
    if number > AttemptReport.attemptsKept {
      try run(.forgetAttempts, job, .integer(number - Int64(AttemptReport.attemptsKept)))
    }
  }

  /// One job fewer keeps the delivery from being delivered.
  private func letGo(_ delivery: Int64) throws(StoreFault) {
    let left = try statement(.letGo).first([.integer(now.unixMilliseconds), .integer(delivery)]) {
      (held: $0.integer(0), bytes: $0.integer(1))
    }
    guard let left, left.held == 0 else { return }
    counters.heldDeliveries -= 1
    counters.heldBytes -= left.bytes
  }

  private func hold(_ delivery: Int64) throws(StoreFault) {
    let now = try statement(.hold).first([.integer(delivery)]) { (held: $0.integer(0), bytes: $0.integer(1)) }
    guard let now, now.held == 1 else { return }
    counters.heldDeliveries += 1
    counters.heldBytes += now.bytes
  }

  // MARK: What somebody asks for

  /// Sends a job again that has ended; false where it has not, or where nothing is left to send.
  func replay(_ job: Int64) throws(StoreFault) -> Bool { try move(job, .replay) }

  /// Applies an event to a job; false where it cannot happen to it now.
  ///
  /// - Parameter replay: the one that moves it.
  func move(_ job: Int64, _ event: JobState.Event, for replay: Int64? = nil) throws(StoreFault) -> Bool {
    let found = try statement(.findJob).first([.integer(job)]) { row in
      (
        lane: row.integer(0), state: JobState(rawValue: row.integer(1)), delivery: row.integer(2),
        body: row.integer(3)
      )
    }
    guard let found, let state = found.state,
      let next = state.after(event, keepsBody: found.body == 1), next != state
    else { return false }
    let due: Int64? = next == .queued ? now.unixMilliseconds : nil
    let (old, id) = (Statement.Value.integer(state.rawValue), Statement.Value.integer(job))
    if event == .replay {
      try run(.reviveJob, .optional(due), .integer(now.unixMilliseconds), .optional(replay), id, old)
    } else {
      let ended: Int64? = next.isFinal ? now.unixMilliseconds : nil
      try run(.moveJob, .integer(next.rawValue), .optional(due), .optional(ended), .null, id, old)
    }
    counters.move(try lane(found.lane), from: state, to: next)
    if state.isHeld, !next.isHeld { try letGo(found.delivery) }
    if !state.isHeld, next.isHeld { try hold(found.delivery) }
    return true
  }

  /// Makes a job that waits due at once; false where it does not wait.
  func hurry(_ job: Int64) throws(StoreFault) -> Bool {
    try run(.hurryJob, .integer(now.unixMilliseconds), .integer(job)) == 1
  }

  /// Parks what has no lane in the configuration any more, and takes back what has one again.
  ///
  /// - Returns: how many jobs it moved: not all of them, where that is `limit`.
  func reconcile(_ configured: Set<Lane>, limit: Int) throws(StoreFault) -> Int {
    var moved = 0
    for (id, lane) in try allLanes() {
      let isThere = configured.contains(lane)
      let jobs = try statement(isThere ? .orphanedOfLane : .queuedOfLane).all(
        [.integer(id), .integer(Int64(limit - moved))]) { $0.integer(0) }
      for job in jobs where try move(job, isThere ? .adopt : .orphan) { moved += 1 }
      if moved >= limit { break }
    }
    return moved
  }

  /// When the first job of each lane is due, Unix milliseconds; lanes where none waits are left out.
  func dues() throws(StoreFault) -> [LaneDue] {
    var dues: [LaneDue] = []
    for (_, lane) in try allLanes() {
      if let due = try nextDue(lane) { dues.append(LaneDue(lane: lane, due: due)) }
    }
    return dues
  }

  func nextDue(_ lane: Lane) throws(StoreFault) -> Int64? {
    try statement(.nextDue).first([.integer(number(of: lane))]) { $0.integer(0) }
  }
}

/// When a lane's first job is due.
public struct LaneDue: Sendable, Equatable {
  public let lane: Lane
  /// Unix milliseconds.
  public let due: Int64
}
