import TestSupport
import Testing

/// More than one request on a connection: each in turn, none mistaken for another.
@Suite(.ownThread) struct SequenceTests {
  private func echo() throws -> GatewayFixture {
    // Its answer is the request's query.
    try GatewayFixture { request in
      .answer(200, body: String(request.target.split(separator: "?").last ?? ""))
    }
  }

  private func request(_ number: Int) -> SignedRequest {
    SignedRequest("body \(number)").with { $0.target = "/hook?\(number)" }
  }

  @Test func `eight pipelined requests are each delivered once and answered in order`() throws {
    let fixture = try echo()
    let client = try fixture.gateway.connect()
    try client.send(
      (0..<8).flatMap { number in
        request(number).with { $0.chunks = number % 2 == 0 ? nil : [3] }.bytes
      })
    for number in 0..<8 { #expect(try client.response().text == "\(number)") }
    let seen = try fixture.upstream.requests(atLeast: 8)
    #expect(seen.map(\.body) == (0..<8).map { Array("body \($0)".utf8) })
  }

  @Test(arguments: [(0, 8), (20, 1)])
  func `a connection to an upstream is used once where none may wait, and again where it may`(
    idleSeconds: Int, connections: Int
  ) throws {
    let fixture = try GatewayFixture(route: "upstream-idle-seconds-max: \(idleSeconds)", workers: 1)
    let client = try fixture.gateway.connect()
    for number in 0..<8 {
      try client.send(request(number).bytes)
      #expect(try client.response().status == 200)
    }
    #expect(fixture.upstream.connections == connections)
    #expect(try fixture.upstream.requests(atLeast: 8).count == 8)
    if idleSeconds == 0 { #expect(eventually { fixture.upstream.openConnections == 0 }) }
  }

  @Test func `what is pipelined behind a broken request is not read`() throws {
    let fixture = try echo()
    let client = try fixture.gateway.connect()
    let broken = Array("POST /hook HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n".utf8)
    client.offer(request(1).bytes + broken + request(2).bytes)
    #expect(try client.response().text == "1")
    #expect(try client.response().status == 400)
    #expect(client.isClosedByPeer())
    #expect(try fixture.upstream.onlyRequest().body == Array("body 1".utf8))
  }

  @Test func `what is pipelined behind a refusal that closes is not read`() throws {
    let fixture = try echo()
    for refused in [
      SignedRequest().with { $0.target = "/nowhere" }, SignedRequest().with { $0.method = "PUT" },
    ] {
      let client = try fixture.gateway.connect()
      client.offer(refused.bytes + request(1).bytes)
      #expect([404, 405].contains(try client.response().status))
      #expect(client.isClosedByPeer())
    }
    #expect(fixture.upstream.requests.isEmpty)
  }

  @Test func `a forged request between genuine ones is refused and the next is served`() throws {
    let fixture = try echo()
    let client = try fixture.gateway.connect()
    try client.send(request(1).bytes + request(2).with { $0.secret = "another" }.bytes + request(3).bytes)
    #expect(try client.response().text == "1")
    #expect(try client.response().status == 401)
    #expect(try client.response().text == "3")
    #expect(
      try fixture.upstream.requests(atLeast: 2).map(\.body) == ["body 1", "body 3"].map { Array($0.utf8) })
  }

  @Test func `a connection serves one request after another`() throws {
    let fixture = try echo()
    let client = try fixture.gateway.connect()
    for number in 0..<50 {
      // One empty line before a request is forgiven.
      if number % 5 == 4 { try client.send("\r\n") }
      try client.send(request(number).bytes)
      #expect(try client.response().text == "\(number)")
    }
    #expect(fixture.upstream.requests.count == 50)
  }

  @Test(
    arguments: [
      ("HTTP/1.1", nil, true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "x, Close", false),
      ("HTTP/1.0", nil, false),
      ("HTTP/1.0", "keep-alive", true), ("HTTP/1.0", "keep-alive, close", false),
    ] as [(String, String?, Bool)])
  func `the connection lives on as the version and Connection say`(
    version: String, option: String?, stays: Bool
  ) throws {
    let fixture = try echo()
    let first = request(1).with {
      $0.version = version
      if let option { $0.lines.append("Connection: \(option)") }
    }
    let client = try fixture.gateway.connect()
    try client.send(first.bytes)
    let response = try client.response()
    #expect(response.text == "1")
    #expect((response.head.value("connection") == "close") == !stays)
    if stays {
      try client.send(request(2).bytes)
      #expect(try client.response().text == "2")
    } else {
      #expect(client.isClosedByPeer())
    }
  }

  @Test func `a sender that half-closes after a complete request gets its answer`() throws {
    let fixture = try GatewayFixture { _ in UpstreamReply.ok.after(milliseconds: 300) }
    for request in [SignedRequest("a"), SignedRequest("b").with { $0.chunks = [1] }] {
      let client = try fixture.gateway.connect()
      try client.send(request.bytes)
      client.halfClose()
      #expect(try client.response().text == "ok")
      #expect(client.isClosedByPeer())
    }
    #expect(fixture.upstream.requests.count == 2)
  }

  @Test func `pipelined requests with a half-close behind them are all answered`() throws {
    let fixture = try echo()
    let client = try fixture.gateway.connect()
    try client.send((0..<4).flatMap { request($0).bytes })
    client.halfClose()
    for number in 0..<4 { #expect(try client.response().text == "\(number)") }
    #expect(client.isClosedByPeer())
  }

  @Test func `SIGTERM lets a delivery in flight finish and ends with 0`() throws {
    let latch = Latch()
    let fixture = try GatewayFixture { _ in latch.held() }
    let client = try fixture.gateway.connect()
    try client.send(SignedRequest("last").bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    let witness = try DrainWitness(fixture.gateway)
    fixture.gateway.signal(15)
    #expect(witness.sawDrain())
    latch.open()
    let response = try client.response()
    #expect(response.text == "ok")
    #expect(fixture.gateway.waitForExit(within: 30) == 0)
    #expect(throws: FixtureError.self) { try fixture.gateway.connect() }
  }

  @Test func `a request that arrives on an open connection while it drains is served, and the last there`()
    throws
  {
    let latch = Latch()
    let fixture = try GatewayFixture { $0.body == Array("before".utf8) ? .ok : latch.held() }
    let open = try fixture.gateway.connect()
    try open.send(SignedRequest("before").bytes)
    #expect(try open.response().text == "ok")
    let busy = try fixture.gateway.connect()
    try busy.send(SignedRequest("during").bytes)
    _ = try fixture.upstream.requests(atLeast: 2)
    let witness = try DrainWitness(fixture.gateway)
    fixture.gateway.signal(15)
    try fixture.gateway.waitForLog(containing: "stopping")
    try open.send(SignedRequest("after").bytes)
    _ = try fixture.upstream.requests(atLeast: 3)
    #expect(witness.sawDrain())
    latch.open()
    for client in [busy, open] {
      let response = try client.response()
      #expect(response.text == "ok")
      #expect(response.head.value("connection") == "close")
      #expect(client.isClosedByPeer())
    }
    #expect(fixture.gateway.waitForExit(within: 30) == 0)
  }

  @Test func `a coding in another case is chunked all the same`() throws {
    let fixture = try echo()
    let body = Array("body".utf8)
    let lines =
      ["POST /hook?1 HTTP/1.1", "host:a"] + SignedRequest(bytes: body).signatureLines
      + ["tRANSFER-eNCODING:  ChUnKeD ", "", ""]
    let bytes = Array(lines.joined(separator: "\r\n").utf8) + Chunked.encode(body, sizes: [1])
    #expect(try fixture.gateway.exchange(bytes).status == 200)
    #expect(try fixture.upstream.onlyRequest().body == body)
  }

  @Test func `a drain does not wait for ever`() throws {
    let fixture = try GatewayFixture(limits: "drain-seconds-max: 2") { _ in .hang }
    let client = try fixture.gateway.connect()
    try client.send(SignedRequest("stuck").bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    fixture.gateway.signal(15)
    #expect(fixture.gateway.waitForExit(within: 20) == 0)
    #expect(client.isClosedByPeer())
  }
}
