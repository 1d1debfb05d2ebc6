import Foundation
import TestSupport
import Testing

/// A gateway, its upstream, and the service manager's socket.
private struct ManagedFixture {
  let upstream: RecordingUpstream
  let manager: DatagramSocket
  let gateway: GatewayProcess

  init(top: String = "", watchdogMicroseconds: Int? = nil) throws {
    upstream = try RecordingUpstream()
    manager = try DatagramSocket()
    var environment = ["NOTIFY_SOCKET": manager.name]
    environment["WATCHDOG_USEC"] = watchdogMicroseconds.map { String($0) }
    gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: top), environment: environment)
  }
}

/// Those who watch the gateway: the service manager, and the reader of its log.
struct SurroundingsTests {
  @Test(.timeLimit(.minutes(10)))
  func `the manager hears of start, reload, refused reload and stop`() async throws {
    try await onThread {
      let fixture = try ManagedFixture()
      let (gateway, manager) = (fixture.gateway, fixture.manager)
      let ready = try manager.message()
      #expect(
        ready.hasPrefix("READY=1\nSTATUS=serving 1 route on 127.0.0.1:\(gateway.port); secrets secret="))
      try gateway.reload()
      #expect(try manager.message().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
      let reloaded = try manager.message()
      #expect(
        reloaded.hasPrefix("READY=1\nSTATUS=serving 1 route on 127.0.0.1:\(gateway.port); reloaded at 20"))
      #expect(reloaded.contains(" UTC; secrets secret="))
      unlink(gateway.secretPath)
      try gateway.reload(expecting: "reload refused")
      #expect(try manager.message().hasPrefix("RELOADING=1\n"))
      #expect(try manager.message().hasPrefix("READY=1\nSTATUS=reload refused"))
      gateway.signal(SIGTERM)
      #expect(try manager.message().hasPrefix("STOPPING=1\n"))
      #expect(gateway.waitForExit() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `the reload command gets the daemon's verdict, and the manager hears of it first`() async throws {
    try await onThread {
      let fixture = try ManagedFixture(top: "control: {dir}/control")
      let (gateway, manager) = (fixture.gateway, fixture.manager)
      _ = try manager.message()
      let done = try GatewayProcess.command(["reload", "--config", gateway.configPath])
      #expect(done.status == 0)
      #expect(done.lines.first?.hasPrefix("1 route, secret=") == true)
      #expect(try manager.message(millisecondsMax: 0).hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
      #expect(try manager.message(millisecondsMax: 0).hasPrefix("READY=1\nSTATUS=serving 1 route on "))

      unlink(gateway.secretPath)
      let refused = try GatewayProcess.command(["reload", "--config", gateway.configPath])
      #expect(refused.status == 78)
      #expect(
        refused.lines.first?.hasPrefix("vesigate: reload refused, the old settings stay in force: ") == true)
      #expect(refused.lines.first?.contains("does not exist; enter it by vesigate secret set") == true)
      #expect(try manager.message(millisecondsMax: 0).hasPrefix("RELOADING=1\n"))
      let status = try manager.message(millisecondsMax: 0)
      #expect(status.hasPrefix("READY=1\nSTATUS=reload refused, the old settings stay in force: "))
      #expect(status.contains("does not exist"))

      // What the command itself could tell is the daemon's to say as well.
      try gateway.replaceSecrets([GatewayProcess.secret])
      try gateway.writeConfig(
        GatewayConfig.text(upstreams: [fixture.upstream.url()], top: "control: {dir}/control\nnonsense: 1"))
      let unknown = try GatewayProcess.command(["reload", "--config", gateway.configPath])
      #expect(unknown.status == 78)
      #expect(unknown.lines.first?.contains(" nonsense: unknown setting") == true)
      #expect(try manager.message(millisecondsMax: 0).hasPrefix("RELOADING=1\n"))
      #expect(try manager.message(millisecondsMax: 0).contains(" nonsense: unknown setting"))

