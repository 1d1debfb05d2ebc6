import Foundation
import TestSupport
import Testing

/// The secret is wrong for a while: what was refused meanwhile is delivered once the right one is there, and nothing
/// that was forged ever is.
@Suite(.ownThread) struct QuarantineEndToEndTests {
  /// Ten times as many are forged.
  private static let genuine = LongForm.number("QUARANTINED", short: 50)

  private static let wrong = "a secret that is not the right one"

  private func fixture(_ quarantine: String) throws -> DurableFixture {
    try DurableFixture(route: "quarantine: {\(quarantine)}")
  }

  private func start(_ fixture: DurableFixture, secret: String = wrong) throws -> GatewayProcess {
    let gateway = try fixture.startGateway()
    try fixture.directory.write("secret", secret + "\n")
    gateway.signal(SIGHUP)
    try gateway.waitForLog(containing: "msg=reloaded")
    return gateway
  }

  private func quarantine(_ gateway: GatewayProcess, _ arguments: String...) throws -> (
    status: Int32, lines: [String]
  ) {
    try GatewayProcess.command(
      ["quarantine", arguments[0], "--config", gateway.configPath] + arguments.dropFirst())
  }

  private func request(_ number: Int, secret: String = GatewayProcess.secret) -> SignedRequest {
    SignedRequest("{\"number\":\(number)}").with { $0.secret = secret }
  }

  /// Over one connection, as a provider would. Says how many were answered so.
  private func send(_ requests: [SignedRequest], to gateway: GatewayProcess) throws -> [Int: Int] {
    var statuses: [Int: Int] = [:]
    let client = try gateway.connect()
    for request in requests {
      try client.send(request.bytes)
      statuses[try client.response(within: 30).status, default: 0] += 1
    }
    return statuses
  }

  /// As an operator does.
  private func setSecret(_ fixture: DurableFixture, _ gateway: GatewayProcess) throws {
    let right = try fixture.directory.write("right", GatewayProcess.secret + "\n")
    let command = [
      "sh", "-c", "exec \"$0\" secret set --config \"$1\" < \"$2\"", try GatewayBinary.path(),
      gateway.configPath,
      right,
    ]
    let child = try ChildProcess(command, environment: ["PATH": "/usr/bin:/bin"])
    #expect(child.waitForExit(within: 30) == 0, "\(child.lines)")
  }

  /// What the writer has taken, whatever became of it.
  private func kept(_ gateway: GatewayProcess, _ count: Int) -> Bool {
    eventually(within: 30) {
      let listed = try? quarantine(gateway, "list", "--json", "--limit", "100000").lines
      return listed.map { $0 == ["nothing is kept"] ? 0 : $0.count } == count
    }
  }

