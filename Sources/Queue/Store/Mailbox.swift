/// What waits for the writer. While one batch is made durable the next one gathers here: no timer decides how large it
/// is.
struct Mailbox: Sendable {
  static let writerBell = 0
  static let usherBell = 1
  /// Orders that one transaction takes in, and bytes of theirs: it must not keep the first ones waiting.
  static let batchOrdersMax = 1000
  static let batchBytesMax = 8 << 20

  var waiting: [Order] = []
  /// What is written when nobody waits.
  var spare = SpareOrders()
  /// An operator says that the clock is right, and wants deleted what is old by it.
  var isClockConfirmed = false
  /// No further order is taken in.
  var isClosed = false
  /// The writer has ended.
  var isOver = false
  /// The usher sleeps until somebody waits.
  var usherSleeps = false

  /// The next batch, the oldest first; nil where nothing waits.
  mutating func take() -> [Order]? {
    guard !waiting.isEmpty else { return nil }
    var count = 0
    var bytes = 0
    while count < waiting.count, count < Self.batchOrdersMax {
      bytes += waiting[count].bytes
      if bytes > Self.batchBytesMax, count > 0 { break }
      count += 1
    }
    if count == waiting.count {
      // The whole array, and no copy of it.
      defer { waiting = [] }
      return waiting
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting[..<count])
  }

  /// What the writer does next; nil where it sleeps.
  ///
  /// - Parameter now: monotonic.
  mutating func next(at now: UInt64) -> Work? {
    if isClockConfirmed {
      isClockConfirmed = false
      return .confirmClock
    }
    if spare.isDue(at: now, isUrgent: true) { return .batch(spare.take(at: now)) }
    if let orders = take() { return .batch(orders) }
    if spare.isDue(at: isClosed ? .max : now, isUrgent: false) { return .batch(spare.take(at: now)) }
    if isClosed { return .end }
    return spare.takeNews() ? .lookAgain : nil
  }

  enum Work {
    case batch([Order])
    case confirmClock
    /// There is something that will be due before whatever was waited for.
    case lookAgain
    case end
  }

  /// Takes out what has waited for too long.
  mutating func takeLate(at now: UInt64) -> [Order] {
    let isLate = { (order: Order) in order.entersBefore.map { now >= $0 } ?? false }
    guard waiting.contains(where: isLate) else { return [] }
    defer { waiting.removeAll(where: isLate) }
    return waiting.filter(isLate)
  }
}

/// Refuses in time what the writer does not come to: it may be waiting for a disk. It sleeps while nothing waits.
struct Usher: Sendable {
  let mailbox: Monitor<Mailbox>
  /// How late it may be, nanoseconds.
  let patience: UInt64

  func run() {
    while true {
      let isOver = mailbox.wait(for: Mailbox.usherBell, until: nil) { mailbox -> Bool? in
        mailbox.usherSleeps = mailbox.waiting.isEmpty && !mailbox.isOver
        return mailbox.usherSleeps ? nil : mailbox.isOver
      }
      if isOver ?? true { return }
      let late = mailbox.withLock { $0.takeLate(at: Uptime.nanoseconds()) }
      Answers(late.map { order in (order.caller, { order.refuse(.late) }) }).send()
      let next = Uptime.nanoseconds() + patience
      _ = mailbox.wait(for: Mailbox.usherBell, until: next) { $0.isOver ? true : nil }
    }
  }
}

/// What callers are told behind a batch, in its order.
struct Answers {
  private var byCaller: [(caller: any StoreCaller, answers: [Order.Answer])] = []

  init(_ answers: [(any StoreCaller, Order.Answer)]) {
    var places: [ObjectIdentifier: Int] = [:]
    for (caller, answer) in answers {
      if let place = places[ObjectIdentifier(caller)] {
        byCaller[place].answers.append(answer)
      } else {
        places[ObjectIdentifier(caller)] = byCaller.count
        byCaller.append((caller, [answer]))
      }
    }
  }

  func send() {
    for (caller, answers) in byCaller { caller.execute { for answer in answers { answer() } } }
  }
}
