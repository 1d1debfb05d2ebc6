import Foundation
import TestSupport
import Testing

@Suite struct StatusTests {
  /// What docs/operations.md shows: one route that goes well, one whose second upstream is down.
  private struct Shown {
    let gateway: GatewayProcess
    let upstream: RecordingUpstream

    init() throws {
      upstream = try RecordingUpstream()
      let config = """
        listen: 127.0.0.1:{port}
        control: {dir}/control.sock
        admin: {listen: none}
        routes:
          - path: /webhooks/vesicash
            secret-file: {dir}/secret
            upstreams: ["\(upstream.url("/vesicash"))"]
          - path: /webhooks/github
            secret-file: {dir}/github
            signature: github
            upstreams: ["http://127.0.0.1:\(try FreePort.take())/github"]
        """
      gateway = try GatewayProcess(
        config: config,
        files: ["secret": GatewayProcess.secret + "\nthe one before\n", "github": "another\n"])
    }

    func load() throws {
      let delivery = SignedRequest().with { $0.target = "/webhooks/vesicash" }
      for _ in 0..<6 { #expect(try gateway.post(delivery) == 200) }
      #expect(try gateway.post(delivery.with { $0.secret = "a forger's" }) == 401)
      #expect(try gateway.post(delivery.with { $0.shiftSeconds = -900 }) == 401)
      #expect(try gateway.post(delivery.with { $0.target = "/wp-login.php" }) == 404)
      let body = gateway.directory.path + "/body.json"
      try "{}".write(toFile: body, atomically: true, encoding: .utf8)
      let url = "http://127.0.0.1:\(gateway.port)/webhooks/github"
      _ = try gateway.command("send", "--route", "/webhooks/github", "--url", url, body)
    }

    /// The status once everything is counted.
    func status(_ arguments: String...) throws -> [String] {
      var lines: [String] = []
      #expect(
        eventually {
          let json = (try? gateway.command("status", "--json"))?.lines.joined() ?? ""
          return json.contains("\"failed\":1") && json.contains("\"no-such-path\":1")
        })
      let answer = try GatewayProcess.command(["status", "--config", gateway.configPath] + arguments)
      #expect(answer.status == 0)
      lines = answer.lines
      return lines
    }
  }

  /// Numbers, fingerprints and the blanks between columns differ from run to run.
  private static func shape(_ lines: [String]) -> [String] {
    lines.map { line in
      var line = line.replacing(/\b[0-9a-f]{8}\b/, with: "FINGERPRINT").replacing(/[0-9]+/, with: "0")
      line = line.replacing(/\ 0 (s|min|h|d)\b/, with: " 0 s").replacing(/\ +/, with: " ")
      // The kernel's word about the clock is the machine's own.
      return line.hasPrefix(" clock nothing sync") ? " clock synchronised" : line
    }
  }

  @Test func `the status looks as docs show it, and fits 80 columns`() async throws {
    try await onThread {
      let shown = try Shown()
      try shown.load()
      let lines = try shown.status()
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
      let text = try Project.text("docs/operations.md")
      let block = try #require(text.firstMatch(of: /\$ vesigate status\n((?:.*\n)*?)```/)).1
      let told = block.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
      #expect(Self.shape(lines) == Self.shape(Array(told)), "\(lines.joined(separator: "\n"))")
    }
  }

