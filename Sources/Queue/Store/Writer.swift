internal import Formats
internal import Gateway

/// The writer's own thread: it alone has the writing connection. Not Sendable: the thread makes it, and keeps it.
final class Writer {
  private let settings: StoreSettings
  private let mailbox: Monitor<Mailbox>
  private let board: Board
  private var ledger: Ledger?
  /// Kept while the file is closed: attempts go on.
  private var last: Ledger
  /// Still open, for no path leads to what it has.
  private var stranded: Ledger?
  private var lock: StoreLock
  private let keys: SealKeys
  private var watch: ClockWatch
  /// Length of the log behind the last commit, pages.
  private let logPages: UnsafeMutablePointer<Int32>
  /// A checkpoint that a reader cut short is not tried again with each commit.
  private var checkpointAtPages: Int32
  /// The log's pages when its end was last looked at.
  private var logPagesTended: Int32 = 0
  /// When which work is done without being asked for, monotonic.
  private var checkpointAt: UInt64?
  private var housekeepingAt: UInt64
  private var diskReadAt: UInt64 = 0
  private var reopenAt: UInt64?
  private var reopenSeconds: Double

  private static let pageBytes: Int64 = 4096
  private static let reopenSecondsMax = 60.0

  /// - Parameter lock: held for as long as the writer lives.
  init(
    _ ledger: Ledger, _ keys: SealKeys, _ lock: StoreLock, _ settings: StoreSettings,
    _ mailbox: Monitor<Mailbox>, _ board: Board
  ) {
    self.keys = keys
    self.lock = lock
    self.settings = settings
    self.mailbox = mailbox
    self.board = board
    last = ledger
    watch = ClockWatch(startedAt: ledger.now)
    logPages = .allocate(capacity: 1)
    logPages.initialize(to: 0)
    checkpointAtPages = Int32(clamping: Int64(settings.checkpointBytes) / Self.pageBytes)
    housekeepingAt = Uptime.nanoseconds()
    reopenSeconds = settings.reopenSeconds
    use(ledger)
  }

  deinit { logPages.deallocate() }

  private func use(_ ledger: Ledger) {
    self.ledger = ledger
    last = ledger
    logPages.pointee = 0
    ledger.connection.watchLog(logPages)
    publish()
  }

  // MARK: The loop

  func run() {
    loop: while true {
      let deadline = nextDeadline
      switch mailbox.wait(for: Mailbox.writerBell, until: deadline, { $0.next(at: Uptime.nanoseconds()) }) {
      case .batch(let orders): work(orders)
      case .confirmClock:
        watch.confirm(at: settings.clock())
        housekeepingAt = Uptime.nanoseconds()
      case .end: break loop
      case .lookAgain, nil: break
      }
      work(at: Uptime.nanoseconds())
    }
    sayGoodbye()
    let left = mailbox.withLock { mailbox in
      mailbox.isOver = true
      defer { mailbox.waiting = [] }
      return mailbox.waiting
    }
    refuse(left, .closing)
    mailbox.ring(Mailbox.usherBell)
  }

  private var nextDeadline: UInt64? {
    let spareAt = mailbox.withLock { $0.spare.deadline }
    guard let ledger else { return [reopenAt, spareAt].compactMap { $0 }.min() }
    // Who has been told that the disk is low may ask for nothing until it is not.
    return [checkpointAt, housekeepingAt, ledger.isDiskLow ? diskReadAt : nil, spareAt].compactMap { $0 }
      .min()
  }

  private func refuse(_ orders: [Order], _ refusal: StoreRefusal) {
    Answers(orders.map { order in (order.caller, { order.refuse(refusal) }) }).send()
  }

  // MARK: Batches

  private func work(_ batch: [Order]) {
    let now = Uptime.nanoseconds()
    let isLate = { (order: Order) in order.entersBefore.map { now >= $0 } ?? false }
    refuse(batch.filter(isLate), .late)
    let orders = batch.filter { !isLate($0) }
    guard !orders.isEmpty else { return }
    guard ledger != nil else { return wait(orders, board.read().fault ?? .busy) }
    do throws(StoreFault) {
      try commit(orders)
    } catch .constraint where orders.count > 1 {
      // One of them cannot be; the others are not to pay for it.
      for order in orders { workAlone(order) }
    } catch {
      fail(error, orders)
    }
  }

