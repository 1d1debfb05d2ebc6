/// What may be written when nobody waits: behind everything else, a little at a time, and left out where there is too
/// much of it.
struct SpareOrders: Sendable {
  /// Beyond them nothing more is taken in; one alone may be of any size.
  static let ordersMax = 1_000
  static let bytesMax = 16 << 20
  /// Of one transaction: who has to be accepted may come in the middle of it.
  static let batchOrdersMax = 64
  static let batchBytesMax = 2 << 20
  /// Between two transactions, nanoseconds.
  static let spacing: UInt64 = 100_000_000
  /// However much there is to accept: once a second it is their turn.
  static let patience: UInt64 = 1_000_000_000

  private var waiting: [Order] = []
  private var bytes = 0
  /// Since when the first waits, and when it may be written, monotonic.
  private var since: UInt64 = 0
  private var due: UInt64 = 0
  /// Somebody has come, and the writer may not know until when to sleep.
  private var isNew = false

  var isEmpty: Bool { waiting.isEmpty }

  mutating func add(_ order: Order, at now: UInt64) -> Bool {
    guard waiting.count < Self.ordersMax, bytes + order.bytes <= Self.bytesMax || waiting.isEmpty else {
      return false
    }
    if waiting.isEmpty { (isNew, since) = (true, now) }
    waiting.append(order)
    bytes += order.bytes
    return true
  }

  /// Until when the writer may sleep; nil where nothing waits.
  var deadline: UInt64? { waiting.isEmpty ? nil : due }

  /// Whether the writer is to look at the deadline.
  mutating func takeNews() -> Bool {
    defer { isNew = false }
    return isNew
  }

  /// Whether they may be written, and whether before all else.
  func isDue(at now: UInt64, isUrgent: Bool) -> Bool {
    !waiting.isEmpty && now >= due && (!isUrgent || now >= since + Self.patience)
  }

  /// The next batch, the oldest first.
  mutating func take(at now: UInt64) -> [Order] {
    var count = 0
    var bytes = 0
    while count < waiting.count, count < Self.batchOrdersMax {
      guard bytes + waiting[count].bytes <= Self.batchBytesMax || count == 0 else { break }
      bytes += waiting[count].bytes
      count += 1
    }
    defer {
      waiting.removeFirst(count)
      self.bytes -= bytes
      (since, due) = (now, now + Self.spacing)
    }
    return Array(waiting[..<count])
  }
}
