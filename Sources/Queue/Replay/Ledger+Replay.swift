internal import Formats
internal import Gateway

/// Replays: what each has moved, and how far it is, are one transaction, so that an end in the middle moves nothing
/// twice and leaves nothing out.
extension Ledger {
  /// Those that are not over, at once: beyond it one is refused.
  static let replaysMax = 16
  /// Of those that are over, the newest are kept to be shown.
  static let replaysKept = 100
  /// Jobs that one step looks through: accepting waits for it.
  static let replayJobsScanned: Int64 = 2_000

  func beginReplay(_ order: ReplayOrder, rate: Int) throws(StoreFault) -> ReplayAnswer {
    let open = counters.replays.filter { !$0.state.isOver }
    // A command that is repeated asks for what is under way.
    if let same = open.first(where: { $0.order.meansTheSame(as: order) }) { return .already(same) }
    guard open.count < Self.replaysMax else { return .tooMany }
    try forgetReplays()
    let last = try statement(.lastJob).first([]) { $0.integer(0) } ?? 0
    try run(
      .addReplay, .text(order.json), .integer(Int64(rate)), .integer(last),
      .integer(ReplayState.running.rawValue))
    let replay = Replay(
      number: connection.lastID, order: order, rate: rate, cursor: 0, upto: last, state: .running, moved: 0,
      failed: 0)
    counters.replays.append(replay)
    return .begun(replay)
  }

  private func forgetReplays() throws(StoreFault) {
    let over = counters.replays.filter(\.state.isOver).map(\.number)
    for number in over.dropLast(Self.replaysKept - 1) {
      try run(.removeReplay, .integer(number))
      counters.replays.removeAll { $0.number == number }
    }
  }

  /// Nil where there is no such replay, or where that cannot happen to it.
  func changeReplay(_ number: Int64, _ event: ReplayState.Event) throws(StoreFault) -> Replay? {
    guard var replay = counters.replays.first(where: { $0.number == number }),
      let next = replay.state.after(event)
    else { return nil }
    replay.state = next
    if event == .resume { replay.endings = ReplayEndings() }
    try write(replay)
    return replay
  }

  private func write(_ replay: Replay) throws(StoreFault) {
    try run(
      .writeReplay, .integer(replay.cursor), .integer(replay.state.rawValue), .integer(Int64(replay.moved)),
      .integer(Int64(replay.failed)), .integer(replay.number))
    guard let place = counters.replays.firstIndex(where: { $0.number == replay.number }) else { return }
    counters.replays[place] = replay
  }

  // MARK: A step

  /// Moves the next of them.
  ///
  /// - Parameters:
  ///   - limit: how many at most.
  ///   - room: of the lanes. Where there is none it is waited for: a replay keeps its order.
  func stepReplay(_ number: Int64, limit: Int, room: ReplayRoom) throws(StoreFault) -> ReplayStep {
    var (step, room) = (ReplayStep(), room)
    guard let before = counters.replays.first(where: { $0.number == number }), before.state == .running,
      limit > 0
    else { return step }
    var replay = before
    if let (jobs, last) = try nextJobs(of: replay, limit: limit) {
      replay.cursor = last
      for job in jobs {
        guard room.take(job.lane) else {
          replay.cursor = job.id - 1
          if step.moved == 0 { step.waitsFor = job.lane }
          break
        }
        if try move(job.id, .replay, for: number) {
          step.moved += 1
          step.lanes.insert(job.lane)
        } else {
          replay.failed += 1
        }
      }
    } else {
      replay.cursor = replay.upto
    }
    replay.moved += step.moved
    if replay.cursor >= replay.upto, let next = replay.state.after(.finish) { replay.state = next }
    step.goesOn = replay.state == .running
    // Whoever waits writes nothing.
    if replay != before { try write(replay) }
    return step
  }