  private func workAlone(_ order: Order) {
    guard ledger != nil else { return wait([order], board.read().fault ?? .busy) }
    do throws(StoreFault) { try commit([order]) } catch { fail(error, [order]) }
  }

  private func commit(_ orders: [Order]) throws(StoreFault) {
    guard let ledger else { return }
    let counters = ledger.counters
    do throws(StoreFault) {
      try readDisk(ledger)
      let begun = Uptime.nanoseconds()
      try ledger.begin(at: settings.clock())
      var answers: [(any StoreCaller, Order.Answer)] = []
      answers.reserveCapacity(orders.count)
      for order in orders { answers.append((order.caller, try order.perform(ledger))) }
      try ledger.boundKeys()
      try ledger.commit()
      ledger.counters.commits += 1
      ledger.counters.commitNanoseconds += Uptime.nanoseconds() - begun
      let stored = ledger.counters.stored - counters.stored
      if stored > 0 { ledger.counters.batches.add(Int64(stored)) }
      publish()
      Answers(answers).send()
    } catch {
      ledger.rollBack()
      ledger.counters = counters
      throw error
    }
    // Whoever waits has been answered; a failure from here on is the next batch's.
    do throws(StoreFault) { try tendLog() } catch { fail(error, []) }
  }

  /// Nobody of a failed batch is told that it is durable, and nothing more is asked of this connection: behind an fsync
  /// that failed its next success would be a lie.
  private func fail(_ fault: StoreFault, _ orders: [Order]) {
    if case .constraint = fault {
      board.write { $0.errors[fault.kind, default: 0] += 1 }
      return refuse(orders, .unusable(fault))
    }
    if case .moved = fault, let ledger { stranded = ledger } else { ledger?.connection.close() }
    ledger = nil
    reopenSeconds = settings.reopenSeconds
    reopenAt = fault.heals ? after(reopenSeconds) : nil
    board.write {
      $0.fault = fault
      $0.errors[fault.kind, default: 0] += 1
    }
    wait(orders, fault)
  }

  /// What has happened waits to be written down; whoever asked for something is refused.
  private func wait(_ orders: [Order], _ fault: StoreFault) {
    let kept = orders.filter(\.isKept)
    refuse(orders.filter { !$0.isKept }, .unusable(fault))
    if !kept.isEmpty { parked += kept }
  }

  private var parked: [Order] = []

  private func reopen() {
    do throws(StoreFault) {
      try rescue()
      try keepBeside()
      let opening = Opening(settings: settings, now: settings.clock(), before: last)
      let (ledger, _) = try opening.open()
      // What was counted since the process began goes on.
      ledger.counters.goOn(from: last.counters)
      ledger.cautious = last.cautious
      use(ledger)
      reopenAt = nil
      board.write {
        $0.fault = nil
        $0.reopenings += 1
      }
      let orders = parked
      parked = []
      for start in stride(from: 0, to: orders.count, by: Mailbox.batchOrdersMax) {
        work(Array(orders[start..<min(start + Mailbox.batchOrdersMax, orders.count)]))
      }
    } catch {
      reopenSeconds = min(reopenSeconds * 2, Self.reopenSecondsMax)
      reopenAt = error.heals ? after(reopenSeconds) : nil
      board.write {
        $0.fault = error
        $0.errors[error.kind, default: 0] += 1
      }
    }
  }

  private func rescue(isLast: Bool = false) throws(StoreFault) {
    guard let stranded else { return }
    try Rescue(ledger: stranded, path: settings.sqlite).run(isLast: isLast)
    stranded.connection.close()
    self.stranded = nil
  }

  /// What lies beside the store. Whoever removed the lock would let a second daemon in; a key that cannot be put back
  /// is missed when the file is opened.
  private func keepBeside() throws(StoreFault) {
    try? SealKeyFile.restore(settings.sealKeyFile, keys)
    guard !lock.isInPlace else { return }
    lock = try StoreLock(settings.sqlite + ".lock")
  }

  // MARK: What is done without being asked for

  private func work(at now: UInt64) {
    guard let ledger else {
      if let reopenAt, now >= reopenAt { reopen() }
      return
    }
    do throws(StoreFault) {
      if let checkpointAt, now >= checkpointAt { try checkpoint(.truncating) }
      if ledger.isDiskLow, now >= diskReadAt {
        try readDisk(ledger)
        publish()
      }
      if now >= housekeepingAt {
        try keepBeside()
        try keepHouse(ledger)
      }
    } catch {
      ledger.rollBack()
      fail(error, [])
    }
  }

