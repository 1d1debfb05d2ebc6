import Foundation
import TestSupport
import Testing

struct SettingsReloadTests {
  let upstream: RecordingUpstream

  init() throws { upstream = try RecordingUpstream() }

  private func start(_ more: String = "") throws -> GatewayProcess {
    try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]) + more)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a bad configuration changes nothing and lists every problem`() async throws {
    try await onThread {
      let gateway = try start()
      let seen = gateway.log.count
      try gateway.writeConfig("listen: nowhere\nlimts: {}\nroutes: []\n")
      try gateway.reload(expecting: "reload refused")
      let errors = gateway.log.dropFirst(seen).filter { $0.contains("level=error") }
      for place in [":1:9 listen:", ":2:1 limts:", ":3:9 routes:"] {
        #expect(errors.contains { $0.contains("vesigate.yaml\(place)") }, "\(errors)")
      }
      #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a configuration that is no YAML at all or gone changes nothing`() async throws {
    try await onThread {
      let gateway = try start()
      for text in ["\0\0", "routes: [", ""] {
        try gateway.writeConfig(text)
        try gateway.reload(expecting: "reload refused")
      }
      unlink(gateway.configPath)
      try gateway.reload(expecting: "reload refused")
      #expect(gateway.log.contains { $0.contains("vesigate.yaml") && $0.contains("does not exist") })
      #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `the daemon itself refuses a configuration that the reload command cannot read`() async throws {
    try await onThread {
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], top: "control: {dir}/control"))
      let control = URL(fileURLWithPath: gateway.configPath).deletingLastPathComponent().path + "/control"
      try gateway.writeConfig("listen: nowhere\n")
      let seen = gateway.log.count
      let asked = try GatewayProcess.command(
        ["reload", "--config", gateway.configPath], environment: ["VESIGATE_CONTROL": control])
      #expect(asked.status == 78)
      #expect(asked.lines.count == 1)
      #expect(asked.lines[0].contains("the old settings stay in force: "))
      #expect(asked.lines[0].contains("\(gateway.configPath):1:9 listen:"))
      #expect(gateway.log.dropFirst(seen).contains { $0.contains("reload refused") })
      // Without a daemon that answers it tells the mistakes itself.
      let alone = try GatewayProcess.command(["reload", "--config", gateway.configPath])
      #expect(alone.status == 78)
      #expect(alone.lines.contains { $0.hasPrefix("\(gateway.configPath):1:9 listen:") })
      #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `what needs a restart is said at every reload until there is one`() async throws {
    try await onThread {
      let gateway = try start()
      let text = try String(contentsOfFile: gateway.configPath, encoding: .utf8)
      let other = try FreePort.take()
      try gateway.writeConfig(
        text.replacingOccurrences(of: "127.0.0.1:\(gateway.port)", with: "127.0.0.1:\(other)"))
      for _ in 1...2 {
        let seen = gateway.log.count
        try gateway.reload()
        let warnings = gateway.log.dropFirst(seen).filter { $0.contains("level=warning") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("listen has changed: that needs a restart") == true)
      }
      #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
      #expect(throws: FixtureError.self) { try RawClient(port: other) }
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `routes come and go with a reload`() async throws {
    try await onThread {
      let gateway = try start()
      let first = GatewayConfig.text(upstreams: [upstream.url()])
      #expect(try gateway.status(signedWith: GatewayProcess.secret, target: "/more") == 404)
      try gateway.writeConfig(first + GatewayConfig.route("/more", upstreams: [upstream.url("/more-app")]))
      try gateway.reload()
      #expect(try gateway.status(signedWith: GatewayProcess.secret, target: "/more") == 200)
      #expect(try upstream.requests(atLeast: 1).last?.target == "/more-app")
      try gateway.writeConfig(first)
      try gateway.reload()
      #expect(try gateway.status(signedWith: GatewayProcess.secret, target: "/more") == 404)
      #expect(try gateway.status(signedWith: GatewayProcess.secret) == 200)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a delivery keeps the settings that it began with`() async throws {
    try await onThread {
      let gateway = try start()
      let begun = try Begun(on: gateway.connect(), secret: GatewayProcess.secret)
      let other = try RecordingUpstream({ _ in .answer(500) })
      try gateway.writeConfig(
        GatewayConfig.text(
          upstreams: [other.url()], path: "/elsewhere", limits: "body-bytes-max: 10",
          top: "trusted-proxies: [127.0.0.1]"))
      try gateway.reload()
      #expect(try gateway.status(signedWith: GatewayProcess.secret) == 404)
      #expect(try begun.finish() == 200)
      #expect(try upstream.onlyRequest().isComplete)
      #expect(other.requests.isEmpty)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `new limits hold for the next delivery on an open connection`() async throws {
    try await onThread {
      let gateway = try start()
      let client = try gateway.connect()
      let wide = SignedRequest().with { $0.lines += (1...20).map { "X-\($0): more" } }
      try client.send(wide.bytes)
      #expect(try client.response().status == 200)
      try gateway.writeConfig(
        GatewayConfig.text(upstreams: [upstream.url()], limits: "header-fields-max: 15"))
      try gateway.reload()
      try client.send(wide.bytes)
      #expect(try client.response().status == 431)
      #expect(gateway.terminate() == 0)
    }
  }
}
