import TestSupport
import Testing

/// Bodies that end early or come in pieces, several requests on one connection.
@Suite(.ownThread) struct SequenceHostileTests {
  private static let plain = SignedRequest("0123456789")

  // MARK: Bodies that end early

  private enum Ending: String, CaseIterable {
    case half = "a half-close", close = "a close", reset = "a reset"
  }

  private func end(_ client: RawClient, _ ending: Ending) throws -> String {
    switch ending {
    case .half:
      client.halfClose()
      let answer = try client.readToEnd()
      return answer.isEmpty ? "nothing" : String(answer.latin1.prefix(12).suffix(3))
    case .close: client.close()
    case .reset: client.reset()
    }
    return "nothing"
  }

  @Test func `what is cut off reaches nobody, wherever the cut is`() throws {
    let runner = try RawRunner()
    for (kind, request) in [
      ("with a length", Self.plain), ("in chunks", Self.plain.with { $0.chunks = [4] }),
      (
        "with trailers",
        Self.plain.with {
          $0.chunks = [4]; $0.trailers = "X: y\r\n"
        }
      ),
    ] {
      for ending in Ending.allCases {
        HostileTable.row(
          .cutBody, "\(kind), cut by \(ending.rawValue) at each byte", expected: "upstream 0, served"
        ) {
          let bytes = request.bytes
          let before = runner.upstream.bytesReceived
          for count in stride(from: 1, to: bytes.count, by: ending == .half ? 1 : 7) + [bytes.count - 1] {
            let client = try runner.gateway.connect()
            client.offer(Array(bytes[..<count]))
            let answer = try end(client, ending)
            guard ["nothing", "400", "408"].contains(answer) else { return "\(answer) after \(count) bytes" }
          }
          let reached = runner.upstream.bytesReceived - before
          try runner.serve()
          return reached == 0 ? "upstream 0, served" : "upstream \(reached) bytes"
        }
      }
    }
  }

  // MARK: Bodies in pieces