  @Test func `the JSON has the keys that docs explain, and its numbers`() async throws {
    try await onThread {
      let shown = try Shown()
      try shown.load()
      let lines = try shown.status("--json")
      #expect(lines.count == 1)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
      let text = try Project.text("docs/operations.md")
      let explained = Set(
        text.matches(of: /(?m)^\| `([A-Za-z]+)` \| (?:report|route|upstream) \|/).map { String($0.1) })
      let routes = try #require(object["routes"] as? [[String: Any]])
      let upstreams = try #require(object["upstreams"] as? [[String: Any]])
      #expect(Set(object.keys).union(routes[0].keys).union(upstreams[0].keys) == explained)
      #expect(routes.map { $0["name"] as? String } == ["/webhooks/vesicash", "/webhooks/github"])
      #expect(
        routes[0]["outcomes"] as? [String: Int] == [
          "forwarded": 6, "observed": 0, "refused": 2, "failed": 0, "app-error": 0, "abandoned": 0,
          "stored": 0, "duplicate": 0,
        ])
      #expect(routes[0]["refusals"] as? [String: Int] == ["mismatch": 1, "stale": 1])
      #expect((routes[0]["fingerprints"] as? [String])?.count == 2)
      #expect(upstreams.map { $0["isFailing"] as? Bool } == [false, true])
      #expect(!lines[0].contains(GatewayProcess.secret))
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `clocks that drift are warned of before the tolerance is breached, and shown`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess.observed([upstream.url()])
      for _ in 0..<4 {
        #expect(try gateway.post(SignedRequest().with { $0.shiftSeconds = 200 }) == 200)
      }
      #expect(try gateway.scrape().samples.keys.allSatisfy { !$0.hasPrefix("vesigate_clock_skew_seconds") })
      #expect(try gateway.post(SignedRequest().with { $0.shiftSeconds = 200 }) == 200)
      // The counters are looked at every ten seconds.
      let warning = try gateway.waitForLog(containing: "clocks drift apart", within: 100)
      #expect(warning.contains("level=warning") && warning.contains("route=/hook"))
      let skew = try gateway.scrape()["vesigate_clock_skew_seconds{route=\"/hook\"}"] ?? 0
      #expect(skew <= -150 && skew >= -200)
      let status = try gateway.command("status").lines
      #expect(status.contains { $0.contains("clock        DRIFTING: signed ") }, "\(status)")
      #expect(status.allSatisfy { $0.count <= 80 }, "\(status)")
      let said = try #require(warning.firstMatch(of: /in our future; ([^"]*)"/)).1
      let words = status.joined(separator: " ").split(separator: " ").joined(separator: " ")
      #expect(words.contains(said), "\(status)")
    }
  }

  @Test func `what should not stay so fits 80 columns too, and many reasons are named`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess.observed(
        [upstream.url()],
        more: GatewayConfig.route("/a-path-of-some-length", upstreams: [upstream.url()], "observe: true"))
      let good = SignedRequest()
      #expect(try gateway.post(good.with { $0.secret = "another" }) == 401)
      #expect(try gateway.post(good.with { $0.shiftSeconds = -900 }) == 401)
      #expect(try gateway.post(good.with { $0.timestamp = "x" }) == 401)
      #expect(try gateway.post(good.with { $0.signature = "x" }) == 401)
      #expect(try gateway.post(good.with { $0.ownSignatureLines = [] }) == 401)
      #expect(try gateway.post(good.with { $0.method = "PUT" }) == 405)
      let reasons = [
        "mismatch", "stale", "timestamp-malformed", "signature-malformed", "signature-missing", "method",
      ]
      var lines: [String] = []
      let areAllNamed = eventually {
        lines = (try? gateway.command("status").lines) ?? []
        let words = lines.joined(separator: " ")
        return reasons.allSatisfy { words.contains("1 \($0)") }
          && words.contains("! route /a-path-of-some-length observes")
      }
      #expect(areAllNamed && lines.allSatisfy { $0.count <= 80 }, "\(lines.joined(separator: "\n"))")
    }
  }

  @Test func `without a daemon it says so and ends with 69, with a wrong interval with 64`() async throws {
    try await onThread {
      let shown = try Shown()
      let path = shown.gateway.directory.path
      try shown.gateway.writeConfig(
        "control: \(path)/none.sock\nroutes:\n  - {path: /a, secret-file: \(path)/secret, upstreams: [http://127.0.0.1:1/]}\n"
      )
      let answer = try shown.gateway.command("status")
      #expect(answer.status == 69)
      #expect(answer.lines == ["vesigate: no daemon answers at \(path)/none.sock"])
      #expect(try shown.gateway.command("status", "--interval", "0").status == 64)
    }
  }

  @Test func `a terminal shows it in colours, unless somebody says NO_COLOR, and one route alone`()
    async throws
  {
    try await onThread {
      let shown = try Shown()
      try shown.load()
      _ = try shown.status()
      let record = shown.gateway.directory.path + "/terminal"
      func terminal(_ environment: String, _ arguments: String) throws -> String {
        let command =
          "stty rows 24 cols 80; \(environment) \(try GatewayBinary.path()) status"
          + " --config \(shown.gateway.configPath) \(arguments)"
        _ = try run(["script", "-qec", command, record], within: 30)
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: record)), as: UTF8.self)
      }
      let (red, end) = ("\u{1B}[31m", "\u{1B}[0m")
      let painted = try terminal("TERM=xterm", "")
      #expect(painted.contains("\(red)  FAILING: connect, no answer yet: http://127.0.0.1:"), "\(painted)")
      #expect(painted.contains("\(red)/webhooks/github  ") && painted.contains(end))
      for plain in ["TERM=xterm NO_COLOR=1", "TERM=dumb"] {
        let text = try terminal(plain, "")
        #expect(text.contains("  FAILING: connect") && !text.contains("\u{1B}["), "\(text)")
      }
      let one = try terminal("TERM=xterm NO_COLOR=", "--route /webhooks/github")
      #expect(one.contains("\(red)  upstream     http://127.0.0.1:"), "\(one)")
      #expect(one.contains("  secret       ") && !one.contains("/webhooks/vesicash"), "\(one)")
      let all = try terminal("TERM=xterm", "--all")
      #expect(all.contains("/webhooks/vesicash\r\n  secret       "), "\(all)")
      // What is no terminal gets no colour.
      #expect(try !shown.status().joined().contains("\u{1B}"))
      let json = try shown.status("--json", "--route", "/webhooks/github").joined()
      #expect(json.contains("/webhooks/github") && !json.contains("/webhooks/vesicash"))
      let missing = try shown.gateway.command("status", "--route", "/none")
      #expect(missing.status == 64 && missing.lines.count == 1, "\(missing.lines)")
      #expect(
        missing.lines[0].hasPrefix("vesigate: the daemon has no route /none; there "), "\(missing.lines)")
    }
  }

  @Test func `ten routes fit a terminal of 80 columns and 24 rows, with what is wrong`() async throws {
    try await onThread {
      let app = try RecordingUpstream { .answer($0.target.hasPrefix("/r1") ? 500 : 200) }
      let others = (1...9).map { GatewayConfig.route("/r\($0)", upstreams: [app.url("/r\($0)")]) }
      let gateway = try GatewayProcess.observed([app.url()], more: others.joined())
      for target in ["/hook", "/r1", "/r2", "/r3", "/r4", "/r5"] {
        _ = try gateway.post(SignedRequest().with { $0.target = target })
      }
      let record = gateway.directory.path + "/terminal"
      let command =
        "stty rows 24 cols 80; TERM=xterm NO_COLOR=1 \(try GatewayBinary.path()) status --config \(gateway.configPath)"
      var lines: [Substring] = []
      // Everything is counted when it is over.
      let isShown = eventually {
        _ = try? run(["script", "-qec", command, record], within: 30)
        let text = (try? String(contentsOfFile: record, encoding: .utf8)) ?? ""
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
          .drop { !$0.hasPrefix("vesigate ") }.prefix { !$0.hasPrefix("Script done") }.dropLast()
        return lines.contains { $0.contains("  FAILING: answers 500, 1 of the last 1, ") } && lines.count > 8
      }
      #expect(isShown && lines.count <= 23 && lines.allSatisfy { $0.count <= 80 }, "\(lines)")
      #expect(lines.contains("idle: /r6, /r7, /r8, /r9"), "\(lines)")
      for route in ["/hook ", "/r1 ", "/r5 "] { #expect(lines.contains { $0.hasPrefix(route) }, "\(lines)") }
    }
  }

  @Test func `watch shows it anew on a terminal, and gives the terminal back`() async throws {
    try await onThread {
      let shown = try Shown()
      let binary = try GatewayBinary.path()
      let record = shown.gateway.directory.path + "/terminal"
      let watch = "\(binary) status --watch --interval 1 --config \(shown.gateway.configPath)"
      // script gives it a terminal; it ends by SIGINT as by Ctrl-C.
      let session = try run(
        ["script", "-qec", "timeout --foreground -s INT 15 \(watch)", record], within: 30)
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: record)), as: UTF8.self)
      let screens = text.components(separatedBy: "\u{1B}[Hvesigate ").count - 1
      #expect(screens >= 2, "\(session)")
      #expect(text.contains("\u{1B}[?1049h\u{1B}[?25l"))
      // 24 rows are too few for all of it.
      #expect(text.contains("idle: /webhooks/vesicash, /webhooks/github"), "\(text)")
      let ending = try #require(text.range(of: "\u{1B}[?25h\u{1B}[?1049l"))
      #expect(!text[ending.upperBound...].contains("\u{1B}[H"))
    }
  }
}
