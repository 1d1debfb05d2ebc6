internal import Formats

/// What one round of deletions took away.
struct Pruned: Equatable {
  var bodies = 0
  var deliveries = 0
  var dead = 0
  var keys = 0
  var quarantined = 0
  /// There is more to delete.
  var isCut = false
}

extension Ledger {
  /// Rows that one transaction deletes: accepting waits for it.
  static let chunk = 1000

  /// Deletes what has been kept for long enough, up to a chunk of each kind. What is queued, sent or orphaned is never
  /// among it, however old it is.
  func prune() throws(StoreFault) -> Pruned {
    var pruned = Pruned()
    let bodyHours = min(settings.deliveredBodyHours, settings.deliveredHours)
    pruned.bodies = try dropBodies(before: cutoff(hours: bodyHours), limit: Self.chunk)
    for delivery in try spent(.spentDeliveries, before: cutoff(hours: settings.deliveredHours)) {
      if try removeSpent(delivery) { pruned.deliveries += 1 }
    }
    let deadBefore = cutoff(hours: settings.deadHours)
    for delivery in try Set(spent(.deadJobs, before: deadBefore))
    where try removeDead(delivery, before: deadBefore) {
      pruned.dead += 1
    }
    pruned.keys = try run(.forgetKeys, .integer(now.unixMilliseconds), .integer(Int64(Self.chunk)))
    pruned.quarantined = try expireQuarantine()
    pruned.isCut = [pruned.bodies, pruned.deliveries, pruned.dead, pruned.keys, pruned.quarantined]
      .contains(Self.chunk)
    counters.prunedBodies += UInt64(pruned.bodies)
    counters.prunedDeliveries += UInt64(pruned.deliveries)
    counters.prunedDead += UInt64(pruned.dead)
    counters.dedupeKeys -= pruned.keys
    return pruned
  }

  private func cutoff(hours: Int) -> Int64 {
    now.unixMilliseconds.subtractingSaturated(Int64(hours) * 3_600_000)
  }

  private func spent(_ sentence: Sentence, before: Int64) throws(StoreFault) -> [Int64] {
    try statement(sentence).all([.integer(before), .integer(Int64(Self.chunk))]) { $0.integer(0) }
  }

  /// Bodies of what was delivered or cancelled, the oldest first: what is deleted where room is needed, too.
  func dropBodies(before: Int64, limit: Int) throws(StoreFault) -> Int {
    let spent = try statement(.spentBodies).all([.integer(before), .integer(Int64(limit))]) { $0.integer(0) }
    for delivery in spent {
      try run(.removeBody, .integer(delivery))
      try run(.markSpent, .integer(delivery))
    }
    return spent.count
  }

  /// Deletes what was delivered or cancelled. Its key stays where all of it was delivered, and nowhere else: the next
  /// copy would be the only one.
  private func removeSpent(_ delivery: Int64) throws(StoreFault) -> Bool {
    let states = try statement(.jobsOfDelivery).all([.integer(delivery)]) {
      JobState(rawValue: $0.integer(2))
    }
    let removed = try statement(.removeDelivery).first([.integer(delivery)]) { Optional($0.blob(0)) }
    guard let key = removed else { return false }
    if let key, !states.allSatisfy({ $0 == .delivered }) {
      counters.dedupeKeys -= try run(.forgetKey, .blob(key), .integer(delivery))
    }
    return true
  }

  func removeDead(_ delivery: Int64, before: Int64) throws(StoreFault) -> Bool {
    let jobs = try statement(.jobsOfDelivery).all([.integer(delivery)]) { ($0.integer(1), $0.integer(2)) }
    let removed = try statement(.removeDead).first([.integer(delivery), .integer(before)]) {
      (bytes: $0.integer(0), key: $0.blob(1))
    }
    guard let (bytes, key) = removed else { return false }
    // Otherwise whoever has it sent again would be told that it is here.
    counters.dedupeKeys -= try run(.forgetKey, .blob(key), .integer(delivery))
    for (lane, state) in jobs { counters.move(try self.lane(lane), from: JobState(rawValue: state), to: nil) }
    counters.heldDeliveries -= 1
    counters.heldBytes -= bytes
    return true
  }

  /// Deletes the delivery of a job that has ended, whatever its age: somebody wants it gone. False where something
  /// of it is still to come.
  func purge(_ job: Int64) throws(StoreFault) -> Bool {
    let found = try statement(.findJob).first([.integer(job)]) { row in
      (state: JobState(rawValue: row.integer(1)), delivery: row.integer(2))
    }
    guard let found, let state = found.state, state.isFinal else { return false }
    if state == .dead { return try removeDead(found.delivery, before: .max) }
    return try removeSpent(found.delivery)
  }

  /// Forgets the oldest keys where there are more than are allowed.
  func boundKeys() throws(StoreFault) {
    let over = counters.dedupeKeys - settings.dedupeKeysMax
    guard over > 0 else { return }
    let forgotten = try run(.forgetOldestKeys, .integer(Int64(min(over, Self.chunk))))
    counters.dedupeKeys -= forgotten
    counters.dedupeForgotten += UInt64(forgotten)
  }

  /// Pulls back what a clock that was ahead has put off.
  func mendDues() throws(StoreFault) {
    let latest = StoredTime.latestDue(
      now: now.unixMilliseconds, longestDelayMilliseconds: settings.longestDelayMilliseconds())
    for (lane, _) in try allLanes() {
      try run(.lateDue, .integer(now.unixMilliseconds), .integer(lane), .integer(latest))
    }
  }

  /// Bytes of the file that hold nothing, and are written before it grows.
  func freeBytes() throws(StoreFault) -> Int64 {
    4096 * (try statement(.freePages).first([]) { $0.integer(0) } ?? 0)
  }

  /// Gives the file system back, bit by bit, what the file holds beyond what the next deliveries will fill.
  func shrink() throws(StoreFault) {
    guard try freeBytes() > Self.freeBytesMax else { return }
    try connection.run("PRAGMA incremental_vacuum(\(Self.chunk))")
  }

  static let freeBytesMax: Int64 = 16 << 20

  /// What is in the file, counted once; from then on it is counted along.
  func count() throws(StoreFault) {
    let held = try statement(.countHeld).first([]) { (Int($0.integer(0)), $0.integer(1)) } ?? (0, 0)
    counters.heldDeliveries = held.0
    counters.heldBytes = held.1
    counters.dedupeKeys = Int(try statement(.countKeys).first([]) { $0.integer(0) } ?? 0)
    try readReplays()
    counters.jobs = [:]
    try countQuarantine()
    let jobs = try statement(.countJobs).all([]) { ($0.integer(0), $0.integer(1), Int($0.integer(2))) }
    for (lane, state, count) in jobs {
      counters.move(try self.lane(lane), from: nil, to: JobState(rawValue: state), count: count)
    }
  }
}