  private static let bodies: [(String, [UInt8])] = [
    ("empty", []), ("one byte", [0]), ("every byte", Array(0...255)),
    ("invalid UTF-8", [0xC3, 0x28, 0xFF, 0xFE, 0x80]),
    ("a CRLF at its end", Array("{}\r\n".utf8)), ("CRLFs only", Array("\r\n\r\n\r\n".utf8)),
    ("a chunk's end", Array("0\r\n\r\n".utf8)), ("NULs", [UInt8](repeating: 0, count: 300)),
    ("a request", SignedRequest("inner").bytes), ("a byte order mark", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]),
  ]

  @Test func `a body arrives byte for byte, however it is framed`() throws {
    let runner = try RawRunner()
    for (name, body) in Self.bodies {
      for chunks in [nil, [1], [2, 3], [100_000]] {
        let how = chunks.map { "in chunks of \($0)" } ?? "with a length"
        runner.run([
          RawCase(.wholeBody, "\(name), \(how)", .delivered(body)) {
            SignedRequest(bytes: body).with { $0.chunks = chunks }.bytes
          }
        ])
      }
    }
  }

  @Test func `however its bytes are cut, a delivery arrives once and whole`() throws {
    let runner = try RawRunner()
    var generator = SeededGenerator(seed: runSeed &+ 1)
    HostileTable.row(.wholeBody, "60 random splits, seed \(runSeed)", expected: "60 whole") {
      for round in 0..<60 {
        let body = generator.bytes(Int.random(in: 0...3_000, using: &generator))
        let request = SignedRequest(bytes: body).with {
          $0.chunks = Bool.random(using: &generator) ? [Int.random(in: 1...400, using: &generator)] : nil
        }
        let client = try runner.gateway.connect()
        var rest = request.bytes[...]
        while !rest.isEmpty {
          let count = min(rest.count, Int.random(in: 1...700, using: &generator))
          try client.send(Array(rest.prefix(count)))
          rest = rest.dropFirst(count)
        }
        guard try client.response().status == 200 else { return "round \(round): refused" }
        let seen = try runner.upstream.requests(atLeast: round + 1)
        guard seen.count == round + 1, seen[round].body == body else { return "round \(round): another body" }
      }
      return "60 whole"
    }
    HostileTable.row(.wholeBody, "byte by byte", expected: "200, whole") {
      let before = runner.upstream.requests.count
      let client = try runner.gateway.connect()
      try client.send(Self.plain.with { $0.chunks = [3] }.bytes, pieces: 1, pauseMilliseconds: 1)
      let status = try client.response().status
      let seen = try runner.upstream.requests(atLeast: before + 1)
      return seen[before].body == Self.plain.body ? "\(status), whole" : "\(status), another body"
    }
    HostileTable.row(.wholeBody, "1 MiB of random bytes, in chunks of 1 to 9", expected: "200, whole") {
      let body = generator.bytes(1_048_576)
      let before = runner.upstream.requests.count
      let client = try runner.gateway.connect()
      try client.send(SignedRequest(bytes: body).with { $0.chunks = [1, 9, 4] }.bytes)
      let status = try client.response(within: 60).status
      let seen = try runner.upstream.requests(atLeast: before + 1, within: 30)
      return seen[before].body == body ? "\(status), whole" : "\(status), another body"
    }
  }

  // MARK: One after the other

  /// Requests sent in one go: the statuses of the answers and the bodies that arrived.
  private func pipelined(_ requests: [[UInt8]], answers: Int) throws -> String {
    let runner = try RawRunner()
    let client = try runner.gateway.connect()
    client.offer(requests.flatMap { $0 })
    var statuses: [String] = []
    for _ in 0..<answers { statuses.append(String(try client.response().status)) }
    let isOver = statuses.last == "400" || statuses.last == "404" ? client.isClosedByPeer() : true
    let bodies = runner.upstream.requests.map(\.body.latin1)
    try runner.serve()
    return "\(statuses.joined(separator: " ")): \(bodies.joined(separator: " "))"
      + (isOver ? "" : ", still open")
  }

  @Test func `each of several is judged by itself and in its turn`() throws {
    func good(_ name: String) -> [UInt8] { SignedRequest(name).bytes }
    let forged = SignedRequest("forged").with { $0.secret = "another" }.bytes
    let broken = Array("POST /hook HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n".utf8)
    let lost = SignedRequest("lost").with { $0.target = "/lost" }.bytes
    let both = RawCase(
      .bothFramings, "", .refused([400]),
      text: RawCase.post("Content-Length: 10\r\nTransfer-Encoding: chunked", RawCase.chunkedBody)
    ).bytes
    let bodiless = Array("POST /hook HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    let eight = (0..<8).map { "b\($0)" }
    let rows: [(String, [[UInt8]], Int, String)] = [
      ("8 good", eight.map(good), 8, "200 200 200 200 200 200 200 200: " + eight.joined(separator: " ")),
      ("good, forged, good", [good("a"), forged, good("c")], 3, "200 401 200: a c"),
      ("forged, forged, good", [forged, forged, good("c")], 3, "401 401 200: c"),
      ("good, broken, good", [good("a"), broken, good("c")], 2, "200 400: a"),
      ("good, CL and TE, good", [good("a"), both, good("c")], 2, "200 400: a"),
      ("broken, good", [broken, good("c")], 1, "400: "),
      ("good, lost, good", [good("a"), lost, good("c")], 2, "200 404: a"),
      ("forged, broken, good", [forged, broken, good("c")], 2, "401 400: "),
      ("no body, good", [bodiless, good("c")], 2, "401 200: c"),
      ("good, an empty line, good", [good("a"), [13, 10], good("c")], 2, "200 200: a c"),
      ("good, two empty lines, good", [good("a"), [13, 10, 13, 10], good("c")], 2, "200 400: a"),
      ("good, a byte more, good", [good("a"), [0], good("c")], 2, "200 400: a"),
      (
        "a closing one, good",
        [SignedRequest("a").with { $0.lines.append("Connection: close") }.bytes, good("c")], 1, "200: a"
      ),
      (
        "HTTP/1.0, good", [SignedRequest("a").with { $0.version = "HTTP/1.0" }.bytes, good("c")], 1, "200: a"
      ),
    ]
    for (name, requests, answers, expected) in rows {
      HostileTable.row(.sequence, name, expected: expected) { try pipelined(requests, answers: answers) }
    }
  }

  // MARK: Expect

  @Test func `who waits for 100 hears it, and what else is expected is refused`() throws {
    let runner = try RawRunner()
    HostileTable.row(.expect, "Expect: 100-continue, and waits", expected: "100, 200") {
      let request = Self.plain.with { $0.lines.append("Expect: 100-continue") }
      let client = try runner.gateway.connect()
      try client.send(request.head)
      let first = try client.response().status
      try client.send(request.body)
      return "\(first), \(try client.response().status)"
    }
    HostileTable.row(.expect, "Expect: 100-continue, the body too large", expected: "413, closed") {
      let request = SignedRequest(bytes: [UInt8](repeating: 7, count: 2_000_000))
      let client = try runner.gateway.connect()
      try client.send(request.with { $0.lines.append("Expect: 100-continue") }.head)
      let status = try client.response().status
      return "\(status), \(client.isClosedByPeer() ? "closed" : "open")"
    }
    HostileTable.row(.expect, "Expect: 100-continue and all at once", expected: "200") {
      "\(try runner.gateway.exchange(Self.plain.with { $0.lines.append("Expect: 100-continue") }.bytes).status)"
    }
    let other = RawText.rows(
      #"""
      Expect: a-miracle
      Expect: 100-continu
      Expect: 100-continuex
      Expect: 100-continue, x
      Expect: x, 100-continue
      Expect: 100-continue\r\nExpect: 100-continue
      Expect: 100-continue;q=1
      Expect: "100-continue"
      Expect: 100 continue
      Expect: 100\xadcontinue
      Expect:
      Expect: y 100-continue
      Expect: 200-ok
      """#)
    runner.run(
      other.map {
        RawCase(.expect, $0, .refused([417]), text: RawCase.post("\($0.unescaped)\r\nContent-Length: 10"))
      })
    let broken = RawText.rows(
      #"""
      Expect : 100-continue
      Expect:\r\n 100-continue
      \x20Expect: 100-continue
      Expect: 100-continue\x00
      Expect: \x0b100-continue
      """#)
    runner.run(
      broken.map {
        RawCase(.expect, $0, .refused([400]), text: RawCase.post("\($0.unescaped)\r\nContent-Length: 10"))
      })
  }

  // MARK: Half-closed connections

  @Test func `who half-closes after a whole request gets its answer`() throws {
    for (name, request) in [
      ("with a length", Self.plain), ("in chunks", Self.plain.with { $0.chunks = [3] }),
    ] {
      HostileTable.row(.halfClose, "half-closed after a request \(name)", expected: "200, once, closed") {
        let upstream = try RecordingUpstream { _ in .ok.after(milliseconds: 200) }
        let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
        let client = try gateway.connect()
        try client.send(request.bytes)
        client.halfClose()
        let status = try client.response().status
        let closed = client.isClosedByPeer() ? "closed" : "open"
        return "\(status), \(upstream.requests.count == 1 ? "once" : "\(upstream.requests.count)"), \(closed)"
      }
    }
  }

  // MARK: Targets

  @Test func `no request leads anywhere but to the configured upstream`() throws {
    let canary = try RecordingUpstream()
    let runner = try RawRunner()
    let there = "127.0.0.1:\(canary.port)"
    let delivered = RawCase.Expected.delivered(Self.plain.body)
    func framed(_ line: String, _ host: String) -> String {
      "\(line)\r\nHost: \(host)\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
    }
    runner.run([
      RawCase(.target, "a foreign Host", delivered, text: framed("POST /hook HTTP/1.1", there)),
      RawCase(
        .target, "an absolute target", .refused([400]),
        text: framed("POST http://\(there)/hook HTTP/1.1", "a")),
      RawCase(
        .target, "an absolute target, the Host alike", .refused([400]),
        text: framed("POST http://\(there)/hook HTTP/1.1", there)),
      RawCase(.target, "CONNECT", .refused([400]), text: framed("CONNECT \(there) HTTP/1.1", there)),
      RawCase(
        .target, "a target with user information", .refused([400]),
        text: framed("POST @\(there)/hook HTTP/1.1", "a")),
      RawCase(
        .target, "a target of two slashes", .refused([404]),
        text: framed("POST //\(there)/hook HTTP/1.1", "a")),
      RawCase(
        .target, "a query that is a URL", delivered, text: framed("POST /hook?@\(there)/ HTTP/1.1", "a")),
      RawCase(
        .target, "forwarding headers that name another", delivered,
        text: framed("POST /hook HTTP/1.1\r\nX-Forwarded-Host: \(there)\r\nForwarded: host=\(there)", "a")),
    ])
    #expect(canary.connections == 0)
  }
}
