import Foundation
import TestSupport
import Testing

/// Ends, reloads, and what others do to the store meanwhile.
@Suite(.ownThread) struct EndTests {
  @Test func `at SIGTERM an attempt that is under way is given back, and the next start makes it again`()
    throws
  {
    let fixture = try DurableFixture(limits: "drain-seconds-max: 1")
    let app = try fixture.startApp { $0.head.value("x-delivery-attempt") == "1" ? .hang : .ok }
    let gateway = try fixture.startGateway()
    let answer = try fixture.send("held")
    _ = try app.requests(atLeast: 1)
    #expect(fixture.stopGateway() == 0)
    #expect(gateway.log.contains { $0.contains("outcome=cancelled") })
    try fixture.startGateway()
    let delivered = try fixture.delivered(2)
    #expect(delivered.map { $0.head.value("x-delivery-attempt") } == ["1", "2"])
    #expect(delivered.allSatisfy { $0.head.value("x-delivery-id") == answer.id })
  }

  @Test func `at SIGTERM an attempt that ends in time is finished`() throws {
    let fixture = try DurableFixture()
    let app = try fixture.startApp { _ in UpstreamReply.ok.after(milliseconds: 500) }
    let gateway = try fixture.startGateway()
    #expect(try fixture.send("slow").status == 200)
    _ = try app.requests(atLeast: 1)
    #expect(fixture.stopGateway() == 0)
    #expect(gateway.log.contains { $0.contains("outcome=delivered") })
    try fixture.startGateway()
    usleep(300_000)
    #expect(app.requests.count == 1)
  }

