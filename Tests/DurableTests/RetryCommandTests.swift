import Foundation
import TestSupport
import Testing

/// `vesigate queue retry`: the app is back, and nobody wants to wait.
@Suite(.ownThread) struct RetryCommandTests {
  private static let hour = "first-seconds: 3600, seconds-max: 3600"

  private func fixture(failures: Int) throws -> DurableFixture {
    let fixture = try DurableFixture()
    try fixture.set(
      durable: "{retry: {\(Self.hour)}, breaker: {failures: \(failures), \(Self.hour)}}")
    return fixture
  }

  @Test func `what waits for an hour is tried at once, and what is not meant waits on`() throws {
    let fixture = try fixture(failures: 1000)
    let gateway = try fixture.startGateway()
    let ids = try fixture.send(count: 4).compactMap(\.id)
    try #require(ids.count == 4)
    #expect(eventually { gateway.log.filter { $0.contains("outcome=retried") }.count == 4 })
    let app = try fixture.startApp()
    let dry = try fixture.queue(["retry", "--route", "/hook", "--dry-run"])
    #expect(dry.lines == ["4 are meant; nothing was done"], "\(dry)")
    #expect(try fixture.queue(["retry", "--yes", ids[0]]).lines == ["1 due now"])
    #expect(try fixture.delivered(1).map { $0.head.value("x-delivery-id") } == [ids[0]])
    #expect(try fixture.queue(["retry", "--all", "--yes"]).lines == ["3 due now"])
    #expect(Set(try fixture.delivered(4).compactMap { $0.head.value("x-delivery-id") }) == Set(ids))
    #expect(app.requests.count == 4)
    #expect(gateway.log.contains { $0.contains("change=retry") && $0.contains("uid=") })
    let status = try GatewayProcess.command(["status", "--config", gateway.configPath])
    #expect(status.lines.contains { $0.hasSuffix("4 since the start") }, "\(status.lines)")
    let ended = try fixture.queue(["retry", "--yes", ids[0]])
    #expect(ended.status == 1 && ended.lines[0].contains("only what is queued can be tried now"), "\(ended)")
    #expect(try fixture.queue(["retry", "--state", "dead"]).status == 64)
  }

  @Test func `a pause ends with it, and goes on where the app is not back`() throws {
    let fixture = try fixture(failures: 1)
    let gateway = try fixture.startGateway()
    let ids = try fixture.send(count: 3).compactMap(\.id)
    let retried = { gateway.log.count { $0.contains("outcome=retried") } }
    #expect(eventually { retried() == 1 })
    #expect(try fixture.queue(["retry", "--all", "--yes"]).lines == ["3 due now"])
    #expect(eventually { retried() == 2 })
    usleep(500_000)
    // One has shown that it is still down.
    #expect(retried() == 2)
    try fixture.startApp()
    #expect(try fixture.queue(["retry", "--all", "--yes"]).lines == ["3 due now"])
    #expect(Set(try fixture.delivered(3).compactMap { $0.head.value("x-delivery-id") }) == Set(ids))
  }
}
