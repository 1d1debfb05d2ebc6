import Foundation
import TestSupport
import Testing

/// The whole way of an operator: 401, capture, diagnose, change the lines, and it verifies.
@Suite(.ownThread) struct DiagnoseCommandTests {
  @Test(arguments: Provider.all)
  func `a refused delivery is captured, diagnosed, and verified by the lines that were named`(
    _ provider: Provider
  ) throws {
    let fixture = try DiagnosisFixture(secret: provider.secretLine)
    let request = DiagnosisFixture.request(try provider.headerLines(unixMilliseconds: DiagnosisFixture.now))
      .bytes
    let capture = try fixture.beginCapture(["--route", "/hook", "--count", "1"])
    #expect(try fixture.gateway.exchange(request).status == 401)
    #expect(capture.waitForExit() == 0)
    let file = try #require(DiagnosisFixture.files(capture).first)

    let diagnosed = try fixture.vesigate(["diagnose", file])
    #expect(diagnosed.status == 0, "\(diagnosed.lines)")
    #expect(diagnosed.lines.contains("  - signature: vesicash"))
    // The configuration has no such line.
    #expect(
      diagnosed.lines.contains("(vesicash is the default: where the first line is missing, add the others)"))
    let named = diagnosed.lines.filter { $0.hasPrefix("  + ") }.map { String($0.dropFirst(4)) }
    #expect(named == provider.settings, "\(diagnosed.lines)")
    let line = try fixture.gateway.waitForLog(containing: "diagnosis of a refused delivery")
    #expect(line.contains("setting=\"signature: "))
    #expect(fixture.upstream.requests.isEmpty, "a diagnosis verifies nothing")