  /// - Returns: those that are meant, and the last job that has been looked at; nil where none is left.
  private func nextJobs(
    of replay: Replay, limit: Int
  ) throws(StoreFault) -> (jobs: [(id: Int64, lane: Lane)], last: Int64)? {
    let order = replay.order
    // Whole ranges may have been deleted.
    let first = try statement(.nextJob).first([.integer(replay.cursor)]) { $0.integer(0) }
    guard let first, first <= replay.upto, let ended = order.ended else { return nil }
    let last = min(first.addingSaturated(Self.replayJobsScanned - 1), replay.upto)
    let found = try statement(.endedJobs).all([
      .integer(first), .integer(last), .integer(ended.rawValue), .integer(order.asOf),
      .optional(order.reason), .integer(order.since ?? .min), .integer(order.until ?? .max),
      .optional(order.route), .optional(order.upstream), .integer(Int64(limit)),
      .integer(now.unixMilliseconds), .optional(order.secret), .optional(order.status.map { Int64($0) }),
    ]) { (id: $0.integer(0), lane: Lane(route: $0.text(1), upstream: $0.text(2))) }
    return (found, found.count == limit ? found.last?.id ?? last : last)
  }

  // MARK: What comes of it

  /// A job that a replay has moved has ended.
  func noteReplayed(_ number: Int64, isDead: Bool) throws(StoreFault) {
    guard let place = counters.replays.firstIndex(where: { $0.number == number }) else { return }
    var replay = counters.replays[place]
    replay.endings.add(isDead: isDead)
    counters.replays[place] = replay
    // What is not in the file changes with most of them.
    guard isDead else { return }
    replay.failed += 1
    if replay.endings.isFailing, let next = replay.state.after(.fail) { replay.state = next }
    try write(replay)
  }

  /// Those in the file.
  func readReplays() throws(StoreFault) {
    let found = try statement(.allReplays).all([]) { row -> Replay? in
      guard let json = JSONValue(reading: row.blob(1)), let order = ReplayOrder(json),
        let state = ReplayState(rawValue: row.integer(5))
      else { return nil }
      return Replay(
        number: row.integer(0), order: order, rate: Int(clamping: row.integer(2)), cursor: row.integer(3),
        upto: row.integer(4), state: state, moved: Int(clamping: row.integer(6)),
        failed: Int(clamping: row.integer(7)))
    }
    counters.replays = found.compactMap { $0 }
  }
}

extension Sentence {
  var replaySQL: String? {
    switch self {
    case .lastJob: "SELECT max(id) FROM job"
    case .addReplay:
      "INSERT INTO replay(filter, rate, cursor, upto, state, moved, failed) VALUES(?,?,0,?,?,0,0)"
    case .writeReplay: "UPDATE replay SET cursor=?, state=?, moved=?, failed=? WHERE id=?"
    case .removeReplay: "DELETE FROM replay WHERE id=?"
    case .allReplays: "SELECT id, filter, rate, cursor, upto, state, moved, failed FROM replay ORDER BY id"
    case .nextJob: "SELECT id FROM job WHERE id>? ORDER BY id LIMIT 1"
    // What has ended since it was asked for is another's business. By a clock that was ahead it had ended before.
    case .endedJobs:
      """
      SELECT j.id, l.route, l.upstream FROM job j CROSS JOIN lane l ON l.id=j.lane
        CROSS JOIN delivery d ON d.id=j.delivery
        WHERE j.id>=?1 AND j.id<=?2 AND j.state=?3 AND (j.ended<=?4 OR j.ended>?11) AND (?5 IS NULL OR j.reason=?5)
          AND d.accepted>=?6 AND d.accepted<?7 AND (?8 IS NULL OR l.route=?8) AND (?9 IS NULL OR l.upstream=?9)
          AND (?12 IS NULL OR d.secret=?12) AND (?13 IS NULL OR j.status=?13)
        ORDER BY j.id LIMIT ?10
      """
    default: nil
    }
  }
}
