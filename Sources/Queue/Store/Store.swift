internal import Formats
public import Gateway

/// Keeps deliveries on disk until the apps have them. One thread writes, in transactions that take in whatever waits;
/// whoever asks is answered on his own thread once that is durable.
public final class Store: Sendable {
  private let settings: StoreSettings
  let mailbox: Monitor<Mailbox>
  private let board: Board
  private let bye: Monitor<Bool>
  /// Who may enter the quarantine.
  public let gate = QuarantineGate()
  /// What seals, and checks seals: each loop makes a `Sealer` of its own with them.
  public let sealKeys: SealKeys

  /// Opens the store, or makes one. It blocks, for a store that was left in the middle has to be made durable first.
  ///
  /// - Throws: `refused` with a sentence where another daemon has it, where a file or its mode is wrong, or where it
  ///   was written by a newer program; whatever else keeps it from being opened.
  public init(_ settings: StoreSettings) throws(StoreFault) {
    self.settings = settings
    mailbox = Monitor(Mailbox(), bells: 2)
    board = Board()
    bye = Monitor(false, bells: 1)
    let thread = WriterThread(settings: settings, mailbox: mailbox, board: board, bye: bye)
    sealKeys = try thread.start()
    let usher = Usher(
      mailbox: mailbox, patience: UInt64(settings.commitSecondsMax * 1_000_000_000 / 10))
    do throws(StoreFault) { try WorkThread.start("vg-usher") { usher.run() } } catch {
      close()
      throw error
    }
  }

  deinit { shut() }

  /// How it is, and what it has counted.
  public var status: StoreStatus { board.read() }

  /// Why a delivery of so many bytes would be refused; nil where it would not. To be asked before its body is read;
  /// what arrives in between is bounded by the writer itself.
  public func refusal(bytes: Int) -> StoreRefusal? {
    let status = board.read()
    if let fault = status.fault { return .unusable(fault) }
    if status.isDiskLow { return .diskLow }
    let counters = status.counters
    return counters.heldDeliveries >= settings.deliveriesMax
      || counters.heldBytes + Int64(bytes) > settings.bytesMax ? .full : nil
  }

  /// Keeps a delivery, its jobs and its key, all or nothing.
  public func accept(
    _ acceptance: Acceptance, for caller: any StoreCaller,
    then answer: @escaping @Sendable (AcceptOutcome) -> Void
  ) {
    let wait = UInt64(settings.commitSecondsMax * 1_000_000_000)
    put(
      Order(
        caller: caller, entersBefore: Uptime.nanoseconds() + wait, isKept: false,
        bytes: acceptance.delivery.head.count + acceptance.delivery.body.count,
        perform: { ledger throws(StoreFault) in
          let outcome = try ledger.accept(acceptance)
          return { answer(outcome) }
        },
        refuse: { answer(.refused($0)) }))
  }

  /// Writes down what came of an attempt. It waits for a store that has failed: it has happened, whether or not that is
  /// known.
  public func record(
    _ report: AttemptReport, for caller: any StoreCaller,
    then answer: @escaping @Sendable (RecordOutcome) -> Void
  ) {
    put(
      Order(
        caller: caller, entersBefore: nil, isKept: true, bytes: report.answer.count,
        perform: { ledger throws(StoreFault) in
          let outcome = try ledger.record(report)
          return { answer(outcome) }
        },
        refuse: { answer(.refused($0)) }))
  }

