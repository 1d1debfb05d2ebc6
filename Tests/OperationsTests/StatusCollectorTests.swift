import Configuration
import Gateway
import Synchronization
import Telemetry
import Testing

@testable import Operations

/// What monitors are told at the admin listener's pages, without a socket.
struct StatusCollectorTests {
  private func text(_ page: AdminPage, _ gateway: FakeGateway) async -> (status: Int, text: String) {
    let answer = await gateway.collector().answer(page)
    return (answer.status, String(decoding: answer.body, as: UTF8.self))
  }

  @Test(arguments: [
    (ServicePhase.starting, 503, "not ready: not listening yet\n"), (.listening, 200, "ready\n"),
    (.draining, 503, "not ready: draining, deliveries in flight are finished and no more are taken\n"),
  ])
  func `it is ready while it listens, and healthy all the time`(
    phase: ServicePhase, status: Int, words: String
  )
    async throws
  {
    let gateway = try FakeGateway()
    gateway.facts.withLock { $0.phase = phase }
    #expect(await text(.readiness, gateway) == (status, words))
    #expect(await text(.health, gateway) == (200, "ok\n"))
  }

  @Test func `what should not stay so is noted, and changes nothing`() async throws {
    let gateway = try FakeGateway("observe: true")
    gateway.facts.withLock { facts in
      facts.state.reloads.isLastTaken = false
      facts.state.restartsPending = ["listen has changed: that needs a restart"]
      facts.state.untaken = [gateway.secretFile: "it cannot be read", "/other": "of no route"]
    }
    let (status, words) = await text(.readiness, gateway)
    #expect(status == 200)
    #expect(
      words == """
        ready
        note: route /hook observes: what fails verification is forwarded too
        note: it cannot be read
        note: the last reload was refused: vesigate check says why, and so does the log
        note: listen has changed: that needs a restart

        """)
    #expect(await gateway.collector().report().remarks.count == 4)
  }

  @Test func `what is quarantined is counted, in metrics and in the report`() async throws {
    let gateway = try FakeGateway()
    var store = StatusSnapshot.Store()
    store.quarantines = [.init(route: "/hook", kept: 3, results: [("kept", 5), ("released", 2)])]
    gateway.facts.withLock { $0.store = store }
    let page = await text(.metrics, gateway).text
    #expect(page.contains("vesigate_quarantined{route=\"/hook\"} 3\n"))
    #expect(page.contains("vesigate_quarantine_total{route=\"/hook\",result=\"released\"} 2\n"))
    let report = await gateway.collector().report()
    #expect(report.routes.map(\.quarantined) == [3])
    let line = StatusText(report).lines.first { $0.contains("quarantine") }
    // The route has none any more.
    #expect(line == "  quarantine   3 kept, quarantine is off here: they go after 24 h")
  }

  @Test func `what has lost its route or its upstream is told, and of many the first`() async throws {
    let gateway = try FakeGateway()
    func told(_ lanes: [StatusSnapshot.Store.Lane]) async -> StatusReport {
      var store = StatusSnapshot.Store()
      store.lanes = lanes
      gateway.facts.withLock { $0.store = store }
      return await gateway.collector().report()
    }
    func lane(_ route: String, _ upstream: String = "", _ state: String = "orphaned")
      -> StatusSnapshot.Store.Lane
    {
      var lane = StatusSnapshot.Store.Lane(route: route, upstream: upstream)
      lane.jobs = [(state, 2)]
      return lane
    }
    let report = await told([lane("/gone"), lane("/hook", "", "queued"), lane("/hook", "http://gone/")])
    let command = "vesigate queue list --state orphaned"
    #expect(
      report.remarks == [
        "2 ORPHANED of /gone, which is not configured: \(command)",
        "2 ORPHANED of /hook for http://gone/, which is not configured: \(command)",
      ])
    #expect(report.store?.orphaned.map(\.route) == ["/gone", "/hook"])
    #expect(report.store?.orphaned.map(\.upstream) == ["", "http://gone/"])
    #expect(report.store?.orphaned.map(\.count) == [2, 2])
    let dead = await told([lane("/hook", "http://a/", "dead"), lane("/hook", "http://b/", "dead")])
    #expect(dead.remarks == ["queue of /hook: 4 DEAD: vesigate queue list --state dead"])
    #expect(StatusText(dead).lines.contains("  queue        http://a/  2 DEAD"))
    let many = await told((1...10).map { lane("/gone/\($0)") })
    #expect(many.remarks.count == 9 && many.remarks.last == "2 more with ORPHANED ones: \(command)")
  }

  @Test func `metrics have what the gateway tells`() async throws {
    let gateway = try FakeGateway()
    gateway.facts.withLock { facts in
      facts.logLines = LogLineCounts(dropped: 3, leftOut: 4)
      facts.state.reloads.taken = 5
      facts.state.untaken = [gateway.secretFile: "it cannot be read"]
      var store = StatusSnapshot.Store()
      store.replays = [("running", 2), ("done", 0)]
      facts.store = store
    }
    let (status, page) = await text(.metrics, gateway)
    #expect(status == 200)
    let file = "{secret_file=\"\(gateway.secretFile)\"}"
    for line in [
      "vesigate_config_reloads_total{result=\"taken\"} 5", "vesigate_secret_file_usable\(file) 0",
      "vesigate_ready 1", "vesigate_replay_jobs{state=\"running\"} 2",
      "vesigate_replay_jobs{state=\"done\"} 0",
    ] {
      #expect(page.contains("\n\(line)\n"), "\(line)")
    }
  }

  @Test func `rates are of what was counted since a sample, or since the start`() async throws {
    let gateway = try FakeGateway()
    let collector = gateway.collector()
    let counters = LoopCounters()
    counters.adopt(gateway.state.loaded.snapshot)
    func deliver() {
      var record = DeliveryRecord(
        requestID: "r", outcome: .forwarded, status: 200, remote: "", method: "POST", path: "/hook")
      record.matched = gateway.state.loaded.snapshot.routes.all[0]
      counters.record(record)
    }
    deliver()
    collector.history.withLock { $0.add(counters.current, at: FakeGateway.now - 60_000) }
    for _ in 0..<2 { deliver() }
    let all = counters.current
    gateway.facts.withLock { $0.counters = all }
    let route = try #require(await collector.report().routes.first)
    #expect(route.outcomes["forwarded"] == 3)
    #expect(route.lastMinute.milliseconds == 60_000 && route.lastMinute.outcomes["forwarded"] == 2)
    // Five minutes ago it had not been started.
    #expect(route.lastFiveMinutes.milliseconds == 120_000 && route.lastFiveMinutes.outcomes["forwarded"] == 3)
  }
}