  @Test func `with a wrong secret for a while, all that was genuine is delivered once, and nothing forged`()
    throws
  {
    let fixture = try fixture("deliveries-max: 10000, per-second-max: 100000")
    let app = try fixture.startApp()
    let gateway = try start(fixture)
    let genuine = (0..<Self.genuine).map { request($0) }
    var all: [SignedRequest] = []
    for (number, request) in genuine.enumerated() {
      all.append(request)
      all += (0..<10).map { self.request(1_000_000 + number * 10 + $0, secret: "nobody's") }
    }
    #expect(try send(all, to: gateway) == [401: all.count])
    #expect(kept(gateway, all.count))
    #expect(app.requests.isEmpty)
    try setSecret(fixture, gateway)
    // The provider comes again with half of them, signed anew.
    let again = genuine.prefix(Self.genuine / 2).map { $0.with { $0.shiftSeconds = 1 } }
    #expect(try send(Array(again), to: gateway) == [200: again.count])
    let delivered = try fixture.delivered(Self.genuine, within: 60)
    #expect(Set(delivered.map(\.body)) == Set(genuine.map(\.body)))
    #expect(delivered.count == Self.genuine)
    #expect(delivered.allSatisfy { $0.head.value("x-verified") == "true" })
    #expect(kept(gateway, all.count - Self.genuine))
    let told = try gateway.waitForLog(containing: "the quarantine was judged by other secrets")
    #expect(told.contains("unverified=\(10 * Self.genuine)"), "\(told)")
    #expect(!gateway.log.contains { $0.contains("number\\\":") || $0.contains(GatewayProcess.secret) })
    let metrics = try fixture.metrics()
    func counted(_ result: String) -> Int? {
      let name = "vesigate_quarantine_total{route=\"/hook\",result=\"\(result)\"} "
      return metrics.first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) }
    }
    #expect(counted("kept") == all.count && counted("evicted") == 0 && counted("expired") == 0)
    // Those that the provider has sent again were released before, or known by then.
    #expect((counted("released") ?? 0) + (counted("duplicate") ?? 0) == Self.genuine)
    #expect(metrics.contains("vesigate_quarantined{route=\"/hook\"} \(all.count - Self.genuine)"))
    // A restart judges nothing anew: the same secrets have.
    #expect(fixture.stopGateway() == 0)
    let second = try fixture.startGateway()
    usleep(1_000_000)
    #expect(!second.log.contains { $0.contains("judged by other secrets") })
    #expect(app.requests.count == Self.genuine)
  }

  @Test func `bounds hold under a flood: the newest are kept, and so many a second`() throws {
    let fixture = try fixture("deliveries-max: 20, per-second-max: 100000")
    let gateway = try start(fixture)
    let forged = (0..<100).map { request($0, secret: "nobody's") }
    #expect(try send(forged, to: gateway) == [401: 100])
    #expect(kept(gateway, 20))
    let shed = try gateway.waitForLog(containing: "did not fit into quarantine")
    #expect(
      shed.contains("level=warning") && shed.contains("route=/hook") && shed.contains("count="), "\(shed)")
    // Genuine deliveries elsewhere are kept as ever.
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    #expect(try fixture.send("accepted").status == 200)
    try fixture.set(
      durable: "{\(DurableFixture.quick)}", route: "quarantine: {per-second-max: 5}")
    gateway.signal(SIGHUP)
    #expect(eventually { gateway.log.filter { $0.contains("msg=reloaded") }.count == 2 })
    #expect(try quarantine(gateway, "drop", "--all", "--yes").lines == ["20 thrown away"])
    // Once a minute, and not for each; what somebody throws away is none of it.
    usleep(600_000)
    #expect(gateway.log.filter { $0.contains("did not fit into quarantine") }.count == 1)
    let began = Date()
    _ = try send((100..<200).map { request($0, secret: "nobody's") }, to: gateway)
    // Load makes it longer, and more may be kept then: what is compared is the bound of just that time.
    let seconds = Int(Date().timeIntervalSince(began)) + 2
    usleep(1_500_000)
    let listed = try quarantine(gateway, "list", "--json", "--limit", "1000").lines.count
    #expect((1...5 * seconds).contains(listed), "\(listed) in \(seconds) s")
  }

  @Test func `by hand only what is verified comes out, a dry run takes nothing, and what is dropped is gone`()
    throws
  {
    let fixture = try fixture("release: manual, per-second-max: 1000")
    let app = try fixture.startApp()
    let gateway = try start(fixture)
    _ = try send([request(1), request(2), request(3, secret: "nobody's")], to: gateway)
    #expect(kept(gateway, 3))
    let listed = try quarantine(gateway, "list")
    #expect(listed.lines.count == 6 && listed.lines.allSatisfy { $0.count <= 80 }, "\(listed.lines)")
    #expect(listed.lines.allSatisfy { $0.contains("mismatch") || $0.contains("/hook") })
    let id = String(listed.lines[0].prefix(16))
    let shown = try quarantine(gateway, "show", id)
    #expect(shown.status == 0 && shown.lines.contains { $0.contains("POST /hook") }, "\(shown.lines)")
    #expect(!shown.lines.contains { $0.contains(request(3, secret: "nobody's").signatureLines[1]) })
    #expect(shown.lines.contains { $0.contains("mor-signature: (64 bytes)") }, "\(shown.lines)")
    let told = try gateway.waitForLog(containing: "no secret verifies are kept: vesigate quarantine release")
    #expect(told.contains("route=/hook") && told.contains("count=") && told.contains("in_all="), "\(told)")
    let status = try GatewayProcess.command(["status", "--config", gateway.configPath])
    #expect(status.lines.contains { $0.contains("quarantine") && $0.contains("3 kept") }, "\(status.lines)")
    // By the wrong secret nothing is verified.
    #expect(try quarantine(gateway, "release", "--yes").status == 1)
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    gateway.signal(SIGHUP)
    #expect(eventually { gateway.log.filter { $0.contains("msg=reloaded") }.count == 2 })
    usleep(1_000_000)
    #expect(app.requests.isEmpty)
    let dry = try quarantine(gateway, "release", "--route", "/hook", "--dry-run")
    #expect(dry.lines == ["2 would be queued, 1 not verified; nothing was done"], "\(dry.lines)")
    // Nobody says yes.
    #expect(try quarantine(gateway, "release").status == 1)
    #expect(app.requests.isEmpty)
    let released = try quarantine(gateway, "release", "--yes")
    #expect(released.lines == ["2 queued, 1 not verified"], "\(released.lines)")
    #expect(Set(try fixture.delivered(2).map(\.body)) == Set([request(1).body, request(2).body]))
    #expect(try quarantine(gateway, "drop", "--yes", id).lines == ["1 thrown away"])
    #expect(try quarantine(gateway, "show", id).status == 1)
    #expect(try quarantine(gateway, "drop", "--all", "--yes").status == 1)
    for change in ["change=release", "change=drop"] {
      #expect(gateway.log.contains { $0.contains(change) && $0.contains("uid=") })
    }
  }

  @Test func `a file replaced by hand is looked at before a release, and a dry run`() throws {
    let fixture = try fixture("release: manual, per-second-max: 1000")
    let app = try fixture.startApp()
    let gateway = try start(fixture)
    _ = try send((0..<2).map { request($0) }, to: gateway)
    #expect(kept(gateway, 2))
    // No delivery fails after it, and nobody reloads.
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    let dry = try quarantine(gateway, "release", "--dry-run")
    #expect(dry.lines == ["2 would be queued; nothing was done"], "\(dry.lines)")
    try fixture.directory.write("secret", Self.wrong + "\n")
    #expect(try quarantine(gateway, "release", "--yes").status == 1)
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    #expect(try quarantine(gateway, "release", "--yes").lines == ["2 queued"])
    #expect(try fixture.delivered(2).count == 2 && app.requests.count == 2)
  }

  @Test func `somebody who can write to the store lets nothing out by it`() throws {
    let fixture = try fixture("per-second-max: 1000")
    let app = try fixture.startApp()
    let gateway = try start(fixture)
    // Genuine, and kept; one is moved in time, one to another route, one has another body.
    _ = try send((0..<4).map { request($0) }, to: gateway)
    #expect(kept(gateway, 4))
    #expect(fixture.stopGateway() == 0)
    try fixture.edit("UPDATE quarantine SET arrived=arrived+1 WHERE id=1")
    try fixture.edit("UPDATE quarantine SET body=CAST('{\"number\":9}' AS BLOB) WHERE id=2")
    try fixture.edit("UPDATE quarantine SET reason='other' WHERE id=3")
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    let second = try fixture.startGateway()
    #expect(try fixture.delivered(1).map(\.body) == [request(3).body])
    #expect(eventually { second.log.filter { $0.contains("reason=seal-broken") }.count == 3 })
    #expect(kept(second, 0))
    #expect(app.requests.count == 1)
  }

  @Test func `what a rotation has left undecided is delivered once it is over`() throws {
    let fixture = try fixture("per-second-max: 1000")
    let app = try fixture.startApp()
    let gateway = try fixture.startGateway()
    let began = Int64(Date().timeIntervalSince1970 * 1000)
    let journal = try fixture.directory.write(
      "secret.journal",
      "vesigate-journal: 1\nbegan: \(began)\nstep: announced\nmode: by-hand\ncompromised: no\nattempt: 1\n")
    // By the new secret, which only the provider knows so far.
    let new = "the new one that nobody here knows"
    #expect(try send((0..<3).map { request($0, secret: new) }, to: gateway) == [503: 3])
    #expect(kept(gateway, 3))
    let listed = try quarantine(gateway, "list", "--json", "--reason", "rotation-by-hand")
    #expect(listed.lines.count == 3 && app.requests.isEmpty)
    try fixture.directory.write("secret", new + "\n")
    try FileManager.default.removeItem(atPath: journal)
    gateway.signal(SIGHUP)
    #expect(Set(try fixture.delivered(3).map(\.body)) == Set((0..<3).map { request($0).body }))
    #expect(app.requests.count == 3 && kept(gateway, 0))
  }

  @Test func `killed while it is released, each is queued once, though nothing tells repetitions`() throws {
    let fixture = try DurableFixture(route: "quarantine: {per-second-max: 100000}\ndedupe: none")
    let app = try fixture.startApp()
    let gateway = try start(fixture)
    let genuine = (0..<200).map { request($0) }
    #expect(try send(genuine, to: gateway) == [401: 200])
    #expect(kept(gateway, 200))
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    gateway.signal(SIGHUP)
    _ = try app.requests(atLeast: 1)
    try fixture.killGateway()
    let second = try fixture.startGateway()
    #expect(eventually(within: 30) { Set(app.requests.map(\.body)).count == 200 })
    #expect(kept(second, 0))
    usleep(500_000)
    // One that was under way may come twice; it has the id that it was queued by.
    var ids: [[UInt8]: Set<String>] = [:]
    for request in app.requests {
      ids[request.body, default: []].insert(request.head.value("x-delivery-id") ?? "")
    }
    #expect(Set(ids.keys) == Set(genuine.map(\.body)) && ids.values.allSatisfy { $0.count == 1 })
  }

  @Test func `what its route would not take any more stays, and is not asked for again and again`() throws {
    let fixture = try fixture("per-second-max: 1000")
    let app = try fixture.startApp()
    let gateway = try start(fixture)
    _ = try send((0..<2).map { request($0) }, to: gateway)
    #expect(kept(gateway, 2))
    try fixture.set(
      durable: "{\(DurableFixture.quick)}", route: "quarantine: {per-second-max: 1000}\nmethods: [PUT]")
    try fixture.directory.write("secret", GatewayProcess.secret + "\n")
    gateway.signal(SIGHUP)
    let told = try gateway.waitForLog(containing: "the quarantine was judged by other secrets")
    #expect(told.contains("unverified=2"))
    usleep(1_500_000)
    #expect(gateway.log.filter { $0.contains("judged by other secrets") }.count == 1)
    #expect(app.requests.isEmpty && kept(gateway, 2))
    // Once it does again, whoever asks for it gets it out.
    try fixture.set(durable: "{\(DurableFixture.quick)}", route: "quarantine: {release: manual}")
    gateway.signal(SIGHUP)
    #expect(eventually { gateway.log.filter { $0.contains("msg=reloaded") }.count == 3 })
    #expect(try quarantine(gateway, "release", "--yes").lines == ["2 queued"])
    #expect(try fixture.delivered(2).count == 2)
  }

  @Test func `a route that is not durable keeps nothing, and a store that is asked without one says so`()
    throws
  {
    let fixture = try DurableFixture()
    try fixture.set(durable: "false")
    let gateway = try fixture.startGateway()
    #expect(try quarantine(gateway, "list").status == 69)
    #expect(try quarantine(gateway, "drop").status == 64)
    try fixture.set(durable: "false", route: "quarantine: {hours: 1}")
    let checked = try GatewayProcess.command(["check", "--config", gateway.configPath])
    #expect(checked.status != 0 && checked.lines.contains { $0.contains("not durable") }, "\(checked.lines)")
  }
}
