internal import Formats
internal import Gateway

/// Opens the file: first at a start, then again behind each failure.
struct Opening {
  let settings: StoreSettings
  let now: Moment
  /// Nil at a start.
  let before: Ledger?
  /// A damaged file is looked through for no longer than this before anything is accepted.
  static let checkSecondsMax: UInt64 = 2

  /// - Throws: what is wrong with the file, its key or the folder.
  func open() throws(StoreFault) -> (ledger: Ledger, keys: SealKeys) {
    try before?.place?.checkBeforeOpening()
    // Behind a failure an empty store is no cure: what was acknowledged would be gone without a word.
    try Schema.makeFile(settings.sqlite, mayMake: before == nil)
    let place = try StorePlace(settings.sqlite)
    let connection = try Connection(settings.sqlite, .writing)
    do throws(StoreFault) {
      try Schema.prepare(connection, path: settings.sqlite, mayMake: before == nil)
      let ledger = Ledger(connection, settings, now: now, underWay: before?.underWay ?? [:])
      ledger.attempting = before?.attempting
      ledger.place = place
      let wasClean = try start(ledger)
      if !wasClean || before != nil { try check(connection) }
      let keys = try keys(ledger)
      // What was written and never made durable is seen again behind a kill, out of the page cache: before a sender
      // is told that it is here, it has to be on disk.
      guard try connection.checkpoint(.truncating) else { throw .busy }
      // And the log's end: where a sync had failed, older pages of it that did reach the disk would be read over those
      // that have just been moved.
      guard Folder.syncFile(settings.sqlite + "-wal") else { throw .sync }
      // SQLite makes the log's name last, too, and asks nobody whether that has failed.
      guard Folder.sync(of: settings.sqlite) else { throw .sync }
      place.watchLog()
      try place.check()
      try ledger.count()
      return (ledger, keys)
    } catch {
      connection.close()
      throw error
    }
  }

  /// Takes up where the process, or the connection, before has left.
  private func start(_ ledger: Ledger) throws(StoreFault) -> Bool {
    try ledger.begin(at: now)
    let wasClean = try ledger.meta("clean") != "0"
    let starts = (try ledger.meta("unclean-starts") ?? "").split(separator: ",").compactMap { Int64($0) }
    ledger.cautious = CautiousStart(uncleanStarts: starts)
    if before == nil {
      ledger.cautious.start(at: now.unixMilliseconds, wasClean: wasClean)
      let text = ledger.cautious.uncleanStarts.map { String($0) }.joined(separator: ",")
      try ledger.setMeta("unclean-starts", text)
      try ledger.setMeta("clean", "0")
    }
    try ledger.takeBack()
    ledger.suspects = Suspects(text: try ledger.meta("suspects") ?? "")
    if before == nil { try suspect(ledger, wasClean: wasClean) }
    try ledger.mendDues()
    try ledger.commit()
    return wasClean
  }

  /// The attempt that processes before have died of twice is not made a third time.
  private func suspect(_ ledger: Ledger, wasClean: Bool) throws(StoreFault) {
    let found = Int64(try ledger.meta("attempting") ?? "")
    try ledger.setMeta("attempting", "")
    guard !wasClean, let job = found else { return }
    if ledger.suspects.accuse(job) { try ledger.poison(job) }
    try ledger.setMeta("suspects", ledger.suspects.text)
  }

  private func check(_ connection: Connection) throws(StoreFault) {
    var deadline = Uptime.nanoseconds() + Self.checkSecondsMax * 1_000_000_000
    let answer = try withUnsafeMutablePointer(to: &deadline) { (end) throws(StoreFault) -> String? in
      connection.interrupt(end)
      defer { connection.interrupt(nil) }
      do throws(StoreFault) {
        return try connection.value("PRAGMA quick_check(1)")
      } catch {
        // A large file is looked at for as long as there is time: what is wrong later is found when it is read.
        if error.isInterrupt { return "ok" }
        throw error
      }
    }
    guard answer == "ok" else { throw .corrupt }
  }

  /// The seal's keys, which have to be those that sealed what is there.
  private func keys(_ ledger: Ledger) throws(StoreFault) -> SealKeys {
    let known = try ledger.meta("seal-key")
    let keys = try SealKeyFile.open(settings.sealKeyFile, mayMake: known == nil)
    if let known, !keys.holds(text: known) {
      throw .unproven(
        "\(settings.sealKeyFile) does not hold the key \(known), which sealed what is in \(settings.sqlite): put it "
          + "back from the backup, or move the store aside")
    }
    if known != keys.current.description {
      try ledger.begin(at: now)
      try ledger.setMeta("seal-key", keys.current.description)
      try ledger.commit()
    }
    return keys
  }
}

extension Ledger {
  /// What nobody sends any more is queued again.
  func takeBack() throws(StoreFault) {
    let sending = try statement(.sendingJobs).all([]) { $0.integer(0) }
    for job in sending where underWay[job] == nil { _ = try move(job, .restart) }
  }

  /// The job that was written down before its attempt began has come back from it.
  func clearSuspicion(_ job: Int64) throws(StoreFault) {
    if attempting == job { try setMeta("attempting", "") }
    if suspects.clear(job) { try setMeta("suspects", suspects.text) }
  }

  func poison(_ job: Int64) throws(StoreFault) {
    try run(
      .moveJob, .integer(JobState.dead.rawValue), .null, .integer(now.unixMilliseconds),
      .text(DeathReason.poison.rawValue), .integer(job), .integer(JobState.queued.rawValue))
  }
}