    #expect(try fixture.vesigate(["verify", file]).status == 1)
    try fixture.change(to: named)
    let verified = try fixture.vesigate(["verify", file])
    #expect(verified.status == 0, "\(verified.lines)")
    #expect(try fixture.gateway.exchange(request).status == 200)
    #expect(try fixture.upstream.onlyRequest().head.values("x-verified") == ["true"])
  }

  @Test func `a delivery that another route's secret signed is told to be that route's`() throws {
    let (own, others) = ("the secret of this route", "the secret of the other route")
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: "control: {dir}/control.sock")
        + GatewayConfig.route("/node", upstreams: [upstream.url()], "secret-file: {dir}/node"),
      files: ["secret": own + "\n", "node": others + "\n"])
    let request = SignedRequest("{}").with { $0.secret = others }
    #expect(try gateway.exchange(request.bytes).status == 401)
    let file = gateway.directory.path + "/saved.http"
    try Data(request.bytes).write(to: URL(fileURLWithPath: file))
    let answer = try GatewayProcess.command(["diagnose", "--config", gateway.configPath, file])
    let text = answer.lines.joined(separator: " ")
    #expect(answer.status == 1, "\(text)")
    #expect(text.contains("of the route /node, not by a secret of this one"), "\(text)")
    #expect(!text.contains(own) && !text.contains(others))
    #expect(upstream.requests.isEmpty)
  }

  /// A saved request, judged by the Vesicash preset as of now.
  private func diagnose(
    _ lines: [String], _ body: String = Provider.body, secret: String = "test_webhook_secret",
    _ more: [String] = []
  ) throws -> (status: Int32, text: String) {
    let directory = try TemporaryDirectory()
    let secretFile = try directory.write("secret", secret + "\n")
    let config = try directory.write(
      "vesigate.yaml",
      """
      routes:
        - path: /hook
          secret-file: \(secretFile)
          upstreams: [http://127.0.0.1:9/]

      """)
    let request = DiagnosisFixture.request(lines, body)
    let file = try directory.write("request", String(decoding: request.bytes, as: UTF8.self))
    let ended = try GatewayProcess.command(["diagnose", "--config", config] + more + [file])
    return (ended.status, ended.lines.joined(separator: "\n"))
  }

  @Test func `what matches nothing ends with 1, and shows neither the secret nor what it would give`() throws
  {
    let now = "\(DiagnosisFixture.now / 1000)"
    let secret = "a-secret-of-the-file"
    let sent = try Witness.sign("\(now).\(Provider.body)", key: "of the sender")
    let expected = try Witness.sign("\(now).\(Provider.body)", key: secret)
    let (status, text) = try diagnose(
      ["mor-timestamp: \(now)", "mor-signature: \(sent)"], secret: secret)
    #expect(status == 1)
    #expect(text.contains("combinations gives a signature that it carries"))
    #expect(text.contains("Ruled out:"))
    #expect(!text.contains(secret) && !text.contains(expected.prefix(16)) && !text.contains(sent.prefix(16)))
    #expect(!text.contains("  + "))
  }

  @Test func `a moved boundary ends with 1 and names no setting`() throws {
    let now = "\(DiagnosisFixture.now / 1000)"
    let signature = try Witness.sign("\(now).{}", key: "test_webhook_secret")
    let (status, text) = try diagnose(["mor-signature: \(signature)"], "\(now).{}")
    #expect(status == 1)
    #expect(text.contains("somebody moved the"))
    #expect(!text.contains("  + ") && !text.contains("signed: "))
  }

  @Test func `a replay ends with 1, and the time of the arrival can be told`() throws {
    let old = "\(DiagnosisFixture.now / 1000 - 4_000)"
    let signature = try Witness.sign("\(old).{}", key: "test_webhook_secret")
    let lines = ["mor-timestamp: \(old)", "mor-signature: \(signature)"]
    let (status, text) = try diagnose(lines, "{}")
    #expect(status == 1)
    #expect(text.contains("a replay, or a clock"))
    #expect(!text.contains("  + ") && !text.contains("tolerance-seconds"))
    let then = try diagnose(lines, "{}", ["--at", old])
    #expect(then.status == 0)
    #expect(then.text.contains("nothing has to be changed"))
    #expect(try diagnose(lines, "{}", ["--at", "99999999999999"]).status == 64)
  }

  @Test func `a file that holds no request is told as verify tells it`() throws {
    let directory = try TemporaryDirectory()
    let secret = try directory.write("secret", "x\n")
    let config = try directory.write(
      "vesigate.yaml",
      "routes:\n  - {path: /hook, secret-file: \(secret), upstreams: [\"http://127.0.0.1:9/\"]}\n")
    let file = try directory.write("request", "POST /hook HTTP/1.1\r\nHost: x\r\n")
    let ended = try GatewayProcess.command(["diagnose", "--config", config, file])
    #expect(ended.status == 1)
    #expect(ended.lines == ["no diagnosis: the file ends before the request does"])
    #expect(try GatewayProcess.command(["diagnose", "--config", config, "\(file).none"]).status == 66)
  }

  @Test func `a route is told with its host, as another one may have the same path`() throws {
    let directory = try TemporaryDirectory()
    let secretFile = try directory.write("secret", "test_webhook_secret\n")
    let routes = ["a.example", "b.example"].map {
      "  - {path: /hook, host: \($0), secret-file: \(secretFile), upstreams: [http://127.0.0.1:9/]}\n"
    }
    let config = try directory.write("vesigate.yaml", "routes:\n" + routes.joined())
    let signature = try Witness.sign("{}", key: "test_webhook_secret")
    let request = DiagnosisFixture.request(["mor-signature: \(signature)"], "{}").with {
      $0.lines = ["Host: b.example"]
    }
    let file = try directory.write("request", String(decoding: request.bytes, as: UTF8.self))
    let ended = try GatewayProcess.command(["diagnose", "--config", config, file])
    #expect(ended.status == 0)
    #expect(ended.lines.first == "route    b.example/hook, 2 bytes of body")
    #expect(ended.lines.contains("In \(config), route b.example/hook, change"), "\(ended.lines)")
  }
}
