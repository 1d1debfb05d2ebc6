import Foundation
import TestSupport
import Testing

/// The store cannot be had when the gateway starts: routes that are not durable have no part in it.
@Suite(.ownThread) struct FailedStartTests {
  private func sync(_ gateway: GatewayProcess) throws -> Int {
    try gateway.exchange(SignedRequest("{}").with { $0.target = "/sync" }.bytes, seconds: 30).status
  }

  @Test func `a damaged store keeps durable routes alone from being served, and says what to do`() throws {
    let fixture = try DurableFixture()
    try fixture.directory.write("queue.db", String(repeating: "no database. ", count: 1000), mode: 0o600)
    _ = try fixture.startApp()
    let gateway = try fixture.startGateway()
    #expect(try fixture.send("{}").status == 503)
    #expect(try sync(gateway) == 200)
    #expect(
      eventually { gateway.log.contains { $0.contains("durable routes answer 503: the store is damaged") } })
    let status = try GatewayProcess.command(["status", "--config", gateway.configPath])
    #expect(status.lines.contains { $0.contains("vesigate queue salvage") }, "\(status.lines)")
    // Secrets and settings are taken up all the same.
    #expect(try GatewayProcess.command(["reload", "--config", gateway.configPath]).status == 0)
    #expect(try sync(gateway) == 200)
    #expect(fixture.stopGateway() == 0)
  }

  @Test func `a seal's key that is missing is awaited, and what it proves goes on`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let stored = try fixture.send("{\"number\":1}")
    #expect(stored.status == 200)
    #expect(fixture.stopGateway() == 0)
    let key = fixture.directory.path + "/seal.key"
    #expect(rename(key, key + ".away") == 0)
    let app = try fixture.startApp()
    let again = try fixture.startGateway()
    #expect(try fixture.send("{\"number\":2}").status == 503)
    #expect(try sync(again) == 200)
    #expect(rename(key + ".away", key) == 0)
    #expect(eventually(within: 60) { app.requests.contains { $0.head.value("x-delivery-id") == stored.id } })
    #expect(try fixture.send("{\"number\":2}").status == 200)
    #expect(eventually { again.log.contains { $0.contains("the store can be used again") } })
  }

  @Test func `two places below a route that get the same body get it both`() throws {
    let fixture = try DurableFixture()
    try fixture.set(durable: "{\(DurableFixture.quick)}", path: "/hook/*")
    let app = try fixture.startApp()
    try fixture.startGateway()
    let ids = try ["/hook/one", "/hook/two", "/hook/one"].map { place in
      try fixture.send(SignedRequest("{\"event\":\"ping\"}").with { $0.target = place }).id
    }
    #expect(ids[0] != ids[1] && ids[0] == ids[2])
    #expect(eventually { app.requests.count == 2 })
  }
}
