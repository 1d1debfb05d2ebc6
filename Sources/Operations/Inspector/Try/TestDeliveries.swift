internal import Synchronization

/// What came of the last test deliveries, so that a page of one can be loaded again.
final class TestDeliveries: Sendable {
  static let keptMax = 20

  struct Sent: Sendable {
    var number = 0
    var route = ""
    var event: String?
    /// Unix milliseconds.
    var at: Int64 = 0
    var outcome = TestDeliveryOutcome()
  }

  private struct Room {
    var sent: [Sent] = []
    var last = 0
  }

  private let room = Mutex(Room())

  /// The newest first.
  var all: [Sent] { room.withLock { $0.sent.reversed() } }

  func find(_ number: Int) -> Sent? { room.withLock { room in room.sent.first { $0.number == number } } }

  /// - Returns: its number.
  func keep(_ sent: Sent) -> Int {
    room.withLock { room in
      room.last += 1
      var sent = sent
      sent.number = room.last
      room.sent.append(sent)
      if room.sent.count > Self.keptMax { room.sent.removeFirst() }
      return room.last
    }
  }
}
