import Foundation
import TestSupport
import Testing

/// Somebody moves or deletes the store of a gateway that runs.
@Suite(.ownThread) struct MovedStoreTests {
  private func sync(_ gateway: GatewayProcess) throws -> Int {
    try gateway.exchange(SignedRequest("{}").with { $0.target = "/sync" }.bytes, seconds: 30).status
  }

  private func ids(_ app: RecordingUpstream) -> Set<String> {
    Set(app.requests.compactMap { $0.head.value("x-delivery-id") })
  }

  @Test func `a store that is moved away stops durable routes alone, and goes on when it is back`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    let first = try fixture.send("{\"number\":1}")
    #expect(first.status == 200)
    let file = fixture.directory.path + "/queue.db"
    #expect(rename(file, file + ".away") == 0)
    #expect(try fixture.send("{\"number\":2}").status == 503)
    let app = try fixture.startApp()
    #expect(try sync(gateway) == 200)
    let told = try gateway.waitForLog(containing: "was moved to \(file).away while it was open")
    #expect(told.contains("durable routes answer 503") && told.contains("kind=moved"), "\(told)")
    let status = try GatewayProcess.command(["status", "--config", gateway.configPath])
    let said = status.lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    #expect(said.contains("put it back, and it goes on by itself"), "\(status.lines)")
    #expect(try fixture.metrics().contains { $0.hasPrefix("vesigate_store_errors_total{kind=\"moved\"}") })
    #expect(rename(file + ".away", file) == 0)
    #expect(eventually(within: 60) { (try? fixture.send("{\"number\":2}").status) == 200 })
    #expect(eventually { gateway.log.contains { $0.contains("the store can be used again") } })
    // The second was written before it was refused: its repetition is the same delivery.
    #expect(eventually { Set(app.requests.map(\.body)).count == 3 })
    #expect(ids(app).contains(first.id ?? "") && ids(app).count == 2)
  }

  @Test func `a store that is deleted while the app is down costs nothing that was answered 200`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let told = try fixture.send(count: 20)
    #expect(told.allSatisfy { $0.status == 200 })
    for suffix in ["", "-wal", "-shm", ".lock"] {
      #expect(unlink(fixture.directory.path + "/queue.db" + suffix) == 0)
    }
    #expect(unlink(fixture.directory.path + "/seal.key") == 0)
    // Whatever writes next finds it, be it an attempt that has failed.
    #expect(eventually(within: 30) { (try? fixture.send("{\"number\":20}").status) == 200 })
    try fixture.killGateway()
    let app = try fixture.startApp()
    try fixture.startGateway()
    let missing = { Set(told.compactMap(\.id)).subtracting(self.ids(app)) }
    #expect(eventually(within: 30) { missing().isEmpty }, "\(missing().count) missing")
  }
}
