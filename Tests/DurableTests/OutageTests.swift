import Foundation
import TestSupport
import Testing

/// One app that is gone or hangs, beside one that is well; and what it meets when it is back.
@Suite(.ownThread) struct OutageTests {
  /// Durable routes at /hook and at /well, each with an app of its own.
  private final class Fixture {
    let directory: TemporaryDirectory
    let gateway: GatewayProcess
    let port: UInt16
    let well: RecordingUpstream

    init() throws {
      directory = try TemporaryDirectory()
      port = try FreePort.take()
      well = try RecordingUpstream()
      let durable =
        "{\(DurableFixture.quick), attempt-seconds-max: 1, breaker: {failures: 5, first-seconds: 5, seconds-max: 5}}"
      let config =
        DurableFixture.config(app: port, durable: durable)
        + GatewayConfig.route("/well", upstreams: [well.url()], "durable: true")
      gateway = try GatewayProcess(config: config, directory: directory)
    }

    func queue(_ arguments: String...) throws -> [String] {
      try GatewayProcess.command(
        ["queue", arguments[0], "--config", gateway.configPath] + arguments.dropFirst()
      )
      .lines
    }

    var isPaused: Bool {
      let status = try? GatewayProcess.command(["status", "--config", gateway.configPath])
      return status?.lines.contains { $0.contains("PAUSED") } == true
    }

    /// Attempts that all waiting deliveries have had.
    func attempts(of count: Int) throws -> Int {
      let rows = try queue("list", "--json", "--route", "/hook", "--limit", "\(count)")
      return try rows.reduce(0) { sum, row in
        let object = try JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any]
        return sum + (object?["attempts"] as? Int ?? 0)
      }
    }
  }

  private func fill(_ fixture: Fixture, _ count: Int) throws -> Senders {
    let senders = Senders(count: count)
    let threads = senders.start(4, to: fixture.gateway.port)
    try #require(eventually(within: 60) { threads.allSatisfy(\.isFinished) })
    try #require(senders.isDone)
    return senders
  }

  @Test(arguments: [false, true])
  func `a backlog for one app holds up no delivery for another, and spends few attempts`(hangs: Bool) throws {
    let fixture = try Fixture()
    let app = hangs ? try RecordingUpstream(port: fixture.port) { _ in .hang } : nil
    let count = LongForm.number("QUEUED", short: 400)
    _ = try fill(fixture, count)
    #expect(eventually(within: 20) { fixture.isPaused })
    let attempts = try fixture.attempts(of: count)
    // Five that failed, one at a time; those that hang are given up after a second.
    #expect((5...15).contains(attempts), "\(attempts)")
    let others = Senders(count: 100, target: "/well")
    let threads = others.start(4, to: fixture.gateway.port)
    #expect(eventually(within: 1) { fixture.well.requests.count >= 100 })
    #expect(eventually { threads.allSatisfy(\.isFinished) && others.isDone })
    #expect(fixture.well.requests.count == 100)
    // One probe behind each pause, whatever waits.
    usleep(1_500_000)
    #expect(try fixture.attempts(of: count) <= attempts + 5)
    LongForm.say(
      "\(count) wait for an app that \(hangs ? "hangs" : "is down"), with \(attempts) attempts spent: 100 for another "
        + "app have come")
    _ = app
  }

  /// How many requests an app has had under way, at each one's beginning.
  private final class Gauge: Sendable {
    private let state = Locked((now: 0, seen: [Int]()))
    func enter() {
      state.withLock { state in
        state.now += 1
        state.seen.append(state.now)
      }
    }
    func leave() { state.withLock { $0.now -= 1 } }
    var seen: [Int] { state.withLock { $0.seen } }
  }

  @Test func `an app that is back gets one, then two, four and more, and never more than sixteen at once`()
    throws
  {
    let fixture = try Fixture()
    let count = LongForm.number("QUEUED", short: 400)
    let senders = try fill(fixture, count)
    #expect(eventually(within: 20) { fixture.isPaused })
    let quiet = Senders(count: 200, target: "/well")
    let before = quiet.start(2, to: fixture.gateway.port, pauseMicroseconds: 2_000)
    #expect(eventually { before.allSatisfy(\.isFinished) && quiet.isDone })
    let gauge = Gauge()
    let app = try RecordingUpstream(port: fixture.port) { _ in
      gauge.enter()
      usleep(10_000)
      gauge.leave()
      return .ok
    }
    // Live traffic goes on meanwhile, and its bodies are not those of before.
    let live = Senders(count: 200, from: 1_000, target: "/well")
    let threads = live.start(2, to: fixture.gateway.port, pauseMicroseconds: 2_000)
    func delivered() -> Set<String> { Set(app.requests.compactMap { $0.head.value("x-delivery-id") }) }
    #expect(eventually(within: 60) { delivered() == senders.ids })
    #expect(eventually { threads.allSatisfy(\.isFinished) && live.isDone })
    #expect(live.refused == 0)
    let seen = gauge.seen
    // Slots double with each success: after n ends there are at most n + 1 of them, up to the bound.
    #expect(seen.first == 1)
    for (index, underWay) in seen.enumerated() { #expect(underWay <= min(index + 1, 16)) }
    #expect(seen.max() ?? 0 > 4, "it stays slow: \(seen.max() ?? 0)")
    let p99 = [quiet, live].map { String(format: "%.1f", $0.milliseconds(0.99)) }
    LongForm.say(
      "an app is back, \(count) wait: under way at its first requests \(seen.prefix(24)), at most \(seen.max() ?? 0); "
        + "p99 of accepting \(p99[0]) ms before, \(p99[1]) ms meanwhile")
  }
}
