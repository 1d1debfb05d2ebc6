import Foundation
import TestSupport
import Testing

/// What others do to the store while no gateway runs, and what a configuration does to what is stored.
@Suite(.ownThread) struct AlteredStoreTests {
  @Test func `a bit that has flipped in a route, head, body, digest, secret or seal keeps its delivery back`()
    throws
  {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let places = [
      "delivery.route", "delivery.secret", "delivery.target", "delivery.request_id", "delivery.body_digest",
      "delivery.seal", "body.head", "body.bytes",
    ]
    // One more than there are bits, which stays whole.
    let answers = try fixture.send(count: places.count + 1)
    #expect(fixture.stopGateway() == 0)
    let flip = """
      import random, sqlite3, sys
      store = sqlite3.connect(sys.argv[1])
      chance = random.Random(int(sys.argv[2]))
      for row, place in enumerate(sys.argv[3:], 1):
          table, column = place.split(".")
          value = store.execute(f"SELECT {column} FROM {table} WHERE id=?", (row,)).fetchone()[0]
          data = bytearray(value.encode() if isinstance(value, str) else value)
          # Text stays text; of a seal the first bytes name its key, and another key's is no broken seal.
          at = chance.randrange(8 if column == "seal" else 0, len(data))
          data[at] ^= 1 << chance.randrange(0, 4)
          value = data.decode() if isinstance(value, str) else bytes(data)
          assert store.execute(f"UPDATE {table} SET {column}=? WHERE id=?", (value, row)).rowcount == 1
      store.commit()
      store.close()
      """
    let seed = "\(UInt32.random(in: 0 ... .max))"
    let child = try ChildProcess(
      ["python3", "-c", flip, fixture.directory.path + "/queue.db", seed] + places,
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(child.waitForExit(within: 20) == 0, "seed \(seed): \(child.lines)")
    let app = try fixture.startApp()
    let gateway = try fixture.startGateway()
    let isTold = eventually {
      gateway.log.filter { $0.contains("msg=attempt") && $0.contains("reason=seal-broken") }.count
        == places.count
    }
    #expect(isTold, "seed \(seed)")
    usleep(300_000)
    // The app has seen the mark once, on the one that is whole.
    #expect(app.requests.compactMap { $0.head.value("x-delivery-id") } == [answers.last?.id], "seed \(seed)")
    #expect(app.requests.count { $0.head.has("x-verified") } == 1)
  }

  @Test
  func `an upstream of all that is renamed takes nothing over, and gets what is its own once it is back`()
    throws
  {
    let (oldPort, newPort) = (try FreePort.take(), try FreePort.take())
    let (old, new) = ("http://127.0.0.1:\(oldPort)/b", "http://127.0.0.1:\(newPort)/b")
    let fixture = try DurableFixture(route: "deliver: all", upstreams: [old])
    let gateway = try fixture.startGateway()
    let ids = Set(try fixture.send(count: 5).compactMap(\.id))
    func reload(_ upstreams: [String], path: String = "/hook", _ count: Int) throws {
      try fixture.set(durable: "true", path: path, route: "deliver: all", upstreams: upstreams)
      gateway.signal(SIGHUP)
      let isReloaded = eventually { gateway.log.filter { $0.contains("msg=reloaded") }.count == count }
      try #require(isReloaded)
    }
    func orphaned() -> [String] {
      let command = ["queue", "list", "--config", gateway.configPath, "--state", "orphaned", "--json"]
      return (try? GatewayProcess.command(command).lines.filter { $0.hasPrefix("{") }) ?? []
    }
    try reload([new], 1)
    #expect(eventually { orphaned().count == 5 })
    #expect(orphaned().allSatisfy { $0.contains("\(oldPort)") })
    let (second, third) = (try RecordingUpstream(port: oldPort), try RecordingUpstream(port: newPort))
    let app = try fixture.startApp()
    #expect(eventually { Set(app.requests.compactMap { $0.head.value("x-delivery-id") }) == ids })
    // The whole route goes, too.
    try reload([new], path: "/another", 2)
    usleep(1_500_000)
    #expect(second.requests.isEmpty && third.requests.isEmpty)
    #expect(orphaned().count == 5)
    try reload([old], 3)
    #expect(eventually { Set(second.requests.compactMap { $0.head.value("x-delivery-id") }) == ids })
    #expect(eventually { orphaned().isEmpty })
    usleep(300_000)
    #expect(second.requests.count == 5 && app.requests.count == 5 && third.requests.isEmpty)
  }

  @Test func `what has lost its route is called off at one word, and makes room`() throws {
    let fixture = try DurableFixture(store: "deliveries-max: 2")
    let gateway = try fixture.startGateway()
    #expect(try fixture.send(count: 2).allSatisfy { $0.status == 200 })
    try fixture.set(durable: "true", path: "/another", store: "deliveries-max: 2")
    gateway.signal(SIGHUP)
    let place = ["--config", gateway.configPath]
    let orphans = ["queue", "list", "--state", "orphaned", "--json"] + place
    let areOrphaned = eventually { (try? GatewayProcess.command(orphans).lines.count) == 2 }
    try #require(areOrphaned)
    let another = SignedRequest("{}").with { $0.target = "/another" }
    #expect(try fixture.send(another).status == 503)
    let ended = try GatewayProcess.command(["queue", "cancel", "--state", "orphaned", "--yes"] + place)
    #expect(ended.status == 0 && ended.lines.last == "2 called off", "\(ended.lines)")
    #expect(try fixture.send(another).status == 200)
  }

  @Test
  func `a store that is full of dead deliveries refuses, drops none, and has room once they are purged`()
    throws
  {
    let fixture = try DurableFixture(store: "deliveries-max: 3")
    try fixture.startApp { $0.target == "/app" && $0.head.has("x-delivery-id") ? .answer(422) : .ok }
    let gateway = try fixture.startGateway()
    let ids = try fixture.send(count: 3).compactMap(\.id)
    #expect(eventually { gateway.log.filter { $0.contains("outcome=dead") }.count == 3 })
    #expect(try fixture.send("a fourth").status == 503)
    try gateway.waitForLog(containing: "reason=store-full")
    #expect(try fixture.send(SignedRequest("at once").with { $0.target = "/sync" }).status == 200)
    func queue(_ arguments: String...) throws -> [String] {
      try GatewayProcess.command(
        ["queue", arguments[0], "--config", gateway.configPath] + arguments.dropFirst()
      )
      .lines
    }
    let dead = try queue("list", "--state", "dead", "--json")
    #expect(ids.allSatisfy { id in dead.contains { $0.contains(id) } })
    #expect(try queue("purge", "--state", "dead", "--yes").last == "3 deleted")
    #expect(try fixture.send("a fifth").status == 200)
  }
}
