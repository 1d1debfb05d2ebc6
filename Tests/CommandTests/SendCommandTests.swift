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

  // MARK: With one word

  /// A gateway with one route for each preset that is named, before an app that takes everything.
  private func gateway(
    _ upstream: RecordingUpstream, presets: [String] = ["vesicash"], listen: String = "127.0.0.1:{port}"
  ) throws -> GatewayProcess {
    let routes = presets.map { preset in
      GatewayConfig.route(
        "/\(preset)", upstreams: [upstream.url("/app")],
        "secret-file: {dir}/\(preset)\nsignature: \(preset)")
    }
    return try GatewayProcess(
      config: """
        listen: "\(listen)"
        control: {dir}/control.sock
        routes:
        \(routes.joined())
        """,
      files: Dictionary(
        uniqueKeysWithValues: presets.map { ($0, "whsec_\(Data($0.utf8).base64EncodedString())\n") }))
  }

  @Test func `without an argument a sample of the only route's preset goes to where the gateway listens`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream)
      for _ in 0..<2 {
        let sent = try fixture.vesigate(["send", "--config", gateway.configPath])
        #expect(sent.status == 0 && sent.lines.first == "HTTP/1.1 200 OK", "\(sent.errors)")
        let place = "http://127.0.0.1:\(gateway.port)/vesicash"
        let told = /sample payment.success, \d+ bytes, to (.*)\n/
        #expect(try #require(sent.errors.wholeMatch(of: told)).1 == place)
      }
      let bodies = upstream.requests.map { String(decoding: $0.body, as: UTF8.self) }
      // By its time alone one would be like another that is sent in the same millisecond.
      let ids = try bodies.map { try #require($0.firstMatch(of: /"uuid":"([^"]+)"/)).1 }
      #expect(ids.count == 2 && ids[0] != ids[1])
      #expect(bodies.allSatisfy { $0.hasPrefix(#"{"event":"payment.success","data":{"#) })
      let heads = upstream.requests.map(\.head)
      #expect(heads.allSatisfy { $0.values("x-verified") == ["true"] })
      #expect(heads.allSatisfy { $0.values("content-type") == ["application/json"] })
      #expect(gateway.terminate() == 0)
    }
  }

  static let presets = [
    "vesicash", "stripe", "standard-webhooks", "svix", "slack", "revolut", "cashfree", "github", "shopify",
    "paystack",
  ]

  @Test func `each preset's sample passes the gateway, on the route that is named`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream, presets: Self.presets)
      let unsaid = try fixture.vesigate(["send", "--config", gateway.configPath])
      #expect(
        unsaid.status == 64 && unsaid.errors.contains("say which with --route: /vesicash, /s"),
        "\(unsaid.errors)")
      for preset in Self.presets {
        let sent = try fixture.vesigate(
          ["send", "/\(preset)", "--event", "of.\(preset)", "--config", gateway.configPath])
        #expect(sent.status == 0, "\(preset): \(sent.text)\(sent.errors)")
        let request = try #require(upstream.requests.last)
        let parts = [String(decoding: request.body, as: UTF8.self)] + request.head.values("x-github-event")
        #expect((parts + request.head.values("x-shopify-topic")).contains { $0.contains("of.\(preset)") })
      }
      #expect(upstream.requests.count == Self.presets.count)
      let typo = try fixture.vesigate(["send", "/strpie", "--config", gateway.configPath])
      #expect(typo.status == 64 && typo.errors.contains("there is no route /strpie; there are "))
      #expect(typo.errors.hasSuffix("did you mean \"/stripe\"?\n"), "\(typo.errors)")
      #expect(gateway.terminate() == 0)
    }
  }

  @Test func `of several routes a URL means the one whose path it has, and no other is guessed`() async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream, presets: ["vesicash", "github"])
      let place = "http://127.0.0.1:\(gateway.port)"
      for path in ["/github", "/vesicash?a=1"] {
        let sent = try fixture.vesigate(
          ["send", "--config", gateway.configPath, "--url", place + path], input: Array("{}".utf8))
        #expect(sent.status == 0, "\(path): \(sent.text)\(sent.errors)")
      }
      for path in ["", "/", "/front/github"] {
        let sent = try fixture.vesigate(
          ["send", "--config", gateway.configPath, "--url", place + path], input: Array("{}".utf8))
        #expect(sent.status == 64, "\(path): \(sent.text)")
        #expect(sent.errors.hasSuffix("say which with --route: /vesicash, /github\n"), "\(sent.errors)")
      }
      #expect(upstream.requests.count == 2)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test func `of what a durable route has stored it is said which command tells what the app says`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream { _ in .answer(422, "Unprocessable Content", body: "no") }
      let gateway = try GatewayProcess(
        config: """
          listen: 127.0.0.1:{port}
          control: {dir}/control.sock
          store: {sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key}
          routes:
          \(GatewayConfig.route("/hook", upstreams: [upstream.url("/app")], "durable: true"))
          """)
      let sent = try fixture.vesigate(["send", "--config", gateway.configPath])
      #expect(sent.status == 0 && sent.lines.first == "HTTP/1.1 200 OK", "\(sent.text)\(sent.errors)")
      let told = try #require(
        sent.errors.firstMatch(of: /it is stored; what the app says to it: vesigate (.+)\n/)
      ).1
      _ = try upstream.onlyRequest()
      let shown = try fixture.vesigate(told.split(separator: " ").map(String.init))
      #expect(shown.status == 0 && shown.text.contains("  /hook\n"), "\(shown.text)\(shown.errors)")
      #expect(gateway.terminate() == 0)
    }
  }

  @Test func `an event that is misspelt goes all the same, and is told of`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream)
      for (event, remark) in [
        (
          "payment.faild",
          "note: payment.faild is no event that is known here, did you mean \"payment.failed\"?\n"
        ),
        ("payment.failed", ""), ("invoice.sent", ""),
      ] {
        let sent = try fixture.vesigate(["send", "--config", gateway.configPath, "--event", event])
        #expect(sent.status == 0 && sent.errors.hasPrefix(remark + "sample \(event), "), "\(sent.errors)")
      }
      #expect(gateway.terminate() == 0)
    }
  }

  @Test func `whoever speaks TLS to the gateway itself, or meets an app that fails, is told so`() async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream { _ in .answer(500, "Internal Server Error", body: "") }
      let gateway = try gateway(upstream)
      let sealed = try send(["--url", "https://127.0.0.1:\(gateway.port)/vesicash"])
      #expect(sealed.status == 69)
      #expect(
        sealed.errors.contains("\nwhoever listens there speaks no TLS: http:// asks without"),
        "\(sealed.errors)")
      let failed = try fixture.vesigate(["send", "--config", gateway.configPath])
      #expect(
        failed.status == 1 && failed.errors.contains("\nwhy: vesigate gives no such answer: "),
        "\(failed.errors)")
      #expect(gateway.terminate() == 0)
    }
  }

  @Test func `a body that is named goes instead, and standard input only where it is`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream)
      let file = try fixture.write("body.json", "of a file")
      for (arguments, body) in [
        (["--body", file], "of a file"), (["--route", "/vesicash", file], "of a file"),
        (["/vesicash", "--body", "-"], "of standard input"),
      ] {
        let sent = try fixture.vesigate(
          ["send", "--config", gateway.configPath] + arguments, input: Array("of standard input".utf8))
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(!sent.errors.contains("standard input is not read"))
        #expect(upstream.requests.last.map { String(decoding: $0.body, as: UTF8.self) } == body)
      }
      let sample = try fixture.vesigate(["send", "--config", gateway.configPath], input: Array("{}".utf8))
      #expect(sample.status == 0)
      #expect(sample.errors.hasPrefix("note: standard input is not read; --body - sends it\nsample "))
      #expect(gateway.terminate() == 0)
    }
  }

  /// Runs a program at a terminal, where somebody types `{}` and Ctrl-D.
  private static let terminal = """
    import os, pty, subprocess, sys
    master, slave = pty.openpty()
    child = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(master, b"{}\\n\\x04")
    output, errors = child.communicate(timeout=60)
    os.write(1, output), os.write(2, errors)
    sys.exit(child.returncode)
    """

  @Test func `whoever is to type the body is told so, and nobody waits for what is not asked for`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream)
      let program = try GatewayBinary.path()
      let url = "http://127.0.0.1:\(gateway.port)/vesicash"
      let notice = "reading standard input, the terminal: Ctrl-D on a line of its own ends it\n"
      for (arguments, isTyped) in [
        (["--url", url], true), (["--body", "-"], true), ([], false), (["--event", "payment.failed"], false),
      ] {
        let words = ["python3", "-c", Self.terminal, program, "send", "--config", gateway.configPath]
        let sent = try fixture.run("/usr/bin/env", words + arguments)
        #expect(sent.status == 0 && sent.lines.first == "HTTP/1.1 200 OK", "\(sent.errors)")
        #expect(sent.errors.hasPrefix(notice) == isTyped, "\(sent.errors)")
        let body = upstream.requests.last.map { String(decoding: $0.body, as: UTF8.self) }
        #expect((body == "{}\n") == isTyped)
      }
      #expect(gateway.terminate() == 0)
    }
  }

  @Test func `a gateway on a unix socket is found, and a front's authority can be named`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream, listen: "unix:{dir}/listen.sock")
      let sent = try fixture.vesigate(["send", "--config", gateway.configPath])
      #expect(sent.status == 0, "\(sent.errors)")
      #expect(sent.errors.contains("to http://localhost/vesicash at \(gateway.directory.path)/listen.sock\n"))
      #expect(gateway.terminate() == 0)

      let certificates = try Certificates.shared.get()
      let front = try TLSApp(
        certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
      let url = ["--url", "https://127.0.0.1:\(front.port)/front"]
      let unknown = try send(url)
      #expect(unknown.status == 69 && unknown.errors.contains("certificate"), "\(unknown.errors)")
      #expect(try send(url + ["--ca-file", certificates.path("other-ca.pem")]).status == 69)
      #expect(front.requests.isEmpty)
      #expect(try send(url + ["--ca-file", certificates.path("ca.pem")]).status == 0)
      #expect(try send(url + ["--insecure"]).status == 0)
      #expect(try front.requests(atLeast: 2).count == 2)
    }
  }

  @Test func `whoever is refused is told which command says why`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try gateway(upstream)
      let config = gateway.configPath
      let forged = try fixture.vesigate(["send", "--config", config, "-H", "mor-signature: 00"])
      #expect(forged.status == 1 && forged.lines.first == "HTTP/1.1 401 Unauthorized")
      let why =
        "why: vesigate capture --route /vesicash --config \(config) while you send it once more, then vesigate"
      #expect(forged.errors.contains(why), "\(forged.errors)")
      let text = try String(contentsOfFile: config, encoding: .utf8)
      try gateway.writeConfig(
        text.replacing(upstream.url("/app"), with: "http://127.0.0.1:\(try FreePort.take())/"))
      gateway.signal(SIGHUP)
      try gateway.waitForLog(containing: "msg=reloaded")
      let silent = try fixture.vesigate(["send", "--config", config])
      #expect(silent.status == 1 && silent.lines.first == "HTTP/1.1 502 Bad Gateway", "\(silent.text)")
      #expect(
        silent.errors.contains("why: vesigate check --connect --config \(config) asks"), "\(silent.errors)")
      #expect(gateway.terminate() == 0)
      let gone = try fixture.vesigate(["send", "--config", config])
      #expect(gone.status == 69)
      #expect(gone.errors.contains("no daemon answers at \(gateway.directory.path)/control.sock either"))
    }
  }

  @Test func `where nothing says where deliveries are taken, or they are not posted, nothing is sent`() throws
  {
    let text = try String(contentsOfFile: try fixture.writeConfiguration(secret: "s3cret"), encoding: .utf8)
    for (listen, more, words) in [
      ("systemd", "", "listen: systemd does not say where deliveries are taken: say so with --url"),
      ("127.0.0.1:0", "", "listen: 127.0.0.1:0 does not say where"),
      ("127.0.0.1:9", "    methods: [PUT]\n", "route /webhooks/vesicash takes PUT alone, and send posts"),
    ] {
      let config = try fixture.write("c.yaml", text.replacing("127.0.0.1:0", with: listen) + more)
      let sent = try fixture.vesigate(["send", "--config", config])
      #expect(sent.status == 64 && sent.errors.contains(words), "\(sent.errors)")
    }
  }
}