      // Nobody can tell whose file this is.
      try gateway.writeConfig("control: [")
      let broken = try GatewayProcess.command(["reload", "--config", gateway.configPath])
      #expect(broken.status == 78)
      #expect(broken.lines.first?.hasPrefix("\(gateway.configPath):") == true)
      #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a refusal with many reasons ends the reload for the manager all the same`() async throws {
    try await onThread {
      let fixture = try ManagedFixture()
      let (gateway, manager) = (fixture.gateway, fixture.manager)
      _ = try manager.message()
      try gateway.writeConfig("routes:\n" + String(repeating: "  - {wrong: 1}\n", count: 200))
      try gateway.reload(expecting: "reload refused")
      #expect(try manager.message().hasPrefix("RELOADING=1\n"))
      let status = try manager.message()
      #expect(status.hasPrefix("READY=1\nSTATUS=reload refused"))
      // systemd reads 4096 bytes and drops what is longer.
      #expect(status.utf8.count < 2000)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a secret that a look has found shows in the status`() async throws {
    try await onThread {
      let fixture = try ManagedFixture()
      let (gateway, manager) = (fixture.gateway, fixture.manager)
      _ = try manager.message()
      try gateway.replaceSecrets(["another"])
      #expect(try gateway.status(signedWith: "another") == 200)
      let status = try manager.message()
      #expect(status.hasPrefix("STATUS=serving 1 route on "))
      #expect(status.contains("; secrets changed at 20"))
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a watchdog gets its signs of life`() async throws {
    try await onThread {
      let fixture = try ManagedFixture(watchdogMicroseconds: 200000)
      let (gateway, manager) = (fixture.gateway, fixture.manager)
      let messages = try (0..<5).map { _ in try manager.message() }
      #expect(messages.filter { $0 == "WATCHDOG=1" }.count >= 4)
      #expect(gateway.terminate() == 0)
    }
  }

  /// An authority's file is read when a connection begins, on the delivery's own loop. A pipe in its place that
  /// nobody writes to holds that loop as a file system that hangs would.
  @Test(.timeLimit(.minutes(10)))
  func `a watchdog gets no sign of life while a single event loop is stuck, and others after it`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let manager = try DatagramSocket()
      let directory = try TemporaryDirectory()
      // Sound at the start, which refuses what is not.
      let authority = directory.path + "/ca.pem"
      let openssl = try ChildProcess(
        [
          "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
          "-days", "2",
          "-subj", "/CN=authority", "-keyout", directory.path + "/ca.key", "-out", authority,
        ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
      #expect(openssl.waitForExit(within: 30) == 0)
      let gateway = try GatewayProcess(
        config: """
          listen: 127.0.0.1:{port}
          workers: 2
          routes:
            - {path: /hook, secret-file: "{dir}/secret", upstreams: ["\(upstream.url())"]}
            - path: /stuck
              secret-file: "{dir}/secret"
              upstreams: [{url: "https://127.0.0.1:\(upstream.port)/app", ca-file: "\(authority)"}]
          """,
        environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"])
      #expect(eventually { (try? manager.message()) == "WATCHDOG=1" })
      unlink(authority)
      #expect(mkfifo(authority, 0o600) == 0)
      // Each of both in turn: it must not be the first alone that is asked.
      var client = try gateway.connect()
      for _ in 0..<2 {
        try client.send(SignedRequest("stuck").with { $0.target = "/stuck" }.bytes)
        #expect(eventually(within: 30) { (try? manager.message(millisecondsMax: 2_000)) == nil })
        // Served meanwhile, so it is on the other loop.
        let other = try Self.served(gateway)
        let isFed = eventually(within: 30) {
          let writer = open(authority, O_WRONLY | O_NONBLOCK)
          if writer >= 0 { close(writer) }
          return (try? manager.message(millisecondsMax: 100)) == "WATCHDOG=1"
        }
        #expect(isFed)
        #expect(try client.response().status == 502)
        client = other
      }
      #expect(gateway.terminate() == 0)
    }
  }

  /// A connection that has had its answer; those that do not get one in time are let go.
  private static func served(_ gateway: GatewayProcess) throws -> RawClient {
    for _ in 0..<15 {
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      if (try? client.response(within: 2).status) == 200 { return client }
    }
    throw FixtureError("no loop serves")
  }

  private static let linesWanted = 5000

  @Test(.timeLimit(.minutes(10)))
  func `a log that nobody reads stops no delivery, and what is dropped is counted`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let directory = try TemporaryDirectory()
      try directory.write("secret", GatewayProcess.secret + "\n")
      let port = try FreePort.take()
      let config = StartedGateway.fill(
        GatewayConfig.text(upstreams: [upstream.url()], top: "log: {refused-per-minute-max: unlimited}"),
        directory.path, port)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try GatewayBinary.path())
      process.arguments = ["run", "--config", try directory.write("vesigate.yaml", config, mode: 0o644)]
      let log = Pipe()
      process.standardError = log
      try process.run()
      defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
      #expect(eventually(within: 30) { (try? RawClient(port: port)) != nil })

      // A pipe and the buffer hold about 1.1 MiB; a line is about 300 bytes.
      let client = try RawClient(port: port)
      let forged = SignedRequest("").with {
        $0.signature = "forged"
        $0.lines.append("X-Request-Id: " + String(repeating: "x", count: 128))
      }.bytes
      for _ in 0..<Self.linesWanted {
        try client.send(forged)
        #expect(try client.response().status == 401)
      }
      try client.send(SignedRequest().bytes)
      #expect(try client.response().status == 200)
      client.close()

      process.terminate()
      let text = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let lines = text.split(separator: "\n")
      let dropped = lines.compactMap { line in
        line.split(separator: " ").first { $0.hasPrefix("lines_dropped=") }.flatMap {
          Int($0.dropFirst("lines_dropped=".count))
        }
      }
      #expect(dropped.reduce(0, +) > 100)
      let refusals = lines.filter { $0.contains("status=401") }.count
      #expect(refusals < Self.linesWanted)
      #expect(refusals + dropped.reduce(0, +) >= Self.linesWanted)
    }
  }
}
