import Foundation
import TestSupport
import Testing

/// What the running gateway says by itself about a route that has never verified anything.
@Suite(.ownThread) struct SelfDiagnosisTests {
  private static let words = "diagnosis of a refused delivery"

  private static func slack(_ body: String) throws -> SignedRequest {
    let provider = try #require(Provider.all.first { $0.name == "slack" })
    var request = DiagnosisFixture.request(
      try provider.headerLines(body, unixMilliseconds: DiagnosisFixture.now), body)
    request.target = "/hook"
    return request
  }

  @Test func `the finding is logged with the setting, once, and everything stays refused`() throws {
    let fixture = try DiagnosisFixture(secret: "test_webhook_secret")
    for number in 0..<3 {
      #expect(try fixture.gateway.exchange(Self.slack("{\"n\":\(number)}").bytes).status == 401)
      let line = try fixture.gateway.waitForLog(containing: Self.words)
      #expect(line.contains("finding=settings route=/hook setting=\"signature: slack\""), "\(line)")
      #expect(line.contains("level=warning"))
      // The next one has its turn after a second.
      usleep(1_100_000)
    }
    #expect(fixture.gateway.log.filter { $0.contains(Self.words) }.count == 1)
    #expect(fixture.upstream.requests.isEmpty)
  }

  @Test func `a route that has verified something is not diagnosed`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()])
        + GatewayConfig.route("/other", upstreams: [upstream.url()]))
    #expect(try gateway.exchange(SignedRequest("genuine").bytes).status == 200)
    // It is known on every loop with its line, which comes after the answer.
    _ = try gateway.waitForLog(containing: "outcome=forwarded")
    let forged = SignedRequest("forged").with { $0.secret = "another" }
    #expect(try gateway.exchange(forged.bytes).status == 401)
    #expect(try gateway.exchange(forged.with { $0.target = "/other" }.bytes).status == 401)
    let line = try gateway.waitForLog(containing: Self.words)
    #expect(line.contains("route=/other") && line.contains("finding=nothing"), "\(line)")
    #expect(gateway.log.filter { $0.contains(Self.words) }.count == 1)
    #expect(upstream.requests.count == 1)
  }

  @Test func `of a flood, one in a second is looked at`() throws {
    let fixture = try DiagnosisFixture()
    let client = try fixture.gateway.connect()
    let signature = try Witness.sign("{}", key: GatewayProcess.secret)
    let start = DiagnosisFixture.now
    for number in 0..<300 {
      // Each is another finding, to be logged if it is looked at.
      let request = SignedRequest("{}").with { $0.ownSignatureLines = ["x-\(number): \(signature)"] }
      try client.send(request.bytes)
      #expect(try client.response().status == 401)
    }
    _ = try fixture.gateway.waitForLog(containing: Self.words)
    let seconds = Int(DiagnosisFixture.now - start) / 1000
    #expect(fixture.gateway.log.filter { $0.contains(Self.words) }.count <= seconds + 2)
    #expect(try fixture.gateway.exchange(SignedRequest("genuine").bytes).status == 200)
    #expect(try fixture.upstream.onlyRequest().body == Array("genuine".utf8))
  }

  /// It takes half a minute; `make test-operators` runs it.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["TEST_OPERATORS"] != nil), .timeLimit(.minutes(5)))
  func `sixteen are looked at for each start, however long it goes on`() throws {
    let fixture = try DiagnosisFixture()
    let signature = try Witness.sign("{}", key: GatewayProcess.secret)
    var number = 0
    func findings(after posts: Int) throws -> Int {
      for _ in 0..<posts {
        number += 1
        let request = SignedRequest("{}").with { $0.ownSignatureLines = ["x-\(number): \(signature)"] }
        #expect(try fixture.gateway.exchange(request.bytes).status == 401)
        usleep(250_000)
      }
      return fixture.gateway.log.filter { $0.contains(Self.words) }.count
    }
    #expect(eventually(within: 200) { (try? findings(after: 4)) == 16 })
    #expect(try findings(after: 16) == 16)
    #expect(fixture.upstream.requests.isEmpty)
  }
}
