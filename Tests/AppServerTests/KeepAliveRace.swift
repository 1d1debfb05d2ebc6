import Foundation
import TestSupport

/// Deliveries that meet the instant at which an app gives up an idle connection. Each sender has a connection to the
/// app of its own, and feels for that instant: it waits longer after a connection was used again, and less after it
/// was not.
final class KeepAliveRace: Sendable {
  struct Tally: Sendable {
    /// On the connection of the one before, on another, and lost as the rules allow.
    var reused = 0
    var fresh = 0
    var dead = 0
    var violations: [String] = []

    var tries: Int { reused + fresh + dead }
  }

  private let fixture: AppFixture
  private let expiry: Double
  private let tally = Locked(Tally())
  private let receipts = Locked<[AppSender.Receipt]>([])

  init(_ fixture: AppFixture, expirySeconds: Double) {
    self.fixture = fixture
    expiry = expirySeconds
  }

  func run(senders: Int, tries: Int) -> Tally {
    inParallel(senders) { [self] number in
      do {
        try race(AppSender(fixture, route: number), tries: tries, ahead: Double(number) / Double(senders))
      } catch {
        tally.withLock { $0.violations.append("\(error)") }
      }
    }
    return tally.withLock { $0 }
  }

  /// What each sender was told, for what the app wrote to be held against.
  var told: [AppSender.Receipt] { receipts.withLock { $0 } }

  private func race(_ sender: AppSender, tries: Int, ahead: Double) throws {
    var last = note(try sender.deliver()).port
    var pause = expiry * (0.97 + 0.06 * ahead)
    var step = expiry / 20
    var wasReused: Bool?
    var isFound = false
    for _ in 0..<tries {
      usleep(UInt32(pause * 1_000_000))
      let receipt = note(try sender.deliver())
      let isReused = receipt.port == last
      if receipt.status == 200 {
        tally.withLock { if isReused { $0.reused += 1 } else { $0.fresh += 1 } }
        last = receipt.port
      } else {
        tally.withLock { $0.dead += 1 }
        // The next begins with a connection of its own.
        last = note(try sender.probe()).port
      }
      // Farther and farther until that instant is between two tries, then nearer and nearer.
      let hasTurned = wasReused.map { $0 != isReused } ?? false
      isFound = isFound || hasTurned
      if !isFound { step *= 1.3 } else if hasTurned { step = max(step / 2, 0.0002) }
      wasReused = isReused
      pause = max(pause + (isReused ? step : -step), expiry / 2)
    }
    // Nothing is sent on one that is dead for long: it is replaced. Node adds a second to what it is told, and others
    // look around but once in a while.
    usleep(UInt32((expiry * 3 + 1.5) * 1_000_000))
    if note(try sender.probe()).port == last {
      throw FixtureError("the app keeps connections for longer than told")
    }
  }

  private func note(_ receipt: AppSender.Receipt) -> AppSender.Receipt {
    receipts.withLock { $0.append(receipt) }
    return receipt
  }
}

/// Runs `body` so many times at once, each on a thread of its own, and waits for all.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let running = DispatchGroup()
  for number in 0..<count {
    running.enter()
    let thread = Thread {
      body(number)
      running.leave()
    }
    thread.stackSize = 1 << 20
    thread.start()
  }
  running.wait()
}
