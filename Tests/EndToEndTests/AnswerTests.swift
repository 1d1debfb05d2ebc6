import Glibc
import TestSupport
import Testing

/// Upstreams' answers: handed back as they are where they are sound, 502 or 504 where they are not.
@Suite(.ownThread) struct AnswerTests {
  /// One gateway for a table: the upstream answers by the last part of the path.
  private func fixture(_ replies: [(String, UpstreamReply)], route: String = "") throws -> GatewayFixture {
    let table = Dictionary(uniqueKeysWithValues: replies)
    return try GatewayFixture(path: "/hook/*", route: route) { request in
      table[String(request.target.split(separator: "/").last ?? "")] ?? .ok
    }
  }

  private func request(_ name: String) -> [UInt8] {
    SignedRequest(name).with { $0.target = "/hook/\(name)" }.bytes
  }

  @Test func `status, reason, fields and body come back as the upstream gave them`() throws {
    let lines = [
      "Content-Type: text/plain; charset=utf-8", "X-Twice: a", "x-TWICE: b", "Set-Cookie: a=b; Path=/",
      "Date: then",
      "Server: an app", "Retry-After: 7", "Location: http://elsewhere.test/",
      "WWW-Authenticate: Basic realm=\"x\"",
    ]
    let fixture = try fixture([
      ("teapot", .answer(418, "I'm a teapot, short and stout", lines: lines, body: "tea\0 \u{E9}")),
      ("bare", .raw("HTTP/1.1 299\r\nContent-Length: 2\r\n\r\nab")),
      ("moved", .answer(301, "Moved", lines: ["Location: /other"], body: "")),
      (
        "hop",
        .answer(200, "OK", lines: ["Connection: x-own", "X-Own: 1", "Keep-Alive: timeout=5", "X-Far: 2"])
      ),
      ("old", .raw("HTTP/1.0 200 Fine\r\n\r\nuntil the end").then(.close)),
      ("folded", .raw("HTTP/1.1 200 OK\nX-A: b\r\n\t c\nContent-Length: 2\r\n\nab")),
    ])
    let teapot = try fixture.gateway.exchange(request("teapot"))
    #expect(teapot.head.first == "HTTP/1.1 418 I'm a teapot, short and stout")
    #expect(teapot.head.fields == lines + ["Content-Length: \(teapot.body.count)"])
    #expect(teapot.body == Array("tea\0 \u{E9}".utf8))
    let bare = try fixture.gateway.exchange(request("bare"))
    #expect(bare.status == 299 && bare.reason == "" && bare.text == "ab")
    let moved = try fixture.gateway.exchange(request("moved"))
    #expect(moved.status == 301 && moved.head.values("location") == ["/other"])
    let hop = try fixture.gateway.exchange(request("hop"))
    #expect(hop.head.fields == ["X-Far: 2", "Content-Length: 0"])
    let old = try fixture.gateway.exchange(request("old"))
    #expect(old.status == 200 && old.reason == "Fine" && old.text == "until the end")
    let folded = try fixture.gateway.exchange(request("folded"))
    #expect(folded.head.fields == ["X-A: b c", "Content-Length: 2"] && folded.text == "ab")
    #expect(fixture.upstream.requests.count == 6)
  }

  @Test func `however an answer's end is told, its body comes back whole`() throws {
    let long = String(repeating: "0123456789", count: 30_000)
    let fixture = try fixture([
      ("chunked", .chunked(["first ", "second ", "third"], trailers: "X-Late: 1\r\n")),
      ("long-chunked", .chunked(Array(repeating: long, count: 3))),
      ("closed", .raw("HTTP/1.1 200 OK\r\n\r\nto the end").then(.close)),
      ("long-closed", .raw("HTTP/1.1 200 OK\r\n\r\n" + long).then(.close)),
      ("long", .answer(200, body: long)),
      (
        "drip",
        .drip("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndrop drop", pieces: 3, pauseMilliseconds: 5)
      ),
      ("empty-chunked", .chunked([])),
    ])
    let client = try fixture.gateway.connect()
    for (name, text) in [
      ("chunked", "first second third"), ("long-chunked", long + long + long), ("closed", "to the end"),
      ("long-closed", long), ("long", long), ("drip", "drop drop"), ("empty-chunked", ""),
    ] {
      // On one connection: each answer's end has to be where it is told.
      try client.send(request(name))
      let response = try client.response()
      #expect(response.status == 200, "\(name)")
      #expect(response.text == text, "\(name)")
      #expect(!response.head.has("x-late"), "\(name)")
    }
  }

