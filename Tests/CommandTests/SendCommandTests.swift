import Foundation
import TestSupport
import Testing

struct SendCommandTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  private func send(_ arguments: [String], input: [UInt8] = Array("{}".utf8)) throws -> Finished {
    try fixture.vesigate(
      ["send", "--secret-file", try fixture.write("secret", "s3cret\n")] + arguments, input: input)
  }

  @Test func `a body is posted as it is, signed, and the answer is shown`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream { _ in .answer(201, "Created", lines: ["X-App: yes"], body: "hi") }
      let body = SignCommandTests.body
      let sent = try send(
        ["--url", upstream.url("/hook?a=1"), "--timestamp", "1781519012", "-H", "X-More: yes"], input: body)
      #expect(sent.status == 0)
      #expect(sent.text == "HTTP/1.1 201 Created\nX-App: yes\nContent-Length: 2\n\nhi\n")
      #expect(sent.errors == "")
      let request = try upstream.onlyRequest()
      #expect(request.method == "POST")
      #expect(request.target == "/hook?a=1")
      #expect(request.body == body)
      #expect(request.head.values("mor-timestamp") == ["1781519012"])
      #expect(
        request.head.values("mor-signature") == [
          SignedRequest.sign(body, timestamp: "1781519012", secret: "s3cret")
        ])
      #expect(request.head.values("x-more") == ["yes"])
    }
  }

  @Test func `a body goes as JSON where nothing else is said`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      #expect(try send(["--url", upstream.url()]).status == 0)
      #expect(try upstream.onlyRequest().head.values("content-type") == ["application/json"])
    }
  }

  @Test func `a further header leaves the body's type as it is, and another type replaces it`() async throws {
    try await onThread {
      for (headers, types) in [
        (["-H", "X-Event: paid"], ["application/json"]),
        (["-H", "X-Event: paid", "-H", "content-type: text/plain"], ["text/plain"]),
        (["-H", "Content-Type : text/plain"], nil), (["-H", "Content-Type:"], []),
      ] {
        let upstream = try RecordingUpstream()
        let sent = try send(["--url", upstream.url()] + headers)
        guard let types else {
          #expect(sent.status == 64)
          continue
        }
        #expect(sent.status == 0)
        #expect(try upstream.onlyRequest().head.values("content-type") == types, "\(headers)")
      }
    }
  }

  @Test(arguments: [
    "X: a\r\nInjected: b", "X: a\nInjected: b", "X: a\rInjected: b", "X: a\r\n\r\nGET / HTTP/1.1",
    "X\r\nY: a",
    "X: \u{1B}[2J", "X: a\u{7F}", "no colon", ": a", "X Y: a", "@/etc/hostname",
  ])
  func `a header that is no line of its own is a mistake of usage, and nothing is sent`(header: String)
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let sent = try send(["--url", upstream.url(), "--header=\(header)"])
      #expect(sent.status == 64, "\(sent.status)")
      #expect(sent.errors.contains("--header must be 'name: value'"), "\(sent.errors)")
      #expect(upstream.requests.isEmpty)
    }
  }

  @Test func `an answer that is no 2xx ends with 1`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream { _ in .answer(503, "Busy", body: "later") }
      let sent = try send(["--url", upstream.url()])
      #expect(sent.status == 1)
      #expect(sent.lines.first == "HTTP/1.1 503 Busy")
    }
  }

  @Test func `a server that is not there ends with 69`() async throws {
    try await onThread {
      let port = try FreePort.take()
      let sent = try send(["--url", "http://127.0.0.1:\(port)/"])
      #expect(sent.status == 69)
      #expect(sent.output.isEmpty)
      #expect(sent.errors.hasPrefix("vesigate: http://127.0.0.1:\(port)/: "))
    }
  }

  @Test func `a unix socket can be asked`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream(unixPath: fixture.path("socket"))
      let sent = try send(["--url", "http://localhost/hook", "--unix-socket", fixture.path("socket")])
      #expect(sent.status == 0)
      #expect(try upstream.onlyRequest().target == "/hook")
    }
  }

  @Test func `what it sends with a route's settings passes the gateway`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      let arguments = ["--config", gateway.configPath, "--url", "http://127.0.0.1:\(gateway.port)/hook"]
      let sent = try fixture.vesigate(["send"] + arguments, input: Array("{}".utf8))
      #expect(sent.status == 0)
      #expect(try upstream.onlyRequest().head.values("x-verified") == ["true"])
      let forged = try send(["--url", "http://127.0.0.1:\(gateway.port)/hook"])
      #expect(forged.status == 1)
      #expect(forged.lines.first == "HTTP/1.1 401 Unauthorized")
      #expect(gateway.terminate() == 0)
    }
  }
}