  /// Hands out jobs of a lane that are due, the longest first. Their attempts have begun.
  public func claim(
    _ lane: Lane, limit: Int, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Claim, StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in
      let jobs = try ledger.claim(lane, limit: limit)
      return Claim(jobs: jobs, nextDue: try ledger.nextDue(lane))
    }
  }

  /// When each lane's first job is due.
  public func dues(
    for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<[LaneDue], StoreRefusal>) -> Void
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in try ledger.dues() }
  }

  /// Applies an event to jobs: replay, cancel. Up to a thousand at once.
  ///
  /// - Returns: to `answer`, to how many of them it could happen.
  public func change(
    _ jobs: [Int64], _ event: JobState.Event, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    count(jobs, for: caller, answer) { ledger, job throws(StoreFault) in try ledger.move(job, event) }
  }

  /// Makes jobs due at once that wait. Up to a thousand at once.
  ///
  /// - Returns: to `answer`, how many of them do wait.
  public func hurry(
    _ jobs: [Int64], for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    count(jobs, for: caller, answer) { ledger, job throws(StoreFault) in try ledger.hurry(job) }
  }

  /// Deletes the deliveries of jobs that have ended. Up to a thousand at once.
  ///
  /// - Returns: to `answer`, how many deliveries went.
  public func purge(
    _ jobs: [Int64], for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    count(jobs, for: caller, answer) { ledger, job throws(StoreFault) in try ledger.purge(job) }
  }

  /// What is done with each of some jobs; `answer` gets to how many of them it could be.
  private func count(
    _ jobs: [Int64], for caller: any StoreCaller,
    _ answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void,
    _ work: @escaping @Sendable (Ledger, Int64) throws(StoreFault) -> Bool
  ) {
    ask(caller, answer) { ledger throws(StoreFault) in
      var count = 0
      for job in jobs.prefix(Ledger.chunk) where try work(ledger, job) { count += 1 }
      return count
    }
  }

  /// Parks jobs whose lane left the configuration, and takes back those whose lane is there again; a chunk at a time,
  /// with whatever waits between them.
  public func reconcile(
    _ configured: Set<Lane>, for caller: any StoreCaller,
    then answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    reconcile(configured, moved: 0, caller, answer)
  }

  private func reconcile(
    _ configured: Set<Lane>, moved: Int, _ caller: any StoreCaller,
    _ answer: @escaping @Sendable (Result<Int, StoreRefusal>) -> Void
  ) {
    ask(
      caller,
      { result in
        guard case .success(let more) = result, more == Ledger.chunk else {
          return answer(result.map { $0 + moved })
        }
        self.reconcile(configured, moved: moved + more, caller, answer)
      }
    ) { ledger throws(StoreFault) in try ledger.reconcile(configured, limit: Ledger.chunk) }
  }

  /// An operator says that the clock is right now, whatever it was: what is old by it is deleted soon.
  public func pruneNow() {
    mailbox.withLock { $0.isClockConfirmed = true }
    mailbox.ring(Mailbox.writerBell)
  }

  func ask<Value: Sendable>(
    _ caller: any StoreCaller, _ answer: @escaping @Sendable (Result<Value, StoreRefusal>) -> Void,
    _ question: @escaping @Sendable (Ledger) throws(StoreFault) -> Value
  ) {
    put(
      Order(
        caller: caller, entersBefore: nil, isKept: false, bytes: 0,
        perform: { ledger throws(StoreFault) in
          let value = try question(ledger)
          return { answer(.success(value)) }
        },
        refuse: { answer(.failure($0)) }))
  }

  func put(_ order: Order) {
    let (isClosed, wakesUsher) = mailbox.withLock { mailbox in
      if !mailbox.isClosed { mailbox.waiting.append(order) }
      defer { mailbox.usherSleeps = false }
      return (mailbox.isClosed, mailbox.usherSleeps)
    }
    if isClosed { return order.caller.execute { order.refuse(.closing) } }
    mailbox.ring(Mailbox.writerBell)
    if wakesUsher { mailbox.ring(Mailbox.usherBell) }
  }

  /// Takes nothing more in, does what waits, says goodbye to the file, and returns once another may have it.
  public func close() {
    shut()
    _ = bye.wait(for: 0, until: nil) { $0 ? true : nil }
  }

  private func shut() {
    mailbox.withLock { $0.isClosed = true }
    mailbox.ring(Mailbox.writerBell)
  }
}

/// Opens the store on the thread that is to keep it.
struct WriterThread: Sendable {
  let settings: StoreSettings
  let mailbox: Monitor<Mailbox>
  let board: Board
  let bye: Monitor<Bool>

  func start() throws(StoreFault) -> SealKeys {
    let opened = Monitor<Result<SealKeys, StoreFault>?>(nil, bells: 1)
    try WorkThread.start("vg-store") { run(opened) }
    guard let result = opened.wait(for: 0, until: nil, { $0 }) else { throw .busy }
    return try result.get()
  }

  private func run(_ opened: Monitor<Result<SealKeys, StoreFault>?>) {
    defer {
      bye.withLock { $0 = true }
      bye.ring(0)
    }
    let tell = { (result: Result<SealKeys, StoreFault>) in
      opened.withLock { $0 = result }
      opened.ring(0)
    }
    do throws(StoreFault) {
      let lock = try StoreLock(settings.sqlite + ".lock")
      let opening = Opening(settings: settings, now: settings.clock(), before: nil)
      let (ledger, keys) = try opening.open()
      let writer = Writer(ledger, keys, lock, settings, mailbox, board)
      tell(.success(keys))
      writer.run()
    } catch {
      tell(.failure(error))
    }
  }
}
