import Foundation
import Synchronization
import TestSupport

/// Senders that each keep one connection busy until they are told to stop.
final class Load: Sendable {
  struct Tally: Sendable {
    var accepted: [String] = []
    var failures: [String] = []
  }

  /// What a sender makes of its next turn: the secret to sign with.
  typealias Choice = @Sendable (_ sender: Int, _ turn: Int) -> String

  private let tally = Mutex(Tally())
  private let isOver = Atomic<Bool>(false)
  private let running: Atomic<Int>
  private let endsOnClose: Bool
  private let port: UInt16

  /// - Parameter endsOnClose: whether a sender stops at an answer that says `Connection: close`; otherwise it
  ///   connects again.
  convenience init(
    _ gateway: GatewayProcess, senders: Int, endsOnClose: Bool = false, secret: @escaping Choice
  ) {
    self.init(port: gateway.port, senders: senders, endsOnClose: endsOnClose, secret: secret)
  }

  init(port: UInt16, senders: Int, endsOnClose: Bool = false, secret: @escaping Choice) {
    self.port = port
    self.endsOnClose = endsOnClose
    running = Atomic(senders)
    for sender in 0..<senders {
      let thread = Thread { [self] in
        send(sender, secret)
        running.subtract(1, ordering: .sequentiallyConsistent)
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  var count: Int { tally.withLock { $0.accepted.count } }
  var failures: [String] { tally.withLock { $0.failures } }

  /// Ends it and waits for every sender's last answer.
  func stop() -> Tally {
    isOver.store(true, ordering: .sequentiallyConsistent)
    return waitForEnd()
  }

  /// Waits until every sender has stopped by itself.
  func waitForEnd(within seconds: Double = 60) -> Tally {
    if !eventually(within: seconds, { running.load(ordering: .sequentiallyConsistent) == 0 }) {
      fail("a sender never ended")
    }
    return tally.withLock { $0 }
  }

  private func fail(_ text: String) {
    tally.withLock { if $0.failures.count < 20 { $0.failures.append(text) } }
  }

  private func send(_ sender: Int, _ secret: Choice) {
    var client: RawClient?
    var turn = 0
    while !isOver.load(ordering: .relaxed) {
      let body = "sender \(sender) turn \(turn)"
      let request = SignedRequest(body).with { $0.secret = secret(sender, turn) }
      do {
        let open = try client ?? RawClient(port: port)
        try open.send(request.bytes)
        let response = try open.response(within: 30)
        if response.status == 200 {
          tally.withLock { $0.accepted.append(body) }
        } else {
          fail("\(body): \(response.status)")
        }
        let isLast = response.head.value("connection") == "close"
        if isLast, endsOnClose { return }
        client = isLast ? nil : open
      } catch {
        fail("\(body): \(error)")
        if endsOnClose { return }
        client = nil
      }
      turn += 1
    }
  }
}
