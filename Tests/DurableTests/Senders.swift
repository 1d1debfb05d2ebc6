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
    var isStopped = false
  }

  private let state = Locked(State())
  private let count: Int
  private let target: String

  init(count: Int, target: String = "/hook") {
    self.count = count
    self.target = target
  }

  /// Of the delivery of this number. All are of the same length, so that none is found within another's.
  static func body(_ number: Int) -> String {
    "{\"number\":\"\(String(1_000_000 + number).dropFirst())\"}"
  }

  var told: [Int: Set<String>] { state.withLock { $0.told } }
  var refused: Int { state.withLock { $0.refused } }
  var isDone: Bool { state.withLock { $0.told.count == count } }
  var ids: Set<String> { Set(told.values.joined()) }

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
      return state.next
    }
  }

  private func send(to port: UInt16, _ pauseMicroseconds: UInt32) {
    guard var client = try? RawClient(port: port) else { return }
    while let number = take() {
      let request = SignedRequest(Self.body(number)).with { $0.target = target }
      guard (try? client.send(request.bytes)) != nil, let response = try? client.response(within: 30) else {
        state.withLock { $0.again.append(number) }
        // A refusal may have ended the connection; a gateway that is gone takes no other one.
        guard let next = try? RawClient(port: port) else { return }
        client = next
        continue
      }
      if response.status == 200, let id = response.head.value("x-delivery-id") {
        state.withLock { _ = $0.told[number, default: []].insert(id) }
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
