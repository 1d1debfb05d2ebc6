import TestSupport
import Testing

/// Which deliveries go where.
@Suite(.ownThread) struct RouteTests {
  @Test func `the rest of a prefix route is appended as it was written`() throws {
    let fixture = try GatewayFixture(path: "/hooks/*")
    let rests = ["a", "a/b", "a/", "", "%41%20b", "a;v=1", "~x_y.z", "a?q=1", "...", "a.b"]
    for rest in rests {
      let request = SignedRequest().with { $0.target = "/hooks/" + rest }
      #expect(try fixture.gateway.exchange(request.bytes).status == 200, "\(rest)")
    }
    #expect(fixture.upstream.requests.map(\.target) == rests.map { "/app/" + $0 })
  }

  @Test func `a rest that two readers could resolve differently is 400 and closed`() throws {
    let fixture = try GatewayFixture(path: "/hooks/*")
    for rest in [
      "../x", "a/../b", "a/..", ".", "a/./b", "/a", "a//b", "a\\b", "%2e%2e/x", "a/%2E%2e", "%2Fx", "a%5Cb",
      "a%00",
      "%", "%4", "%zz", "..;/x", ".;a",
    ] {
      let client = try fixture.gateway.connect()
      client.offer(SignedRequest().with { $0.target = "/hooks/" + rest }.bytes)
      #expect(try client.response().status == 400, "\(rest)")
      #expect(client.isClosedByPeer(), "\(rest)")
    }
    #expect(fixture.upstream.requests.isEmpty)
    #expect(try fixture.gateway.exchange(SignedRequest().with { $0.target = "/hooks" }.bytes).status == 404)
  }