  @Test func `a reload switches the route to and fro while deliveries wait, and loses none`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    #expect(try fixture.send("stored").status == 200)
    try reload(fixture, gateway, durable: "false", 1)
    #expect(try fixture.send("sync").status == 502)
    try fixture.startApp()
    #expect(try fixture.delivered(1).map(\.body) == [Array("stored".utf8)])
    #expect(try fixture.send("sync").status == 200)
    try reload(fixture, gateway, durable: "true", 2)
    let answer = try fixture.send("stored again")
    #expect(answer.status == 200 && answer.id != nil)
    let bodies = try fixture.delivered(3).map { String(decoding: $0.body, as: UTF8.self) }
    #expect(bodies == ["stored", "sync", "stored again"])
  }

  @Test func `what is stored of a route that is gone waits until it is back`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    #expect(try fixture.send(count: 5).allSatisfy { $0.status == 200 })
    try fixture.set(durable: "true", path: "/another")
    try reload(fixture, gateway, 1)
    let app = try fixture.startApp()
    let status = {
      try GatewayProcess.command(["queue", "list", "--config", gateway.configPath, "--state", "orphaned"])
    }
    #expect(eventually { (try? status().lines.count) == 10 })
    usleep(1_500_000)
    #expect(app.requests.isEmpty)
    try fixture.set(durable: "true")
    try reload(fixture, gateway, 2)
    #expect(try fixture.delivered(5).count == 5)
  }

  @Test func `what a reload leaves without a route is told: in its answer, the log and the status`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    #expect(try fixture.send(count: 2).allSatisfy { $0.status == 200 })
    // No route is durable any more.
    try fixture.set(durable: "false", path: "/another")
    let stray = "2 stored deliveries belong to /hook, which is not configured any more: they wait until it is"
    let reload = try GatewayProcess.command(["reload", "--config", gateway.configPath])
    #expect(reload.status == 0 && reload.lines.contains("warning: \(stray)"), "\(reload.lines)")
    try gateway.waitForLog(containing: stray)
    func status(_ option: String...) throws -> String {
      try GatewayProcess.command(["status", "--config", gateway.configPath] + option).lines
        .joined(separator: "\n")
    }
    let line = "! 2 ORPHANED of /hook, which is not configured: vesigate queue list --state\n  orphaned"
    #expect(eventually { (try? status().contains(line)) == true })
    let json = #""orphaned":[{"route":"/hook","upstream":"","count":2}]"#
    #expect(try status("--json").contains(json))
    // Nor does a start pass over it, where the store is opened at all.
    #expect(fixture.stopGateway() == 0)
    try fixture.set(durable: "true", path: "/another")
    try fixture.startGateway().waitForLog(containing: stray)
  }

  @Test func `reloads under load, with all upstreams and with the first, lose nothing and double nothing`()
    throws
  {
    let other = try RecordingUpstream()
    let fixture = try DurableFixture(upstreams: [other.url()])
    let app = try fixture.startApp()
    let gateway = try fixture.startGateway()
    var ids: Set<String> = []
    for number in 0..<120 {
      if number % 10 == 0 {
        try fixture.set(
          durable: "true", route: number % 20 == 0 ? "deliver: all" : "deliver: first",
          upstreams: [other.url()])
        gateway.signal(SIGHUP)
      }
      let answer = try fixture.send("{\"number\":\(number)}")
      #expect(answer.status == 200)
      ids.insert(answer.id ?? "")
    }
    #expect(ids.count == 120)
    #expect(eventually { Set(app.requests.compactMap { $0.head.value("x-delivery-id") }) == ids })
    usleep(500_000)
    for upstream in [app, other] {
      let seen = upstream.requests.compactMap { $0.head.value("x-delivery-id") }
      #expect(Set(seen).count == seen.count)
    }
    #expect(!other.requests.isEmpty)
  }

  @Test func `a reload may bring the first durable route`() throws {
    let fixture = try DurableFixture()
    try fixture.set(durable: "false")
    try fixture.startApp()
    let gateway = try fixture.startGateway()
    #expect(try fixture.send("sync").id == nil)
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.path + "/queue.db"))
    try reload(fixture, gateway, durable: "true", 1)
    #expect(try fixture.send("durable").id != nil)
    #expect(try fixture.delivered(2).count == 2)
  }

  @Test func `a reload whose store cannot be had is refused, and the route stays as it was`() throws {
    let fixture = try DurableFixture()
    try fixture.set(durable: "false")
    try fixture.startApp()
    let gateway = try fixture.startGateway()
    try FileManager.default.createDirectory(
      atPath: fixture.directory.path + "/queue.db", withIntermediateDirectories: false)
    try fixture.set(durable: "true")
    gateway.signal(SIGHUP)
    try gateway.waitForLog(containing: "reload refused")
    #expect(try fixture.send("sync").status == 200)
  }

  private func reload(
    _ fixture: DurableFixture, _ gateway: GatewayProcess, durable: String, _ count: Int
  ) throws {
    try fixture.set(durable: durable)
    try reload(fixture, gateway, count)
  }

  private func reload(_ fixture: DurableFixture, _ gateway: GatewayProcess, _ count: Int) throws {
    gateway.signal(SIGHUP)
    let isReloaded = eventually { gateway.log.filter { $0.contains("msg=reloaded") }.count == count }
    try #require(isReloaded)
  }

  @Test func `two gateways never have one store`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let other = try #require(fixture.gateway).configPath
    let second = try GatewayProcess.command(
      ["run", "--config", other], environment: ["VESIGATE_LISTEN": "127.0.0.1:\(try FreePort.take())"])
    #expect(second.status == 69)
    #expect(second.lines.contains { $0.contains("two daemons on one store would lose deliveries") })
  }

  @Test(arguments: [
    "UPDATE body SET bytes = CAST('{\"number\":9}' AS BLOB)", "UPDATE body SET head = head || x'00'",
    "UPDATE delivery SET secret = 'ffffffff'", "UPDATE delivery SET route = '/sync'",
    "UPDATE lane SET route = '/sync'", "UPDATE delivery SET seal = zeroblob(36)",
    "UPDATE delivery SET body_digest = zeroblob(32)",
  ])
  func `a row that somebody has changed is never sent, and is told`(sql: String) throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    #expect(try fixture.send("{\"number\":1}").status == 200)
    #expect(fixture.stopGateway() == 0)
    try fixture.edit(sql)
    try fixture.startApp()
    let gateway = try fixture.startGateway()
    // A seal whose first bytes name no key cannot be judged: it waits for the file that has it.
    let isUnreadable = sql.contains("zeroblob(36)")
    let line = try gateway.waitForLog(containing: isUnreadable ? "reason=unreadable" : "reason=seal-broken")
    #expect(line.contains("msg=attempt"))
    let sync = SignedRequest("at once").with { $0.target = "/sync" }
    #expect(try fixture.send(sync).status == 200)
    #expect(try #require(fixture.app).requests.count == 1)
  }

  /// Not under a sanitizer, which keeps more in files of its own than the limit allows.
  @Test(.enabled(if: !Sanitizers.areOn))
  func `while the disk is full durable routes answer 503, the others go on, and it heals by itself`() throws {
    // A file may have so many bytes and no more, as far as the shell can say it.
    let limited = [
      "prlimit", "--fsize=200000:unlimited", "sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\"",
    ]
    let fixture = try DurableFixture(startedBy: limited)
    let gateway = try fixture.startGateway()
    var kept: [String] = []
    var refused = 0
    for number in 0..<60 where refused == 0 {
      let answer = try fixture.send(SignedRequest(bytes: Self.body(number)))
      if answer.status == 200, let id = answer.id { kept.append(id) } else { refused = answer.status }
    }
    #expect(refused == 503)
    #expect(!kept.isEmpty)
    try gateway.waitForLog(containing: "the store cannot be used")
    try fixture.startApp()
    let sync = SignedRequest("at once").with { $0.target = "/sync" }
    #expect(try fixture.send(sync).status == 200)
    let raised = try ChildProcess(
      ["prlimit", "--pid", "\(gateway.pid)", "--fsize=unlimited:unlimited"],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(raised.waitForExit(within: 10) == 0)
    try gateway.waitForLog(containing: "the store can be used again", within: 30)
    #expect(try fixture.send("after it").status == 200)
    let delivered = try fixture.delivered(kept.count + 2, within: 30)
    let ids = Set(delivered.compactMap { $0.head.value("x-delivery-id") })
    #expect(Set(kept).isSubset(of: ids))
  }

  /// Different ones, so that none is taken for another's repetition.
  private static func body(_ number: Int) -> [UInt8] {
    Array("{\"number\":\(number)}".utf8) + [UInt8](repeating: 0x20, count: 20_000)
  }
}