  @Test func `a sender of HTTP/1.0 gets a body that the connection's end ends`() throws {
    let long = String(repeating: "0123456789", count: 30_000)
    let fixture = try fixture([("long", .chunked([long]))])
    let client = try fixture.gateway.connect()
    try client.send(
      SignedRequest().with {
        $0.target = "/hook/long"
        $0.version = "HTTP/1.0"
      }.bytes)
    let bytes = try client.readToEnd()
    let bodyStart = try #require(bytes.firstIndex(of: Array("\r\n\r\n".utf8))) + 4
    #expect(Array(bytes[bodyStart...]) == Array(long.utf8))
    #expect(!Array(bytes[..<bodyStart]).contains("chunked"))
  }

  @Test func `204 and 304 have no body, interim answers are passed over`() throws {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    let fixture = try fixture([
      ("204", .raw("HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n")),
      ("304", .raw("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n")),
      (
        "hints",
        .raw(
          hints + "HTTP/1.1 102 Processing\r\n\r\n" + hints
            + "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nab")
      ),
      ("continue", .raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")),
    ])
    let client = try fixture.gateway.connect()
    for (name, status, text) in [
      ("204", 204, ""), ("304", 304, ""), ("hints", 201, "ab"), ("continue", 200, "ab"),
    ] {
      try client.send(request(name))
      let response = try client.response()
      #expect(response.status == status, "\(name)")
      #expect(response.text == text, "\(name)")
      #expect(!response.head.has("link") && !response.head.has("transfer-encoding"), "\(name)")
    }
  }

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let unsound: [(String, UpstreamReply)] = [
    ("reset", .reset), ("closed", .close),
    ("garbage", UpstreamReply.raw("\u{1}\u{2}what is this\r\n\r\n").then(.close)),
    ("ssh", UpstreamReply.raw("SSH-2.0-OpenSSH_9.2\r\n").then(.close)),
    ("http-0.9", UpstreamReply.raw("<html>hello</html>").then(.close)),
    ("http-2", UpstreamReply.raw("HTTP/2 200\r\n\r\n").then(.close)),
    ("no-number", UpstreamReply.raw("HTTP/1.1 OK\r\n\r\n").then(.close)),
    ("status-999", UpstreamReply.raw("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n").then(.close)),
    ("switching", .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")),
    ("head-cut-off", UpstreamReply.raw(ok + "X-A: 1\r\n").then(.close)),
    ("status-line-cut-off", UpstreamReply.raw("HTTP/1.1 2").then(.close)),
    ("body-cut-off", UpstreamReply.raw(ok + "Content-Length: 10\r\n\r\n123").then(.close)),
    ("body-reset", UpstreamReply.raw(ok + "Content-Length: 10\r\n\r\n123").then(.reset)),
    (
      "chunks-cut-off",
      UpstreamReply.raw(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n").then(.close)
    ),
    ("chunk-cut-off", UpstreamReply.raw(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12").then(.close)),
    ("bad-chunk", UpstreamReply.raw(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n12").then(.close)),
    ("two-lengths", .raw(ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc")),
    ("length-and-chunks", .raw(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
    ("negative-length", .raw(ok + "Content-Length: -1\r\n\r\n")),
    ("gzip-coding", .raw(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")),
    (
      "huge-header",
      .raw(ok + "X: " + String(repeating: "y", count: 1_048_576) + "\r\nContent-Length: 0\r\n\r\n")
    ),
    (
      "many-headers",
      .raw(ok + String(repeating: "X-Some: thing\r\n", count: 20_000) + "Content-Length: 0\r\n\r\n")
    ),
    ("control-byte", .raw(ok + "X-A: b\u{1}c\r\nContent-Length: 0\r\n\r\n")),
    ("nul", .raw(ok + "X-A: b\0c\r\nContent-Length: 0\r\n\r\n")),
    ("no-colon", .raw(ok + "nonsense\r\nContent-Length: 0\r\n\r\n")),
  ]

  @Test func `an unsound answer is 502, after one attempt`() throws {
    let fixture = try fixture(Self.unsound)
    for (index, (name, _)) in Self.unsound.enumerated() {
      let response = try fixture.gateway.exchange(request(name))
      #expect(response.status == 502, "\(name)")
      #expect(response.text == "The upstream gave no answer that could be used.\n", "\(name)")
      #expect(fixture.upstream.requests.count == index + 1, "\(name)")
    }
    #expect(try fixture.gateway.exchange(request("fine")).text == "ok")
  }

  @Test func `nobody listening is 502`() throws {
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["http://127.0.0.1:\(try FreePort.take())/"]))
    let response = try gateway.exchange(SignedRequest().bytes)
    #expect(response.status == 502)
    #expect(response.text == "The upstream could not be reached.\n")
    try gateway.waitForLog(containing: "reason=upstream-connect")
  }

  @Test func `bytes behind an answer reach nobody`() throws {
    let extra = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    let fixture = try GatewayFixture(workers: 1) { request in
      .raw("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngenuine" + extra)
    }
    for _ in 0..<5 {
      let client = try fixture.gateway.connect()
      try client.send(SignedRequest().bytes)
      let response = try client.response()
      // A connection that was found to be out of step may cost a delivery, never give it a wrong answer.
      #expect((response.status == 200 && response.text == "genuine") || response.status == 502)
      #expect(client.readSome(for: 0.05).isEmpty)
    }
  }

  @Test(arguments: [
    // Behind the answer, before the next delivery comes; and a part that libcurl's buffer ends before.
    (UpstreamReply.answer(200, body: "genuine"), 20),
    (UpstreamReply.chunked(["genu", "ine"]), 20),
    (UpstreamReply.answer(204), 20),
    (UpstreamReply.answer(200, body: String(repeating: "g", count: 100_000)), 0),
  ])
  func `an answer that nobody asked for is not the next delivery's`(answer: UpstreamReply, pause: Int) throws
  {
    let unasked = UpstreamReply.answer(408, "Request Timeout", body: "forged").steps
    let fixture = try GatewayFixture(path: "/hook/*", workers: 1) { request in
      let name = request.target.split(separator: "/").last.map(String.init) ?? ""
      guard name == "unasked" else { return .answer(200, body: name) }
      return UpstreamReply(answer.steps + [.pause(milliseconds: pause)] + unasked)
    }
    for round in 0..<4 {
      #expect(try fixture.gateway.exchange(request("unasked")).status < 300)
      // What nobody asked for has come, and the connection has ended by it.
      #expect(eventually { fixture.upstream.openConnections == 0 })
      for next in 0..<3 {
        let name = "next-\(round)-\(next)"
        let response = try fixture.gateway.exchange(request(name))
        #expect(response.status == 200 && response.text == name, "\(name)")
      }
    }
    #expect(fixture.upstream.requests.count == 16)
  }

  @Test(arguments: [100, 100_000, 1_048_576])
  func `an upstream that answers before it read the body is heard`(count: Int) throws {
    let upstream = try RecordingUpstream(answersBeforeTheBody: true) { _ in
      UpstreamReply.answer(429, "Slow down", lines: ["Connection: close"], body: "no").then(.hang)
    }
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    let response = try gateway.exchange(SignedRequest(bytes: [UInt8](repeating: 7, count: count)).bytes)
    #expect(response.status == 429 && response.text == "no")
    #expect(upstream.requests.count == 1)
  }

  @Test func `no first byte in time is 504, and so is no end in time`() throws {
    let fixture = try fixture(
      [
        ("silent", .hang),
        ("endless", UpstreamReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123").then(.hang)),
        ("stuck", UpstreamReply.raw("HTTP/1.1 200 OK\r\nX-A").then(.hang)),
      ], route: "first-byte-seconds-max: 1\ntotal-seconds-max: 2")
    for name in ["silent", "endless", "stuck"] {
      #expect(try fixture.gateway.exchange(request(name), seconds: 25).status == 504, "\(name)")
    }
    try fixture.gateway.waitForLog(containing: "reason=upstream-first-byte-timeout")
    try fixture.gateway.waitForLog(containing: "reason=upstream-total-timeout")
    // Its time over, the gateway has let go of the upstream.
    #expect(try fixture.gateway.exchange(request("fine")).text == "ok")
  }

  @Test func `deliveries that hang at an upstream do not hold up others`() throws {
    let fixture = try fixture([("silent", .hang)], route: "first-byte-seconds-max: 20")
    let waiting = try (0..<8).map { _ in
      let client = try fixture.gateway.connect()
      try client.send(request("silent"))
      return client
    }
    _ = try fixture.upstream.requests(atLeast: 8)
    for _ in 0..<4 { #expect(try fixture.gateway.exchange(request("fine")).text == "ok") }
    #expect(waiting.allSatisfy { $0.end == nil })
  }
}
