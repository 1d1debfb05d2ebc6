import Foundation
import TestSupport
import Testing

/// Many deliveries, kills in between, apps that come and go: what was acknowledged is there, and nothing is stuck.
@Suite(.ownThread) struct LoadTests {
  /// Attempts at once.
  private static let slots = 4
  /// Outcomes that one transaction takes in, or that wait for it, with so few senders and places.
  private static let batch = 16

  @Test func `killed at any time under load, nothing that was acknowledged is missing`() throws {
    let kills = LongForm.number("KILLS", short: 6)
    let count = LongForm.number("DELIVERIES", short: 600)
    let fixture = try DurableFixture(durable: "concurrent-max: \(Self.slots)")
    let app = try fixture.startApp()
    let senders = Senders(count: count)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<kills {
      let port = try fixture.startGateway().port
      let threads = senders.start(4, to: port)
      // Those that are left are spread over the kills; the last ones hit a gateway that sends what waits.
      let goal = senders.told.count + Int.random(in: 1...max(2 * count / kills, 2), using: &generator)
      #expect(eventually { senders.told.count >= min(goal, count) })
      usleep(UInt32.random(in: 0...20_000, using: &generator))
      try fixture.killGateway()
      #expect(eventually { threads.allSatisfy(\.isFinished) })
    }
    // Ends without a goodbye within minutes make the start careful: one after the other, and all of them.
    let port = try fixture.startGateway().port
    let threads = senders.start(4, to: port)
    #expect(eventually(within: 60) { threads.allSatisfy(\.isFinished) } && senders.isDone)
    func seen() -> Set<String> { Set(app.requests.compactMap { $0.head.value("x-delivery-id") }) }
    #expect(eventually(within: LongForm.isOn ? 600 : 60) { senders.ids.isSubset(of: seen()) })
    let missing = senders.ids.subtracting(seen())
    #expect(missing.isEmpty, "\(missing.count) missing")
    // Whoever asks again is told the id that he was told first, and what comes twice to the app has that id.
    #expect(senders.told.values.allSatisfy { $0.count == 1 })
    var ids: [[UInt8]: Set<String>] = [:]
    for request in app.requests {
      ids[request.body, default: []].insert(request.head.value("x-delivery-id") ?? "")
    }
    #expect(ids.count == count && ids.values.allSatisfy { $0.count == 1 })
    let duplicates = app.requests.count - ids.count
    #expect(duplicates <= kills * (Self.slots + Self.batch), "\(duplicates) duplicates of \(kills) kills")
    LongForm.say(
      "\(kills) kills, \(senders.told.count) deliveries acknowledged: \(missing.count) missing, \(duplicates) came twice, "
        + "each with its first one's id")
  }

  @Test func `hundreds of repetitions and refusals leave no attempt's place taken`() throws {
    let fixture = try DurableFixture(durable: "concurrent-max: 2", store: "attempts-max: 2")
    let app = try fixture.startApp { $0.body == Array("refused".utf8) ? .answer(410) : .ok }
    try fixture.startGateway()
    for _ in 0..<200 { #expect(try fixture.send("the same").status == 200) }
    #expect(try fixture.send("refused").status == 200)
    for number in 0..<20 { #expect(try fixture.send("new \(number)").status == 200) }
    #expect(try fixture.delivered(22).count == 22)
    #expect(Set(app.requests.map(\.body)).count == 22)
  }

  @Test func `one upstream that is down holds up no other, though all attempts are bounded`() throws {
    let other = try RecordingUpstream()
    let fixture = try DurableFixture(
      durable: "concurrent-max: 2", route: "deliver: all", upstreams: [other.url()], store: "attempts-max: 2")
    let app = try fixture.startApp { _ in .hang }
    try fixture.startGateway()
    let answers = try fixture.send(count: 30)
    #expect(answers.allSatisfy { $0.status == 200 })
    _ = app
    // Those that hang hold the places that they have, until the first is over.
    fixture.stopApp()
    #expect(try other.requests(atLeast: 30, within: 20).count == 30)
    try fixture.startApp()
    let delivered = try fixture.delivered(30)
    #expect(Set(delivered.map(\.body)).count == 30)
  }

  @Test func `an app that fails is left alone after some attempts, and one attempt finds it back`() throws {
    let fixture = try DurableFixture(
      durable: "", breaker: "breaker: {failures: 2, first-seconds: 2, seconds-max: 2}")
    let gateway = try fixture.startGateway()
    #expect(try fixture.send(count: 8).allSatisfy { $0.status == 200 })
    let isPaused = eventually {
      (try? GatewayProcess.command(["status", "--config", gateway.configPath]).lines.contains {
        $0.contains("PAUSED")
      })
        == true
    }
    #expect(isPaused)
    // Those that wait spend nothing.
    #expect(gateway.log.filter { $0.contains("outcome=retried") }.count < 8)
    try fixture.startApp()
    #expect(Set(try fixture.delivered(8).map(\.body)).count == 8)
  }

  @Test func `an app that is back gets one delivery first, and never more at once than it may have`() throws {
    let fixture = try DurableFixture(durable: "concurrent-max: 4")
    try fixture.startGateway()
    #expect(try fixture.send(count: 24).allSatisfy { $0.status == 200 })
    #expect(fixture.stopGateway() == 0)
    let now = Locked((underWay: 0, atFirst: 0, most: 0, seen: 0))
    try fixture.startApp { _ in
      now.withLock { state in
        state.underWay += 1
        state.seen += 1
        state.most = max(state.most, state.underWay)
      }
      usleep(100_000)
      now.withLock { state in
        if state.seen == 1 { state.atFirst = state.underWay }
        state.underWay -= 1
      }
      return .ok
    }
    try fixture.startGateway()
    #expect(try fixture.delivered(24).count == 24)
    let (_, atFirst, most, _) = now.withLock { $0 }
    #expect(atFirst == 1 && (2...4).contains(most), "\(atFirst) \(most)")
  }
}
