import Foundation
import TestSupport
import Testing

/// Large answers, slow senders, and senders that go away: one never costs another.
@Suite(.ownThread) struct StreamTests {
  static let large = 100 * 1_048_576

  static func reply(_ request: RecordedRequest) -> UpstreamReply {
    guard request.body == Array("large".utf8) else { return .ok }
    let head = "HTTP/1.1 200 OK\r\nContent-Length: \(large)\r\n\r\n"
    return UpstreamReply([.send(Array(head.utf8)), .sendZeros(large)])
  }

  @Test func `a 100 MB answer reaches a slow reader whole, and others are served`() throws {
    let fixture = try GatewayFixture(workers: 1, Self.reply)
    #expect(try fixture.gateway.exchange(SignedRequest("warm").bytes).status == 200)
    let slow = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 65_536)
    try slow.send(SignedRequest("large").with { $0.lines.append("Connection: close") }.bytes)
    let first = slow.take(1_000)
    var received = first.count
    while slow.end == nil {
      // Slow at first, while another sender is served; in a hurry once that is shown.
      let isSlow = received < 2_000_000
      let part = slow.take(isSlow ? 16_384 : 1_048_576)
      received += part.count
      if part.isEmpty { break }
      guard isSlow else { continue }
      usleep(5_000)
      if received < 200_000 {
        #expect(try fixture.gateway.exchange(SignedRequest("other").bytes).text == "ok")
      }
    }
    let head = try #require(first.firstIndex(of: Array("\r\n\r\n".utf8))) + 4
    #expect(received == head + Self.large)
  }

  @Test func `a sender that takes nothing of its answer is cut off, one that takes some is not`() throws {
    let fixture = try GatewayFixture(limits: "reply-seconds-max: 5", workers: 1, Self.reply)
    let stuck = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 16_384)
    try stuck.send(SignedRequest("large").bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    let slow = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 16_384)
    try slow.send(SignedRequest("large").bytes)
    // The one has nothing read from it until it is cut off, the other takes a little all the time.
    var taken = 0
    let isCut = eventually(within: 40) {
      taken += slow.take(400_000).count
      return fixture.gateway.log.contains { $0.contains("reason=reply-timeout") }
    }
    #expect(isCut)
    #expect(slow.end == nil && taken > 0)
    var received = 0
    while stuck.end == nil, received < Self.large { received += stuck.take(1_048_576).count }
    #expect(received < Self.large && stuck.end == .reset)
    #expect(try fixture.gateway.exchange(SignedRequest("other").bytes).text == "ok")
  }

  @Test(arguments: ["reply-seconds-max", "drain-seconds-max"])
  func `a sender that takes none of its answers is named when it is cut off`(bound: String) throws {
    let answer = UpstreamReply.answer(200, body: String(repeating: "0", count: 60_000))
    let fixture = try GatewayFixture(limits: "\(bound): 1", workers: 1) { _ in answer }
    let deaf = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 4_096)
    // More than the kernel keeps, and each of them is recorded before it is taken.
    deaf.offer([[UInt8]](repeating: SignedRequest("untaken").bytes, count: 400).flatMap { $0 })
    if bound == "drain-seconds-max" {
      // Until it is held for what it has not taken.
      var seen = 0
      let isHeld = eventually {
        usleep(300_000)
        defer { seen = fixture.upstream.requests.count }
        return seen > 0 && seen == fixture.upstream.requests.count
      }
      #expect(isHeld)
      fixture.gateway.signal(SIGTERM)
    }
    let line = try fixture.gateway.waitForLog(containing: "did not take its answer", within: 20)
    #expect(line.contains("level=notice") && line.contains(" reason=\(bound) remote=127.0.0.1 "))
    let name = try #require(line.firstMatch(of: #/ request_id=(\w+)/#)).1
    let delivery = fixture.gateway.log.first { $0.contains("msg=delivery") && $0.contains(name) }
    #expect(delivery?.contains("outcome=forwarded status=200") == true)
    #expect(!fixture.gateway.log.contains { $0.contains("reason=reply-timeout") })
    withExtendedLifetime(deaf) {}
  }

  @Test func `an answer that breaks off midway is not taken for a whole one`() throws {
    // More than what is held back before the sender hears of it.
    let part = String(repeating: "0123456789", count: 20_000)
    let upstreams: [UpstreamReply] = [
      UpstreamReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + part).then(.close),
      UpstreamReply.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + part + "\r\n")
        .then(.close),
    ]
    for reply in upstreams {
      let fixture = try GatewayFixture { _ in reply }
      let client = try fixture.gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(throws: FixtureError.self) { try client.response() }
      #expect(client.end != nil)
      let line = try fixture.gateway.waitForLog(containing: "outcome=failed")
      #expect(line.contains("reason=upstream-closed"))
    }
  }

  @Test(arguments: [false, true])
  func `a sender that goes away changes nothing for the app, which gets the delivery once`(resets: Bool)
    throws
  {
    let fixture = try GatewayFixture(workers: 1) { request in
      request.body == Array("gone".utf8) ? UpstreamReply.ok.after(milliseconds: 500) : .ok
    }
    let client = try fixture.gateway.connect()
    try client.send(SignedRequest("gone").bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    if resets { client.reset() } else { client.close() }
    for turn in 0..<5 { #expect(try fixture.gateway.exchange(SignedRequest("\(turn)").bytes).text == "ok") }
    let line = try fixture.gateway.waitForLog(containing: "body_bytes=4")
    #expect(line.contains("route=/hook"))
    let seen = try fixture.upstream.requests(atLeast: 6)
    #expect(seen.count { $0.body == Array("gone".utf8) } == 1)
    #expect(seen.count == 6)
  }

  @Test func `senders that go away in the middle of a large answer leave nothing behind`() throws {
    let fixture = try GatewayFixture(workers: 1, Self.reply)
    #expect(try fixture.gateway.exchange(SignedRequest("warm").bytes).status == 200)
    let before = fixture.gateway.descriptorCount
    for turn in 0..<6 {
      let client = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 16_384)
      try client.send(SignedRequest("large").bytes)
      #expect(!client.take(10_000).isEmpty)
      if turn % 2 == 0 { client.reset() } else { client.close() }
    }
    #expect(eventually(within: 20) { fixture.gateway.descriptorCount <= before + 2 })
    #expect(try fixture.gateway.exchange(SignedRequest("other").bytes).text == "ok")
  }

  @Test func `a sender that goes away in the middle of an answer ends it at an app that says no more`() throws
  {
    let part = String(repeating: "0123456789", count: 20_000)
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"
    let fixture = try GatewayFixture(workers: 1) { request in
      request.body == Array("part".utf8) ? UpstreamReply.raw(head + part).then(.hang) : .ok
    }
    #expect(try fixture.gateway.exchange(SignedRequest("warm").bytes).status == 200)
    let before = fixture.gateway.descriptorCount
    for turn in 0..<10 {
      let client = try fixture.gateway.connect()
      try client.send(SignedRequest("part").bytes)
      #expect(!client.take(10_000).isEmpty)
      if turn % 2 == 0 { client.reset() } else { client.close() }
    }
    #expect(eventually(within: 20) { fixture.gateway.descriptorCount <= before + 2 })
    try fixture.gateway.waitForLog(containing: "outcome=abandoned")
  }

  @Test func `a body of several megabytes arrives whole`() throws {
    let fixture = try GatewayFixture(limits: "body-bytes-max: 8388608")
    var generator = SeededGenerator(seed: 9)
    let block = generator.bytes(65_536)
    var body: [UInt8] = []
    for _ in 0..<80 { body += block }
    #expect(try fixture.gateway.exchange(SignedRequest(bytes: body).bytes, seconds: 30).status == 200)
    #expect(try fixture.upstream.onlyRequest().body == body)
  }
}
