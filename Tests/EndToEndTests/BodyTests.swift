import TestSupport
import Testing

/// The body reaches the app byte for byte, whatever it holds and however it was sent, and once.
@Suite(.ownThread) struct BodyTests {
  private static var bodies: [(String, [UInt8])] {
    var generator = SeededGenerator(seed: 1)
    return [
      ("empty", []),
      ("one byte", [0]),
      ("text", Array("{\"amount\":3.10,\"name\":\"Zoë\"}".utf8)),
      ("every byte", (0...255).map { UInt8($0) }),
      ("NUL at both ends", [0, 1, 0]),
      ("invalid UTF-8", [0xC3, 0x28, 0xFF, 0xFE, 0xED, 0xA0, 0x80]),
      ("line ends behind it", Array("{}\r\n\r\n".utf8)),
      ("a request within it", Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
      ("64 KiB", generator.bytes(65_536)),
      ("64 KiB and a byte", generator.bytes(65_537)),
      ("1 MiB", generator.bytes(1_048_576)),
    ]
  }

  @Test func `a body of any bytes arrives as it was sent, once`() throws {
    let fixture = try GatewayFixture()
    for (index, (name, body)) in Self.bodies.enumerated() {
      #expect(try fixture.gateway.exchange(SignedRequest(bytes: body).bytes).status == 200, "\(name)")
      let seen = try fixture.upstream.requests(atLeast: index + 1)
      #expect(seen.count == index + 1, "\(name)")
      #expect(seen[index].body == body, "\(name)")
      #expect(seen[index].head.values("content-length") == ["\(body.count)"], "\(name)")
      #expect(!seen[index].head.has("expect"), "\(name)")
    }
  }

  @Test func `a body in chunks of any sizes arrives whole, once`() throws {
    let fixture = try GatewayFixture()
    var generator = SeededGenerator(seed: 2)
    for (index, (name, body)) in Self.bodies.enumerated() {
      // A byte each would be six times the bytes; that is for the short ones.
      let sizes =
        body.count < 1000 ? [1] : (0..<50).map { _ in Int.random(in: 1...20_000, using: &generator) }
      let request = SignedRequest(bytes: body).with { $0.chunks = sizes }
      #expect(try fixture.gateway.exchange(request.bytes).status == 200, "\(name)")
      let seen = try fixture.upstream.requests(atLeast: index + 1)
      #expect(seen.count == index + 1, "\(name)")
      #expect(seen[index].body == body, "\(name)")
      #expect(!seen[index].head.has("transfer-encoding"), "\(name)")
    }
  }

  @Test func `however a request is cut into packets it is the same request`() throws {
    let fixture = try GatewayFixture()
    var generator = SeededGenerator(seed: 3)
    for turn in 0..<20 {
      let body = generator.bytes(300)
      let request = SignedRequest(bytes: body).with { $0.chunks = turn % 2 == 0 ? nil : [7, 1, 64] }
      let client = try fixture.gateway.connect()
      var rest = request.bytes[...]
      while !rest.isEmpty {
        let count = min(Int.random(in: 1...120, using: &generator), rest.count)
        try client.send(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
        _ = client.readSome(for: 0.001)
      }
      #expect(try fixture.upstream.requests(atLeast: turn + 1).last?.body == body, "turn \(turn)")
    }
    #expect(fixture.upstream.requests.count == 20)
  }

  @Test func `a request byte by byte is delivered`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest("drop by drop")
    let client = try fixture.gateway.connect()
    try client.send(request.bytes, pieces: 1, pauseMilliseconds: 1)
    #expect(try client.response().status == 200)
    #expect(try fixture.upstream.onlyRequest().body == request.body)
  }

  @Test func `a POST without any framing is an empty body`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest("")
    let lines = ["POST /hook HTTP/1.1", "Host: a"] + request.signatureLines + ["", ""]
    #expect(try fixture.gateway.exchange(Array(lines.joined(separator: "\r\n").utf8)).status == 200)
    let seen = try fixture.upstream.onlyRequest()
    #expect(seen.body.isEmpty)
    #expect(seen.head.values("content-length") == ["0"])
  }

  @Test func `a sender that waits for 100 Continue gets it, then the answer`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest("waited for").with { $0.lines.append("Expect: 100-continue") }
    let client = try fixture.gateway.connect()
    try client.send(request.head)
    #expect(try client.response().status == 100)
    try client.send(request.body)
    #expect(try client.response().status == 200)
    let seen = try fixture.upstream.onlyRequest()
    #expect(seen.body == request.body)
    #expect(!seen.head.has("expect"))
  }

  @Test func `a sender that does not wait for 100 Continue is served as well`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest("not waited").with { $0.lines.append("Expect: 100-Continue") }
    let client = try fixture.gateway.connect()
    try client.send(request.bytes)
    var response = try client.response()
    if response.status == 100 { response = try client.response() }
    #expect(response.status == 200)
    #expect(try fixture.upstream.onlyRequest().body == request.body)
  }

  /// libcurl would say `Expect: 100-continue` above 1 MiB, and wait a second for who does not know it.
  @Test func `a long body comes without an expectation of ours`() throws {
    let fixture = try GatewayFixture(limits: "body-bytes-max: 2097152")
    let request = SignedRequest(bytes: [UInt8](repeating: 0x61, count: 1_200_000))
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let seen = try fixture.upstream.onlyRequest()
    #expect(seen.body == request.body)
    #expect(!seen.head.has("expect"))
  }

  @Test func `trailers of any name are neither headers nor forwarded`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest("with trailers").with {
      $0.chunks = [5]
      $0.lines.append("Trailer: X-Verified, X-Late")
      $0.trailers = "X-Verified: late\r\nX-Late: yes\r\nContent-Length: 3\r\nmor-signature: 00\r\n"
    }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let seen = try fixture.upstream.onlyRequest()
    #expect(seen.body == request.body)
    #expect(seen.head.values("x-verified") == ["true"])
    for name in ["x-late", "trailer"] { #expect(!seen.head.has(name)) }
    // A signature that comes in the trailers only is none.
    let late = SignedRequest("late").with {
      $0.chunks = [5]
      $0.trailers = $0.signatureLines.map { $0 + "\r\n" }.joined()
      $0.ownSignatureLines = []
    }
    #expect(try fixture.gateway.exchange(late.bytes).status == 401)
  }

  @Test func `an application in Python sees what was sent`() throws {
    let witness = try PythonWitness()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["http://127.0.0.1:\(witness.port)/app"]))
    var generator = SeededGenerator(seed: 4)
    for (index, body) in [[], generator.bytes(1000), generator.bytes(300_000)].enumerated() {
      let request = SignedRequest(bytes: body).with {
        $0.target = "/hook?turn=\(index)"
        $0.chunks = index == 1 ? [10] : nil
      }
      #expect(try gateway.exchange(request.bytes).text == "witness")
      #expect(eventually { witness.requests.count == index + 1 })
      let seen = try #require(witness.requests.last)
      #expect(seen.bodyHex == body.hex)
      #expect(seen.target == "/app?turn=\(index)")
      #expect(seen.headers.filter { $0[0].lowercased() == "x-verified" } == [["X-Verified", "true"]])
    }
  }
}

extension [UInt8] {
  var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
