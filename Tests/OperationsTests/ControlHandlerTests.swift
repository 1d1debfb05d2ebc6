import Formats
import Foundation
import Synchronization
import Testing

@testable import Operations

/// What commands get to hear, without a socket.
struct ControlHandlerTests {
  private func answer(_ request: ControlRequest, of gateway: FakeGateway) async throws -> ControlAnswer {
    let line = await gateway.handler().line(request)
    #expect(line.hasSuffix("}\n"))
    return try #require(ControlAnswer(Array(line.utf8)), "\(line)")
  }

  @Test func `secrets are told by their fingerprints, with when they were read`() async throws {
    let gateway = try FakeGateway()
    let answer = try await answer(.secrets, of: gateway)
    #expect(answer.ok && answer.message == "1 route, generation 1")
    #expect(answer.generation == 1 && answer.pid == Int(getpid()))
    let file = try #require(answer.file(gateway.secretFile))
    #expect(file.readAt == 1_000 && file.held == 0 && file.atAnnouncement == nil && file.journal == nil)
    #expect(file.fingerprints.map(\.utf8.count) == [8])
    #expect(gateway.asked.isEmpty)
  }

  @Test func `status is a report, whose line reads back`() async throws {
    let gateway = try FakeGateway()
    let line = await gateway.handler().line(.status)
    let report = try #require(StatusReport(Array(line.utf8)))
    #expect(report.version == "1.2.3" && report.phase == "listening" && report.listen == ["127.0.0.1:1"])
    #expect(report.routes.map(\.name) == ["/hook"])
    #expect(report.routes.first?.secretFile == gateway.secretFile)
  }

  @Test func `a reload that is taken is told with its warnings`() async throws {
    let gateway = try FakeGateway()
    gateway.facts.withLock { $0.reload.warnings = ["listen has changed: that needs a restart"] }
    let answer = try await answer(.reload, of: gateway)
    #expect(answer.ok && answer.message == "1 route, generation 2")
    #expect(answer.warnings == ["listen has changed: that needs a restart"])
    #expect(gateway.asked == ["reload"])
  }

  @Test func `a reload that is refused is told with the reason`() async throws {
    let gateway = try FakeGateway()
    gateway.facts.withLock { $0.reload = ReloadOutcome(isTaken: false, sentence: "reload refused: why") }
    let answer = try await answer(.reload, of: gateway)
    #expect(!answer.ok && answer.message == "reload refused: why" && answer.generation == 1)
  }

  @Test func `wait looks at the secret files first, and answers when nothing is judged by older ones`()
    async throws
  {
    let gateway = try FakeGateway()
    gateway.facts.withLock { $0.turnsByOlderSecrets = 2 }
    let answer = try await answer(.wait, of: gateway)
    #expect(answer.ok && answer.message == "1 route, generation 1")
    #expect(gateway.asked == ["recheck", "judges?", "judges?", "judges?"])
  }
}
