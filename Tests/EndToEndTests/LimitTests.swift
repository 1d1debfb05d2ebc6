import TestSupport
import Testing

/// Every limit is held by what was counted, and what lies on it passes.
@Suite(.ownThread) struct LimitTests {
  @Test func `a length over the limit is 413 before a byte of the body was sent`() throws {
    let fixture = try GatewayFixture(limits: "body-bytes-max: 1000")
    let client = try fixture.gateway.connect()
    try client.send(SignedRequest(bytes: [UInt8](repeating: 7, count: 1001)).head)
    #expect(try client.response().status == 413)
    #expect(client.isClosedByPeer())
    try fixture.expectServing()
  }

  @Test func `a sender that goes on sending far over the limit still hears 413`() throws {
    let fixture = try GatewayFixture()
    for chunks in [nil, [65_536]] {
      let client = try fixture.gateway.connect()
      client.offer(
        SignedRequest(bytes: [UInt8](repeating: 7, count: 5_000_000)).with { $0.chunks = chunks }.bytes)
      #expect(try client.response().status == 413)
      #expect(client.isClosedByPeer())
    }
    try fixture.expectServing()
  }

  @Test(arguments: [UrllibSender.length, UrllibSender.chunked])
  func `a sender that reads nothing until all of its 20 MB are away hears 413`(program: String) throws {
    let fixture = try GatewayFixture()
    for _ in 0..<4 {
      let sender = try ChildProcess(
        ["/usr/bin/env", "python3", "-c", program, "http://127.0.0.1:\(fixture.gateway.port)/hook"],
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
      #expect(sender.waitForExit(within: 60) == 0)
      #expect(sender.lines == ["413 The body is too large."])
    }
    try fixture.expectServing()
  }

  @Test func `a sender that goes on for ever behind its 413 is let go of`() throws {
    let fixture = try GatewayFixture()
    let client = try fixture.gateway.connect()
    try client.send(SignedRequest(bytes: [UInt8](repeating: 7, count: 2_000_000)).head)
    #expect(try client.response().status == 413)
    // A byte now and then, never silent for as long as a second.
    #expect(eventually(within: 60) { client.isDead })
    try fixture.expectServing()
  }

  @Test(arguments: [[1001], [1], [100, 1]])
  func `a chunked body over the limit is 413 by its counted bytes`(sizes: [Int]) throws {
    let fixture = try GatewayFixture(limits: "body-bytes-max: 1000")
    let client = try fixture.gateway.connect()
    client.offer(SignedRequest(bytes: [UInt8](repeating: 7, count: 1001)).with { $0.chunks = sizes }.bytes)
    #expect(try client.response().status == 413)
    #expect(client.isClosedByPeer())
    try fixture.expectServing()
  }

  @Test(arguments: [nil, [1000], [1], [333, 1]])
  func `a body of exactly the limit passes`(sizes: [Int]?) throws {
    let fixture = try GatewayFixture(limits: "body-bytes-max: 1000")
    let request = SignedRequest(bytes: [UInt8](repeating: 7, count: 1000)).with { $0.chunks = sizes }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    #expect(try fixture.upstream.onlyRequest().body == request.body)
  }

  @Test func `a route may widen and narrow the body's limit`() throws {
    let upstream = try RecordingUpstream()
    let config = GatewayConfig.text(
      upstreams: [upstream.url()], path: "/wide", route: "body-bytes-max: 2000",
      limits: "body-bytes-max: 1000")
    let narrow = GatewayConfig.route("/narrow", upstreams: [upstream.url()], "body-bytes-max: 10")
    let gateway = try GatewayProcess(config: config + "\n" + narrow)
    func status(_ path: String, _ count: Int) throws -> Int {
      let request = SignedRequest(bytes: [UInt8](repeating: 7, count: count)).with { $0.target = path }
      return try gateway.exchange(request.bytes).status
    }
    #expect(try status("/wide", 2000) == 200)
    #expect(try status("/wide", 2001) == 413)
    #expect(try status("/narrow", 10) == 200)
    #expect(try status("/narrow", 11) == 413)
  }

  @Test func `too many header fields or bytes are 431, a long request line 414`() throws {
    let fixture = try GatewayFixture(
      limits: "header-bytes-max: 4096\nheader-fields-max: 20\nrequest-line-bytes-max: 200")
    let many = SignedRequest().with { $0.lines += (0..<30).map { "X-\($0): y" } }
    let long = SignedRequest().with { $0.lines.append("X: " + String(repeating: "y", count: 5000)) }
    let endless = Array("POST /hook HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 121, count: 100_000)
    let line = SignedRequest().with { $0.target = "/hook?" + String(repeating: "q", count: 300) }
    for (bytes, status) in [(many.bytes, 431), (long.bytes, 431), (endless, 431), (line.bytes, 414)] {
      let client = try fixture.gateway.connect()
      client.offer(bytes)
      #expect(try client.response().status == status)
      #expect(client.isClosedByPeer())
    }
    // Host, two of the signature, the length, and 16 more are 20.
    let full = SignedRequest("full").with { $0.lines += (0..<16).map { "X-\($0): y" } }
    #expect(try fixture.gateway.exchange(full.bytes).status == 200)
    try fixture.expectServing(after: 1)
  }

  @Test func `a head that takes too long is 408`() throws {
    let fixture = try GatewayFixture(limits: "head-seconds-max: 1")
    let client = try fixture.gateway.connect()
    try client.send("POST /hook HTTP/1.1\r\nHost: a\r\n")
    #expect(try client.response(within: 15).status == 408)
    #expect(client.isClosedByPeer())
    try fixture.expectServing()
  }

  @Test func `a head that comes byte by byte is 408 all the same`() throws {
    let fixture = try GatewayFixture(limits: "head-seconds-max: 1")
    let client = try fixture.gateway.connect()
    client.offer(Array("POST /hook HTTP/1.1\r\nHost: a\r\nX: ".utf8))
    // A minute's worth of bytes: the deadline does not move with each of them.
    for byte in [UInt8](repeating: 120, count: 600) {
      client.offer([byte])
      let some = client.readSome(for: 0.1)
      guard some.isEmpty else {
        #expect(some.contains("HTTP/1.1 408 "))
        return try fixture.expectServing()
      }
    }
    Issue.record("the head was never cut off")
  }

  @Test func `a body that takes too long is 408 and reaches nobody`() throws {
    let fixture = try GatewayFixture(limits: "body-seconds-max: 1")
    let request = SignedRequest("0123456789")
    let client = try fixture.gateway.connect()
    try client.send(request.head + request.body.dropLast())
    #expect(try client.response(within: 15).status == 408)
    #expect(client.isClosedByPeer())
    try fixture.expectServing()
  }

  @Test func `a connection without a request is closed without a word`() throws {
    let fixture = try GatewayFixture(limits: "idle-seconds-max: 1")
    let silent = try fixture.gateway.connect()
    let used = try fixture.gateway.connect()
    try used.send(SignedRequest().bytes)
    #expect(try used.response().status == 200)
    #expect(silent.isClosedByPeer(within: 15))
    #expect(used.isClosedByPeer(within: 15))
  }

  @Test func `while others drip their heads a sender is served`() throws {
    let fixture = try GatewayFixture()
    let slow = try (0..<50).map { _ in try fixture.gateway.connect() }
    for client in slow { try client.send("POST /hook HTTP/1.1\r\nHo") }
    try fixture.expectServing()
    #expect(slow.count == 50)
  }

  @Test func `more deliveries than may be in flight are 503 with Retry-After`() throws {
    let latch = Latch()
    let fixture = try GatewayFixture(limits: "in-flight-max: 1") { _ in latch.held() }
    let first = try fixture.gateway.connect()
    try first.send(SignedRequest("first").bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    let refused = try fixture.gateway.exchange(SignedRequest("second").bytes)
    #expect(refused.status == 503)
    #expect(refused.head.value("retry-after") == "1")
    latch.open()
    #expect(try first.response().status == 200)
    // A place is given back behind the answer: who is quick enough may still be refused.
    #expect(eventually { (try? fixture.gateway.exchange(SignedRequest("third").bytes).status) == 200 })
    #expect(
      try fixture.upstream.requests(atLeast: 2).map(\.body) == ["first", "third"].map { Array($0.utf8) })
  }

  @Test func `more body bytes than may be in flight are 503 with Retry-After`() throws {
    let latch = Latch()
    let fixture = try GatewayFixture(limits: "body-bytes-max: 1000\nin-flight-bytes-max: 1000") { _ in
      latch.held()
    }
    let body = [UInt8](repeating: 7, count: 600)
    let first = try fixture.gateway.connect()
    try first.send(SignedRequest(bytes: body).bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    let refused = try fixture.gateway.exchange(SignedRequest(bytes: body).bytes)
    #expect(refused.status == 503)
    #expect(refused.head.value("retry-after") == "1")
    latch.open()
    #expect(try first.response().status == 200)
    try fixture.expectServing(after: 1)
  }

  @Test func `more connections than allowed are 503 with Retry-After, and a place freed is taken again`()
    throws
  {
    let fixture = try GatewayFixture(limits: "connections-max: 2")
    let held = try (0..<2).map { _ in try fixture.gateway.connect() }
    for client in held {
      try client.send(SignedRequest("held").bytes)
      #expect(try client.response().status == 200)
    }
    let refused = try fixture.gateway.connect()
    let response = try refused.response()
    #expect(response.status == 503)
    #expect(response.head.value("retry-after") == "1")
    #expect(refused.isClosedByPeer())
    held[0].close()
    let isServed = eventually {
      (try? fixture.gateway.exchange(SignedRequest("later").bytes).status) == 200
    }
    #expect(isServed)
  }

  @Test func `hundreds of idle connections neither stop a sender nor stay behind`() throws {
    let fixture = try GatewayFixture()
    try fixture.expectServing()
    let before = fixture.gateway.descriptorCount
    var idle = try (0..<300).map { _ in try fixture.gateway.connect() }
    for _ in 0..<200 { try fixture.gateway.connect().close() }
    try fixture.expectServing(after: 1)
    #expect(idle.count == 300)
    idle = []
    #expect(eventually(within: 20) { fixture.gateway.descriptorCount <= before + 16 })
  }
}

/// Python's own client, which hears nothing where it is cut off while it sends.
private enum UrllibSender {
  static let length = program("bytes(20000000)")
  static let chunked = program("(bytes(50000) for _ in range(400))")

  private static func program(_ body: String) -> String {
    """
    import sys, urllib.error, urllib.request
    request = urllib.request.Request(sys.argv[1], data=\(body), headers={"Content-Type": "application/json"})
    try: print(urllib.request.urlopen(request, timeout=50).status)
    except urllib.error.HTTPError as error: print(error.code, error.read().decode().strip())
    except Exception as error: print(error)
    """
  }
}
