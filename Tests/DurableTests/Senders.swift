import Foundation
import TestSupport

/// Senders of numbered deliveries, each over a connection of its own: what is not answered 200 comes again.
final class Senders: Sendable {
  private struct State {
    var next = 0
    var again: [Int] = []
    /// Ids of answers that were 200, by number.
    var told: [Int: Set<String>] = [:]
    var refused = 0
    /// What a 200 was waited for, nanoseconds.
    var waits: [Int] = []
    var isStopped = false
  }

  private let state = Locked(State())
  private let count: Int
  private let target: String
  private let first: Int

  /// - Parameter first: the first one's number.
  init(count: Int, from first: Int = 0, target: String = "/hook") {
    self.count = count
    self.target = target
    self.first = first
  }

  /// Of the delivery of this number. All are of the same length, so that none is found within another's.
  static func body(_ number: Int) -> String {
    "{\"number\":\"\(String(1_000_000 + number).dropFirst())\"}"
  }

  var told: [Int: Set<String>] { state.withLock { $0.told } }
  var refused: Int { state.withLock { $0.refused } }
  var isDone: Bool { state.withLock { $0.told.count == count } }
  var ids: Set<String> { Set(told.values.joined()) }

  /// What so large a share of the 200s took at most, milliseconds.
  func milliseconds(_ share: Double) -> Double {
    let waits = state.withLock { $0.waits.sorted() }
    return waits.isEmpty ? 0 : Double(waits[Int(share * Double(waits.count - 1))]) / 1_000_000
  }

  private static func uptime() -> Int {
    var time = timespec()
    // It grows with the load: it is told in the long form, and no test goes by it.
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// So many of them, until all is taken or the gateway is gone.
  func start(_ senders: Int, to port: UInt16, pauseMicroseconds: UInt32 = 0) -> [Thread] {
    (0..<senders).map { _ in
      let thread = Thread { self.send(to: port, pauseMicroseconds) }
      thread.start()
      return thread
    }
  }

  func stop() { state.withLock { $0.isStopped = true } }

  private func take() -> Int? {
    state.withLock { state in
      guard !state.isStopped else { return nil }
      if let number = state.again.popLast() { return number }
      guard state.next < count else { return nil }
      defer { state.next += 1 }
      return first + state.next
    }
  }

  private func send(to port: UInt16, _ pauseMicroseconds: UInt32) {
    guard var client = try? RawClient(port: port) else { return }
    while let number = take() {
      let request = SignedRequest(Self.body(number)).with { $0.target = target }
      let begun = Self.uptime()
      guard (try? client.send(request.bytes)) != nil, let response = try? client.response(within: 30) else {
        state.withLock { $0.again.append(number) }
        // A refusal may have ended the connection; a gateway that is gone takes no other one.
        guard let next = try? RawClient(port: port) else { return }
        client = next
        continue
      }
      if response.status == 200, let id = response.head.value("x-delivery-id") {
        state.withLock { state in
          state.told[number, default: []].insert(id)
          state.waits.append(Self.uptime() - begun)
        }
      } else {
        state.withLock { state in
          state.refused += 1
          state.again.append(number)
        }
        usleep(20_000)
      }
      if pauseMicroseconds > 0 { usleep(pauseMicroseconds) }
    }
  }
}
