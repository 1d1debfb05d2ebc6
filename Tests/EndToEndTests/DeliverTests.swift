import Foundation
import TestSupport
import Testing

/// Who gets a delivery, how often, and whose answer the sender hears.
@Suite(.ownThread) struct DeliverTests {
  /// What one upstream does in a case of the table, and what of it the sender may hear.
  enum Conduct: String, Sendable, CustomTestStringConvertible {
    case ok, created, notFound, broken, resets, refuses, hangs, slow, long

    var testDescription: String { rawValue }

    var reply: UpstreamReply {
      switch self {
      case .ok: .answer(200, body: "ok")
      case .created: .answer(201, body: "created")
      case .notFound: .answer(404, body: "notFound")
      case .broken: .answer(500, body: "broken")
      case .resets: .reset
      case .refuses: .close
      case .hangs: .hang
      case .slow: UpstreamReply.answer(200, body: "slow").after(milliseconds: 400)
      case .long: .answer(200, body: String(repeating: "long", count: 50_000))
      }
    }
  }

  @Test(
    arguments: [
      ([.ok, .created], 200, "ok"), ([.created, .ok, .ok], 201, "created"), ([.slow, .ok], 200, "slow"),
      ([.ok, .slow], 200, "ok"), ([.ok, .broken], 500, "broken"), ([.broken, .notFound], 500, "broken"),
      ([.notFound, .broken], 404, "notFound"), ([.slow, .notFound, .broken], 404, "notFound"),
      ([.resets, .ok], 502, nil), ([.ok, .refuses], 502, nil), ([.broken, .refuses], 500, "broken"),
      ([.hangs, .ok], 504, nil), ([.ok, .hangs], 504, nil), ([.long, .ok], 200, nil),
      ([.ok, .long], 200, "ok"),
      ([.long, .broken], 500, "broken"), ([.long, .slow, .long], 200, nil),
    ] as [([Conduct], Int, String?)])
  func `with all, every upstream gets it once, and one failure is the sender's answer`(
    conducts: [Conduct], status: Int, text: String?
  ) throws {
    let upstreams = try conducts.map { conduct in
      try conduct == .refuses ? nil : RecordingUpstream { _ in conduct.reply }
    }
    let urls = try upstreams.map { try $0?.url() ?? "http://127.0.0.1:\(FreePort.take())/" }
    // A slow one has time on a busy machine too; one that hangs has little.
    let seconds = conducts.contains(.hangs) ? 1 : 60
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: urls, route: "deliver: all\nfirst-byte-seconds-max: \(seconds)\ntotal-seconds-max: 120"))
    let request = SignedRequest("for all")
    let response = try gateway.exchange(request.bytes)
    #expect(response.status == status)
    if let text { #expect(response.text == text) }
    if status == 200, conducts[0] == .long { #expect(response.body.count == 200_000) }
    for upstream in upstreams.compactMap(\.self) {
      #expect(try upstream.onlyRequest().body == request.body)
      #expect(try upstream.onlyRequest().head.values("x-verified") == ["true"])
    }
  }

  @Test func `with first, the next upstream is tried where the one before cannot be reached`() throws {
    let directory = try TemporaryDirectory()
    let stalled = try StalledListener()
    let last = try RecordingUpstream()
    let urls = [
      "http://127.0.0.1:\(try FreePort.take())/", "unix:\(directory.path)/nobody.sock",
      "http://127.0.0.1:\(stalled.port)/", last.url(),
    ]
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: urls, route: "connect-seconds-max: 1"))
    let response = try gateway.exchange(SignedRequest("at last").bytes, seconds: 20)
    #expect(response.status == 200)
    #expect(try last.onlyRequest().body == Array("at last".utf8))
    try gateway.waitForLog(containing: "attempts=4")
  }

  @Test(
    arguments: [
      (.broken, 500), (.notFound, 404), (.resets, 502), (.refuses, 502), (.hangs, 504),
    ] as [(Conduct, Int)])
  func `with first, nobody else gets what one upstream has been sent`(conduct: Conduct, status: Int) throws {
    let seconds = conduct == .hangs ? 1 : 60
    // It reads the request, and then does not answer well.
    let first = try RecordingUpstream { _ in conduct.reply }
    let second = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [first.url(), second.url()],
        route: "first-byte-seconds-max: \(seconds)\ntotal-seconds-max: 120"))
    #expect(try gateway.exchange(SignedRequest("once").bytes).status == status)
    #expect(try first.onlyRequest().body == Array("once".utf8))
    #expect(second.requests.isEmpty && second.connections == 0)
  }

  @Test(arguments: [0, 100, 100_000])
  func `what a dying pooled connection has read is not sent twice`(count: Int) throws {
    // The second request on a connection is read, and the connection closed without a word.
    let fixture = try GatewayFixture(workers: 1) { $0.turn == 0 ? .ok : .close }
    #expect(try fixture.gateway.exchange(SignedRequest("first").bytes).status == 200)
    let body = [UInt8](repeating: 7, count: count)
    #expect(try fixture.gateway.exchange(SignedRequest(bytes: body).bytes).status == 502)
    try fixture.gateway.waitForLog(containing: "reason=upstream-")
    // Were it sent again, it would have been by now.
    usleep(200_000)
    let seen = fixture.upstream.requests
    try #require(seen.count == 2)
    #expect(seen[1].connection == 0 && seen[1].turn == 1)
    #expect(seen[1].body == body)
    try fixture.expectServing(after: 2)
  }

  @Test(arguments: [0, 100, 100_000])
  func `a GET that a dying pooled connection has read is not sent twice either`(count: Int) throws {
    let fixture = try GatewayFixture(route: "methods: [GET]", workers: 1) { $0.turn == 0 ? .ok : .reset }
    let request = SignedRequest(bytes: [UInt8](repeating: 7, count: count)).with { $0.method = "GET" }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    #expect(try fixture.gateway.exchange(request.bytes).status == 502)
    usleep(200_000)
    #expect(fixture.upstream.requests.count == 2)
  }

  @Test func `a pooled connection that the upstream closed while idle costs nothing`() throws {
    let fixture = try GatewayFixture(workers: 1) { _ in
      UpstreamReply.ok.then(.closeWhenIdle(milliseconds: 100))
    }
    let before = fixture.gateway.socketCount
    for turn in 0..<3 {
      #expect(try fixture.gateway.exchange(SignedRequest("turn \(turn)").bytes).status == 200)
      // It has been closed, and the gateway has seen it.
      #expect(
        eventually { fixture.upstream.openConnections == 0 && fixture.gateway.socketCount <= before })
    }
    #expect(fixture.upstream.requests.map(\.connection) == [0, 1, 2])
  }

  @Test func `connections to an upstream are kept, and not for longer than they may be idle`() throws {
    let fixture = try GatewayFixture(route: "upstream-idle-seconds-max: 10", workers: 1)
    for turn in 0..<5 { #expect(try fixture.gateway.exchange(SignedRequest("\(turn)").bytes).status == 200) }
    #expect(fixture.upstream.connections == 1)
    #expect(eventually(within: 20) { fixture.upstream.openConnections == 0 })
    #expect(try fixture.gateway.exchange(SignedRequest("late").bytes).status == 200)
    #expect(fixture.upstream.connections == 2)
  }
}
