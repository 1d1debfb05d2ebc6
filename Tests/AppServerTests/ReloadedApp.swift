import Foundation
import TestSupport

/// Deliveries while an app is reloaded by its operator, from senders that try again what was refused by a status that
/// says so.
final class ReloadedApp: Sendable {
  struct Sent: Sendable {
    let number: Int
    let digest: String
    let attempts: Int
  }

  private let fixture: AppFixture
  private let sent = Locked<[Sent]>([])
  private let failures = Locked<[String]>([])
  private let isOver = Locked(false)

  init(_ fixture: AppFixture) { self.fixture = fixture }

  /// Deliveries that were accepted so far.
  var count: Int { sent.withLock { $0.count } }

  /// Returns when `meanwhile` has, and every sender has what it sent accepted.
  func run(senders: Int, _ meanwhile: () throws -> Void) throws -> [Sent] {
    let running = DispatchGroup()
    for _ in 0..<senders {
      running.enter()
      let thread = Thread { [self] in
        send()
        running.leave()
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    let result = Result { try meanwhile() }
    isOver.withLock { $0 = true }
    running.wait()
    try result.get()
    let failed = failures.withLock { $0 }
    guard failed.isEmpty else { throw FixtureError(failed.prefix(3).joined(separator: "; ")) }
    return sent.withLock { $0 }
  }

  private func send() {
    let sender = AppSender(fixture)
    var generator = SeededGenerator(seed: UInt64(fixture.nextNumber()))
    while !isOver.withLock({ $0 }) {
      let number = fixture.nextNumber()
      let body =
        Array("\(number) ".utf8)
        + [UInt8](repeating: 7, count: Int.random(in: 0..<200_000, using: &generator))
      do {
        try deliver(number, body, sender)
      } catch {
        return failures.withLock { $0.append("\(error)") }
      }
      usleep(2_000)
    }
  }

  /// Again and again, as a sender does after a 5xx.
  private func deliver(_ number: Int, _ body: [UInt8], _ sender: AppSender) throws {
    for attempt in 1...400 {
      let response = try sender.send("digest", body, number: number)
      if response.status == 200 {
        let digest = AppFixture.digest(body)
        guard response.text.hasPrefix(digest + " ") else { throw FixtureError("answered \(response.text)") }
        return sent.withLock { $0.append(Sent(number: number, digest: digest, attempts: attempt)) }
      }
      guard response.status >= 500 else {
        throw FixtureError("refused by \(response.status) \(response.text)")
      }
      usleep(50_000)
    }
    throw FixtureError("delivery \(number) was never accepted")
  }
}