  /// Its reset may come with the request, before the refusal is written, and then ends the connection from within.
  @Test func `a sender that is gone when it is refused is recorded once`() throws {
    let fixture = try GatewayFixture(top: "log: {refused-per-minute-max: unlimited}")
    for number in 0..<100 {
      let client = try fixture.gateway.connect()
      client.offer(
        SignedRequest("").with {
          $0.target = "/nowhere"
          $0.lines.append("X-Request-Id: gone-\(number)")
        }.bytes)
      client.reset()
    }
    #expect(try fixture.gateway.exchange(SignedRequest().bytes).status == 200)
    _ = try fixture.gateway.waitForLog(containing: "outcome=forwarded")
    let seen = fixture.gateway.log.compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("request_id=gone-") }
    }
    #expect(Set(seen).count == seen.count)
  }

  @Test func `an exact path beats a prefix, a longer prefix a shorter, a host none`() throws {
    let upstream = try RecordingUpstream()
    var config = GatewayConfig.text(upstreams: [upstream.url("/short/")], path: "/a/*")
    config += "\n" + GatewayConfig.route("/a/b/*", upstreams: [upstream.url("/long/")])
    config += GatewayConfig.route("/a/b/c", upstreams: [upstream.url("/exact")])
    config += GatewayConfig.route("/a/b/c", upstreams: [upstream.url("/host")], "host: shop.test")
    let gateway = try GatewayProcess(config: config)
    let cases = [
      ("/a/x", "a", "/short/x"), ("/a/b/x", "a", "/long/x"), ("/a/b/c", "a", "/exact"),
      ("/a/b/c", "SHOP.test:8480", "/host"), ("/a/b/c", "shop.test.evil", "/exact"),
      ("/a/b/c/", "shop.test", "/long/c/"),
    ]
    for (path, host, target) in cases {
      let request = SignedRequest().with {
        $0.target = path
        $0.lines = ["Host: \(host)"]
      }
      #expect(try gateway.exchange(request.bytes).status == 200)
      #expect(upstream.requests.last?.target == target, "\(path) at \(host)")
    }
  }

  @Test func `the configured path and query go out as they stand, the sender's query behind them`() throws {
    let upstream = try RecordingUpstream()
    let url = upstream.url("/app/../%7Ex//y?key=a%20b")
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [url]))
    for query in ["", "?q=1"] {
      #expect(try gateway.exchange(SignedRequest().with { $0.target = "/hook" + query }.bytes).status == 200)
    }
    #expect(upstream.requests.map(\.target) == ["", "&q=1"].map { "/app/../%7Ex//y?key=a%20b" + $0 })
  }

  @Test func `GET, HEAD and others pass where the route names them`() throws {
    let fixture = try GatewayFixture(route: "methods: [GET, HEAD, PUT, PATCH]") { _ in
      .answer(200, body: "an answer")
    }
    for method in ["GET", "HEAD", "PUT", "PATCH", "GET"] {
      let request = SignedRequest("").with { $0.method = method }
      let bodiless = Array(
        ([method + " /hook HTTP/1.1", "Host: a"] + request.signatureLines + ["", ""])
          .joined(separator: "\r\n").utf8)
      let client = try fixture.gateway.connect()
      try client.send(bodiless)
      let response = try client.response(to: method)
      #expect(response.status == 200, "\(method)")
      #expect(response.head.values("content-length") == ["9"], "\(method)")
      #expect(response.text == (method == "HEAD" ? "" : "an answer"), "\(method)")
      // Not a byte of a body behind HEAD's head: the next answer follows at once.
      try client.send(bodiless)
      #expect(try client.response(to: method).status == 200, "\(method)")
    }
    let seen = fixture.upstream.requests
    #expect(seen.map(\.method) == ["GET", "HEAD", "PUT", "PATCH", "GET"].flatMap { [$0, $0] })
    #expect(seen.allSatisfy { $0.head.has("content-length") == ["PUT", "PATCH"].contains($0.method) })
    #expect(try fixture.gateway.exchange(SignedRequest().bytes).status == 405)
  }

  @Test func `a HEAD with a body keeps it, and nobody waits for a body of the answer`() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    let fixture = try GatewayFixture(route: "methods: [HEAD]") { _ in .raw(head) }
    for body in ["a body", "", "a body"] {
      let client = try fixture.gateway.connect()
      try client.send(SignedRequest(body).with { $0.method = "HEAD" }.bytes)
      let response = try client.response(to: "HEAD")
      #expect(response.status == 200)
      #expect(response.head.values("content-length") == ["9"])
    }
    #expect(fixture.upstream.requests.map(\.method) == ["HEAD", "HEAD", "HEAD"])
    #expect(fixture.upstream.requests.map(\.body) == ["a body", "", "a body"].map { Array($0.utf8) })
  }

  @Test func `a GET with a body keeps it`() throws {
    let fixture = try GatewayFixture(route: "methods: [GET]")
    let request = SignedRequest("a body").with { $0.method = "GET" }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let seen = try fixture.upstream.onlyRequest()
    #expect(seen.method == "GET" && seen.body == request.body)
  }

  @Test func `an upstream on a unix socket is reached`() throws {
    let directory = try TemporaryDirectory()
    let upstream = try RecordingUpstream(unixPath: directory.path + "/app.sock")
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url("/in?x=1")]))
    #expect(try gateway.exchange(SignedRequest("by socket").bytes).status == 200)
    let seen = try upstream.onlyRequest()
    #expect(seen.target == "/in?x=1" && seen.body == Array("by socket".utf8))
    #expect(seen.head.values("host") == ["localhost"])
  }

  @Test func `senders on a unix socket and on several addresses are served`() throws {
    let upstream = try RecordingUpstream()
    let other = try FreePort.take()
    let listen =
      "listen: [\"127.0.0.1:{port}\", \"127.0.0.1:\(other)\", {unix: {dir}/in.sock, mode: \"0600\"}]"
    let config = GatewayConfig.text(upstreams: [upstream.url()])
      .replacing("listen: 127.0.0.1:{port}", with: listen)
    let gateway = try GatewayProcess(config: config)
    let clients = [
      try gateway.connect(), try RawClient(port: other),
      try RawClient(unixPath: gateway.directory.path + "/in.sock"),
    ]
    for client in clients {
      try client.send(SignedRequest().bytes)
      #expect(try client.response().status == 200)
    }
    #expect(upstream.requests.count == 3)
    #expect(upstream.requests[2].head.values("x-forwarded-for").isEmpty)
  }

  @Test(.enabled(if: Machine.isRoot)) func `an unprivileged gateway serves`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]), unprivileged: true)
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
    #expect(String(decoding: gateway.procFile("status"), as: UTF8.self).contains("Uid:\t65534\t65534"))
  }
}
