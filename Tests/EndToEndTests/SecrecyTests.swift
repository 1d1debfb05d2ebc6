import TestSupport
import Testing

/// What the environment says does not lead deliveries astray, and what is secret is shown nowhere.
@Suite(.ownThread) struct SecrecyTests {
  @Test func `proxy variables, netrc and curlrc have no effect`() throws {
    let canary = try RecordingUpstream()
    let home = try TemporaryDirectory()
    try home.write(".netrc", "machine 127.0.0.1 login someone password canary\n", mode: 0o600)
    try home.write(
      ".curlrc",
      "proxy = http://127.0.0.1:\(canary.port)\nuser = \"someone:canary\"\nheader = \"X-Curlrc: 1\"\n")
    var environment = ["HOME": home.path, "CURL_HOME": home.path, "NETRC": home.path + "/.netrc"]
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
      environment[name] = "http://127.0.0.1:\(canary.port)"
    }
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]), environment: environment)
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
    let seen = try upstream.onlyRequest()
    for name in ["authorization", "proxy-authorization", "proxy-connection", "x-curlrc"] {
      #expect(!seen.head.has(name), "\(name)")
    }
    #expect(seen.head.first == "POST /app HTTP/1.1")
    #expect(canary.connections == 0)
  }

  @Test func `redirects are handed back and not followed, cookies are not kept`() throws {
    let canary = try RecordingUpstream()
    let upstream = try RecordingUpstream { _ in
      .answer(307, lines: ["Location: \(canary.url())", "Set-Cookie: kept=1; Path=/"])
    }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], workers: 1))
    for _ in 0..<2 { #expect(try gateway.exchange(SignedRequest().bytes).status == 307) }
    #expect(canary.connections == 0)
    #expect(try upstream.requests(atLeast: 2).allSatisfy { !$0.head.has("cookie") })
  }

  @Test
  func `neither secret nor signature nor body is in the log, the arguments, the environment or an answer`()
    throws
  {
    let upstream = try RecordingUpstream { $0.turn == 1 ? .reset : .ok }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: "log: {level: debug}", workers: 1))
    let body = "a confidential body"
    let genuine = SignedRequest(body)
    let stamped = genuine.with { $0.timestamp = genuine.timestampText }
    let signature = SignedRequest.sign(
      genuine.body, timestamp: stamped.timestampText, secret: GatewayProcess.secret)
    var answers: [UInt8] = []
    for request in [
      stamped, stamped, stamped.with { $0.secret = "a wrong secret" },
      stamped.with { $0.ownSignatureLines = ["mor-signature: \(signature)"] },
      stamped.with {
        $0.body += [1]; $0.signature = signature
      },
      stamped.with {
        $0.shiftSeconds = -999; $0.timestamp = nil
      },
    ] {
      let response = try gateway.exchange(request.bytes)
      answers += response.head.bytes + response.body
    }
    gateway.signal(1)
    try gateway.waitForLog(containing: "reload")
    #expect(gateway.terminate() == 0)
    let log = Array(gateway.log.joined(separator: "\n").utf8)
    #expect(log.contains("reason=mismatch"))
    for secret in [GatewayProcess.secret, signature, body] {
      #expect(!log.contains(secret))
      #expect(!answers.contains(secret))
    }
  }

  @Test func `the kernel's view of the process does not show the secret`() throws {
    let fixture = try GatewayFixture()
    try fixture.expectServing()
    for name in ["cmdline", "environ"] {
      #expect(!fixture.gateway.procFile(name).contains(GatewayProcess.secret))
    }
    #expect(fixture.gateway.procFile("cmdline").contains("--config"))
    let limits = fixture.gateway.procFile("limits").latin1
    #expect(
      limits.split(separator: "\n").contains { $0.hasPrefix("Max core file size") && $0.contains(" 0 ") })
  }
}
