import Foundation
import Synchronization
import TestSupport

/// Senders that each keep one connection busy, count what became of every delivery, and try again where the
/// gateway refused one, as providers do.
final class Senders: Sendable {
  struct Tally: Sendable {
    /// Bodies that got a 2xx.
    var accepted: Set<String> = []
    /// Answers but 2xx, by what they said; a retry's too.
    var refusals: [String: Int] = [:]
    /// Connections that were not let in, and those that broke when a request was on its way.
    var refused = 0
    var broken: [String] = []
    /// Deliveries that no retry brought through.
    var lost: [String] = []
  }

  /// The secret to sign with now.
  typealias Key = @Sendable () -> String

  private let tally = Mutex(Tally())
  private let isOver = Atomic<Bool>(false)
  private let running: Atomic<Int>
  private let port: UInt16
  private let target: String
  private let retries: Int
  private let key: Key

  init(
    port: UInt16, count: Int = 4, target: String = "/hook", retries: Int = 0,
    key: @escaping Key = { GatewayProcess.secret }
  ) {
    (self.port, self.target, self.retries, self.key) = (port, target, retries, key)
    running = Atomic(count)
    for sender in 0..<count {
      let thread = Thread { [self] in
        run(sender)
        running.subtract(1, ordering: .sequentiallyConsistent)
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  var seen: Tally { tally.withLock { $0 } }
  var count: Int { tally.withLock { $0.accepted.count } }

  func stop() -> Tally {
    isOver.store(true, ordering: .sequentiallyConsistent)
    eventually(within: 60) { running.load(ordering: .sequentiallyConsistent) == 0 }
    return seen
  }

  private func run(_ sender: Int) {
    var client: RawClient?
    var turn = 0
    while !isOver.load(ordering: .relaxed) {
      deliver("sender \(sender) turn \(turn)", &client)
      turn += 1
    }
  }

  private func deliver(_ body: String, _ client: inout RawClient?) {
    for _ in 0...retries {
      if attempt(body, &client) { return }
      usleep(100_000)
    }
    tally.withLock { _ = $0.lost.append(body) }
  }

  /// Whether it got a 2xx.
  private func attempt(_ body: String, _ client: inout RawClient?) -> Bool {
    let secret = key()
    let request = SignedRequest(body).with {
      $0.secret = secret
      $0.target = target
    }
    guard let open = client ?? (try? RawClient(port: port)) else {
      tally.withLock { $0.refused += 1 }
      return false
    }
    client = nil
    do {
      try open.send(request.bytes)
      let response = try open.response(within: 30)
      if response.head.value("connection") != "close" { client = open }
      tally.withLock { tally in
        if response.status / 100 == 2 { tally.accepted.insert(body) }
        if response.status / 100 != 2 { tally.refusals["\(response.status)", default: 0] += 1 }
      }
      return response.status / 100 == 2
    } catch {
      tally.withLock { if $0.broken.count < 50 { $0.broken.append("\(body): \(error)") } }
      return false
    }
  }
}

extension Senders.Tally {
  /// What the upstream recorded more or less often than it should have.
  func discrepancy(with upstream: RecordingUpstream) -> String {
    let bodies = upstream.requests.map { String(decoding: $0.body, as: UTF8.self) }
    let missing = accepted.subtracting(bodies).count
    let twice = Dictionary(grouping: bodies) { $0 }.filter { $0.value.count > 1 }.count
    return missing + twice == 0 ? "" : "\(missing) accepted and missing, \(twice) more than once"
  }
}

/// The secret that senders sign with, while it changes.
final class SharedKey: Sendable {
  private let value: Mutex<String>

  init(_ value: String) { self.value = Mutex(value) }

  var current: String {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