  private func after(_ seconds: Double) -> UInt64 { Uptime.nanoseconds() + UInt64(seconds * 1_000_000_000) }

  /// A log's frame vouches for all before it, so one bad one would take every later commit along: the log stays short.
  private func tendLog() throws(StoreFault) {
    guard logPages.pointee > 0 else { return }
    // Idle is who writes nothing: what only looks after things must not put it off for ever.
    if checkpointAt == nil || logPages.pointee != logPagesTended {
      checkpointAt = after(settings.checkpointIdleSeconds)
    }
    logPagesTended = logPages.pointee
    if logPages.pointee >= checkpointAtPages { try checkpoint(.passive) }
  }

  private func checkpoint(_ kind: Connection.Checkpoint) throws(StoreFault) {
    guard let ledger else { return }
    checkpointAt = nil
    let begun = Uptime.nanoseconds()
    let pages = Int32(clamping: Int64(settings.checkpointBytes) / Self.pageBytes)
    if try ledger.connection.checkpoint(kind) {
      logPages.pointee = 0
      checkpointAtPages = pages
    } else {
      // A reader is in the way, for two seconds at most.
      checkpointAtPages = logPages.pointee + pages
      checkpointAt = after(settings.checkpointIdleSeconds)
    }
    let taken = Uptime.nanoseconds() - begun
    board.write {
      $0.checkpoints.add(Int64(clamping: taken))
      $0.logBytes = Int64(logPages.pointee) * Self.pageBytes
    }
  }

  private func keepHouse(_ ledger: Ledger) throws(StoreFault) {
    let now = settings.clock()
    let counters = ledger.counters
    var pruned = Pruned()
    do throws(StoreFault) {
      try ledger.begin(at: now)
      try ledger.mendDues()
      // A clock that is a week ahead would empty the store.
      if watch.isTrusted(at: now) { pruned = try ledger.prune() }
      try ledger.commit()
    } catch {
      ledger.counters = counters
      throw error
    }
    if !pruned.isCut, !ledger.isDiskLow { try ledger.shrink() }
    // A chunk at a time, and whatever waits between them.
    housekeepingAt = pruned.isCut ? Uptime.nanoseconds() : after(settings.housekeepingSeconds)
    publish()
    try tendLog()
  }

  /// Once a second: how much may still be written. What was delivered makes room for what was not.
  private func readDisk(_ ledger: Ledger) throws(StoreFault) {
    let now = Uptime.nanoseconds()
    guard now >= diskReadAt else { return }
    diskReadAt = now + 1_000_000_000
    for _ in 0..<10 {
      guard let free = Folder.freeBytes(of: settings.sqlite) else { return }
      ledger.isDiskLow = free + (try ledger.freeBytes()) < settings.diskFreeBytesMin
      guard ledger.isDiskLow else { return }
      try ledger.begin(at: settings.clock())
      let dropped = try ledger.dropBodies(before: .max, limit: Ledger.chunk)
      ledger.counters.prunedBodies += UInt64(dropped)
      try ledger.commit()
      if dropped == 0 { return }
    }
  }

  private func publish() {
    guard let ledger else { return }
    let isTrusted = watch.isTrusted(at: ledger.now)
    board.write {
      $0.counters = ledger.counters
      $0.isDiskLow = ledger.isDiskLow
      $0.isCautious = ledger.isCautious
      $0.isClockTrusted = isTrusted
      $0.logBytes = Int64(logPages.pointee) * Self.pageBytes
    }
  }

  private func sayGoodbye() {
    refuse(parked, .closing)
    defer {
      try? rescue(isLast: true)
      stranded?.connection.close()
    }
    guard let ledger else { return }
    do throws(StoreFault) {
      try ledger.begin(at: settings.clock())
      try ledger.setMeta("clean", "1")
      try ledger.commit()
      try checkpoint(.truncating)
    } catch {
      // Then the next start takes it for what it was: an end in the middle.
      ledger.rollBack()
      if case .moved = error { stranded = ledger }
    }
    if stranded == nil { ledger.connection.close() }
    self.ledger = nil
  }
}
