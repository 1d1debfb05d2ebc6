import Foundation
import TestSupport
import Testing

/// `vesigate tail` with the built program, a real app and a real terminal.
@Suite struct TailTests {
  private static let body = #"{"event":"payment.success","data":{"reference":"REF_1","amount":250000}}"#
  /// What a terminal would obey, and what imitates another line.
  private static let hostile =
    #"{"event":"a\u001b]0;owned\u0007\u009b31m\u202e","data":{"reference":"x\n12:00:00 200 /hook 0.1 ms"}}"#

  private let app: RecordingUpstream
  private let gateway: GatewayProcess

  init() throws {
    app = try RecordingUpstream { .answer($0.target == "/down" ? 500 : 200) }
    gateway = try .observed(
      [app.url()], more: GatewayConfig.route("/down", upstreams: [app.url("/down")]),
      top: "log: {fields: [event, data.amount]}\n")
  }

  private func tail(_ arguments: String...) throws -> ChildProcess {
    let command = [try GatewayBinary.path(), "tail", "--config", gateway.configPath] + arguments
    return try ChildProcess(command, environment: ["PATH": "/usr/bin:/bin"])
  }

  /// Whether the daemon shows deliveries by now: it begins when it likes.
  private func waitUntilItWatches(_ tail: ChildProcess) throws {
    #expect(
      eventually {
        _ = try? gateway.post(SignedRequest("{\"event\":\"warm-up\"}").with { $0.target = "/warm-up" })
        return tail.lines.contains { $0.contains("no-such-path") }
      }, "\(tail.lines)")
  }

  @Test func `each delivery is a short line with what the body says`() async throws {
    try await onThread {
      let tail = try tail()
      try waitUntilItWatches(tail)
      #expect(try gateway.post(SignedRequest(Self.body)) == 200)
      #expect(try gateway.post(SignedRequest(Self.body).with { $0.secret = "another" }) == 401)
      #expect(try gateway.post(SignedRequest(Self.body).with { $0.target = "/down" }) == 500)
      _ = try tail.waitForLine(containing: "app-error")
      let lines = tail.lines.filter { !$0.contains("no-such-path") }.map(Self.shape)
      #expect(
        lines == [
          "TIME 200 /hook payment.success 250000 REF_1 MS", "TIME 401 /hook refused: mismatch MS",
          "TIME 500 /down payment.success 250000 REF_1 app-error MS",
        ])
      // The log has what the operator named, and no more of the body.
      let logged = try gateway.waitForLog(containing: "status=200 route=/hook")
      #expect(logged.contains(" field.event=payment.success field.data.amount=250000"), "\(logged)")
      #expect(!gateway.log.contains { $0.contains("REF_1") })
      tail.signal(SIGINT)
      #expect(tail.waitForExit() == 130)
    }
  }

  /// A line without what is another's each time.
  private static func shape(_ line: String) -> String {
    line.replacing(#/^\d\d:\d\d:\d\d /#, with: "TIME ").replacing(/\d+(\.\d)? ms$/, with: "MS")
  }

  @Test func `the screens of tail and send are those that docs show`() async throws {
    try await onThread {
      let app = try RecordingUpstream { request in
        if request.target == "/github" { return .answer(503) }
        return .answer(String(decoding: request.body, as: UTF8.self).contains("REF_02") ? 500 : 200, "OK")
      }
      let gateway = try GatewayProcess.observed(
        [app.url("/other")],
        more: GatewayConfig.route("/webhooks/vesicash", upstreams: [app.url("/vesicash")])
          + GatewayConfig.route("/webhooks/github", upstreams: [app.url("/github")], "durable: true"),
        top: "store: {sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key, disk-free-bytes-min: 0}\n")
      let command = [try GatewayBinary.path(), "tail", "--config", gateway.configPath]
      let tail = try ChildProcess(command, environment: ["PATH": "/usr/bin:/bin"])
      #expect(
        eventually {
          _ = try? gateway.post(SignedRequest().with { $0.target = "/warm-up" })
          return tail.lines.contains { $0.contains("no-such-path") }
        })
      func send(_ path: String, _ reference: String, secret: String = GatewayProcess.secret) throws {
        let body = #"{"event":"payment.success","data":{"reference":"\#(reference)"}}"#
        _ = try gateway.post(
          SignedRequest(path == "/webhooks/github" ? "{}" : body).with {
            $0.target = path
            $0.secret = secret
          })
      }
      try send("/webhooks/vesicash", "VESI_REF_01")
      try send("/webhooks/vesicash", "VESI_REF_02")
      try send("/webhooks/vesicash", "VESI_REF_03", secret: "another")
      try send("/webhooks/github", "")
      _ = try tail.waitForLine(containing: "attempt 1 retried")
      let text = try Project.text("docs/operations.md")
      let block = try #require(text.firstMatch(of: /\$ vesigate tail\n((?:.*\n)*?)```/)).1
      let told = block.split(separator: "\n").map { Self.shape(String($0)) }
      #expect(tail.lines.filter { !$0.contains("no-such-path") }.map(Self.shape) == told)
      let sent = try gateway.command("send", "/webhooks/vesicash").lines
      let screen = try #require(text.firstMatch(of: /\$ vesigate send\n((?:.*\n)*?)```/)).1
      let wanted = screen.split(separator: "\n").map { String($0).replacing(/\d+/, with: "0") }
      #expect(sent.prefix(wanted.count).map { $0.replacing(/\d+/, with: "0") } == wanted, "\(sent)")
    }
  }

  @Test func `one route alone, so many and no more, as JSON`() async throws {
    try await onThread {
      let tail = try tail("--route", "/down", "--count", "2", "--json")
      _ = eventually {
        _ = try? gateway.post(SignedRequest(Self.body))
        _ = try? gateway.post(SignedRequest(Self.body).with { $0.target = "/down" })
        return tail.status != nil
      }
      #expect(tail.waitForExit() == 0)
      #expect(tail.lines.count == 2, "\(tail.lines)")
      for line in tail.lines {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["route"] as? String == "/down" && object?["outcome"] as? String == "app-error")
        #expect(object?["status"] as? Int == 500 && object?["requestId"] is String)
        let fields = object?["fields"] as? [String: String]
        #expect(fields == ["event": "payment.success", "data.amount": "250000", "data.reference": "REF_1"])
      }
      // docs/operations.md explains each key.
      let text = try Project.text("docs/operations.md")
      let explained = Set(text.matches(of: /(?m)^\| `([A-Za-z]+)` \| tail \|/).map { String($0.1) })
      let first = try JSONSerialization.jsonObject(with: Data(tail.lines[0].utf8)) as? [String: Any]
      #expect(Set(first?.keys.map { $0 } ?? []).union(["dropped"]) == explained)
    }
  }

  @Test func `nothing in a body reaches the terminal as it is, nor makes a line of its own`() async throws {
    try await onThread {
      for option in [[], ["--json"]] {
        let tail = try ChildProcess(
          [try GatewayBinary.path(), "tail", "--config", gateway.configPath] + option,
          environment: ["PATH": "/usr/bin:/bin"])
        try waitUntilItWatches(tail)
        let before = tail.lines.count
        #expect(try gateway.post(SignedRequest(Self.hostile)) == 200)
        let line = try tail.waitForLine(containing: "owned")
        let isTame = line.unicodeScalars.allSatisfy {
          $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\u{202E}"
        }
        #expect(isTame, "\(line.debugDescription)")
        #expect(tail.lines.dropFirst(before).count { !$0.contains("no-such-path") } == 1, "\(tail.lines)")
        let lineFeed = option.isEmpty ? "x\\x0a12:00:00 200" : "x\\u000a12:00:00 200"
        #expect(line.contains(lineFeed), "\(line)")
      }
    }
  }

  @Test func `a terminal shows it in colours, unless somebody says NO_COLOR`() async throws {
    try await onThread {
      for (environment, isPainted) in [("TERM=xterm", true), ("TERM=xterm NO_COLOR=1", false)] {
        let record = gateway.directory.path + "/terminal-\(isPainted)"
        let command =
          "\(environment) timeout 60 \(try GatewayBinary.path()) tail --count 4"
          + " --config \(gateway.configPath)"
        let session = try ChildProcess(
          ["script", "-qefc", command, record], environment: ["PATH": "/usr/bin:/bin"])
        _ = eventually(within: 20) {
          _ = try? gateway.post(SignedRequest(Self.body))
          _ = try? gateway.post(SignedRequest(Self.body).with { $0.target = "/down" })
          return session.status != nil
        }
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: record)), as: UTF8.self)
        for part in ["\u{1B}[32m200\u{1B}[0m /hook payment.success", "\u{1B}[31m500\u{1B}[0m", "\u{1B}["] {
          #expect(text.contains(part) == isPainted, "\(text)")
        }
        #expect(text.contains("payment.success"))
      }
    }
  }

  /// Load only makes it slower: it is stopped, and takes nothing at all meanwhile.
  @Test(.timeLimit(.minutes(5)))
  func `who takes nothing loses lines and is told how many, and no delivery waits for him`() async throws {
    try await onThread {
      let tail = try tail("--json")
      try waitUntilItWatches(tail)
      tail.signal(SIGSTOP)
      let client = try gateway.connect()
      // More than the socket, the batch under way and what waits hold together.
      let count = 6_000
      for number in 0..<count {
        let event = String(repeating: "e", count: 100)
        try client.send(SignedRequest("{\"event\":\"\(event)\",\"n\":\(number)}").bytes)
        #expect(try client.response().status == 200)
      }
      tail.signal(SIGCONT)
      func dropped() -> Int {
        tail.lines.compactMap { $0.firstMatch(of: /^{"dropped":(\d+)}$/).flatMap { Int($0.1) } }.reduce(0, +)
      }
      func shown() -> Int { tail.lines.count { $0.contains("eeeee") } }
      #expect(eventually { dropped() > 0 && shown() + dropped() >= count }, "\(shown()) \(dropped())")
      #expect(shown() + dropped() == count)
      // It goes on where the gap was told.
      #expect(try gateway.post(SignedRequest(Self.body)) == 200)
      _ = try tail.waitForLine(containing: "payment.success")
    }
  }

  @Test func `who is too many, asks for no route, or asks nobody is told so`() async throws {
    try await onThread {
      let tails = try (0..<4).map { _ in try tail() }
      for tail in tails { try waitUntilItWatches(tail) }
      let more = try gateway.command("tail")
      #expect(more.status == 75)
      #expect(more.lines == ["vesigate: others watch already, try again when they are done"])
      for route in ["/none", "none"] {
        let none = try gateway.command("tail", "--route", route)
        #expect(none.status == 64 && none.lines.count == 1, "\(none.lines)")
        #expect(
          none.lines[0].hasPrefix("vesigate: the daemon has no route \(route); there "), "\(none.lines)")
      }
      #expect(try gateway.command("tail", "--count", "0").status == 64)
      #expect(gateway.terminate() == 0)
      for tail in tails {
        #expect(tail.waitForExit() == 69)
        #expect(tail.lines.last?.contains("ended the tail: it stopped, or is older than this") == true)
      }
      #expect(try gateway.command("tail").status == 69)
    }
  }

  @Test func `a short log is for people`() async throws {
    try await onThread {
      let short = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: [app.url()], top: "log: {format: short, fields: [data.reference]}"),
        readyText: " ready ")
      #expect(try short.exchange(SignedRequest(Self.body).bytes).status == 200)
      let line = try short.waitForLog(containing: "REF_1")
      #expect(line.contains(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 200 \/hook REF_1 \d+(\.\d)? ms$/), "\(line)")
      let ready = short.log.contains { $0.contains(" notice ready ") && $0.contains(" version=") }
      #expect(ready, "\(short.log)")
    }
  }
}
