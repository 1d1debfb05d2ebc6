import Foundation
import TestSupport
import Testing

/// The file on disk is broken, as while somebody edits it, and the daemon goes on by what it took: whoever asks how
/// it does is told.
@Suite struct BrokenFileTests {
  /// One with a word that is no setting, one that is no YAML from a line on.
  private static let broken = [
    "    upstream: typo\n", "routes:\n\t- {\n", "control: [\n",
  ]

  private func gateway(breaking ending: String) throws -> (GatewayProcess, RecordingUpstream) {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess.observed([upstream.url()])
    #expect(try gateway.post(SignedRequest()) == 200)
    let text = try String(contentsOfFile: gateway.configPath, encoding: .utf8)
    try gateway.writeConfig(text + ending)
    return (gateway, upstream)
  }

  @Test(arguments: broken)
  func `status tells how the daemon does, and that the file is broken`(ending: String) async throws {
    try await onThread {
      let (gateway, _) = try gateway(breaking: ending)
      let path = gateway.configPath
      let status = try gateway.command("status")
      #expect(status.status == 0, "\(status.lines)")
      #expect(status.lines.first?.hasPrefix("vesigate ") == true)
      #expect(status.lines.contains("/hook"), "\(status.lines)")
      let words = status.lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
      #expect(
        words.contains("! \(path) cannot be used as it stands: vesigate check --config \(path) says why"),
        "\(words)")
      let json = try gateway.command("status", "--json")
      #expect(json.status == 0 && json.lines.count == 1)
      let object = try JSONSerialization.jsonObject(with: Data(json.lines[0].utf8)) as? [String: Any]
      #expect((object?["fileProblem"] as? String)?.hasPrefix("\(path):") == true, "\(json.lines)")
    }
  }

  @Test(arguments: broken)
  func `capture, secret list and reload ask the daemon too`(ending: String) async throws {
    try await onThread {
      let (gateway, _) = try gateway(breaking: ending)
      let capture = try ChildProcess(
        [
          try GatewayBinary.path(), "capture", "--config", gateway.configPath, "--directory",
          gateway.directory.path,
        ], environment: ["PATH": "/usr/bin:/bin"])
      _ = try capture.waitForLine(containing: "waiting for the next", within: 30)
      #expect(try gateway.post(SignedRequest().with { $0.secret = "another" }) == 401)
      #expect(capture.waitForExit() == 0, "\(capture.lines)")
      let list = try gateway.command("secret", "list")
      #expect(list.status == 0, "\(list.lines)")
      #expect(list.lines.dropFirst().first == "\(gateway.directory.path)/secret  for /hook")
      #expect(list.lines.contains { $0.hasPrefix("  daemon   judges by ") })
      #expect(list.lines.first?.contains("these are the files that the daemon judges by") == true)
      // It is the daemon that refuses, so that its status tells it too.
      #expect(try gateway.command("reload").status == 78)
      #expect(try gateway.command("status").lines.joined(separator: " ").contains("LAST RELOAD REFUSED"))
    }
  }

  /// Nobody can read of such a file which daemon is meant.
  private static let silent = ["routes:\n\t- {\n", nil]

  private func asked(_ command: [String], _ gateway: GatewayProcess, control: String? = nil) throws -> Int32 {
    try GatewayProcess.command(
      command + ["--config", gateway.configPath],
      environment: control.map { ["VESIGATE_CONTROL": $0] } ?? [:]
    ).status
  }

  @Test(arguments: silent)
  func `a file that does not even say where the daemon is leaves it to VESIGATE_CONTROL`(text: String?)
    async throws
  {
    try await onThread {
      let (gateway, _) = try gateway(breaking: "")
      if let text { try gateway.writeConfig(text) } else { unlink(gateway.configPath) }
      let control = gateway.directory.path + "/control.sock"
      for command in [["status"], ["status", "--json"], ["secret", "list"]] {
        #expect(try asked(command, gateway) == 78, "\(command)")
        #expect(try asked(command, gateway, control: control + ".other") == 78, "\(command)")
        #expect(try asked(command, gateway, control: control) == 0, "\(command)")
      }
      let capture = ["capture", "--seconds-max", "1", "--directory", gateway.directory.path]
      #expect(try asked(capture, gateway) == 78)
      // Nothing is refused meanwhile.
      #expect(try asked(capture, gateway, control: control) == 75)
    }
  }

  /// Runs a command where `/etc/vesigate/vesigate.yaml` and `/run` are those of the test.
  private func inWorld(_ gateway: GatewayProcess, _ command: [String], file: String?) throws -> (
    status: Int32, text: String
  ) {
    let folder = gateway.directory.path
    let script = """
      mkdir -p "$1/etc/vesigate" "$1/run" && cp /etc/passwd /etc/group "$1/etc/" \
      && mount --bind "$1/etc" /etc && mount --bind "$1/run" /run && shift && exec "$@"
      """
    let usual = folder + "/etc/vesigate"
    try FileManager.default.createDirectory(atPath: usual, withIntermediateDirectories: true)
    try file?.write(toFile: usual + "/vesigate.yaml", atomically: true, encoding: .utf8)
    return try run(
      ["unshare", "--mount", "sh", "-c", script, "sh", folder, try GatewayBinary.path()] + command)
  }

  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can have an /etc of its own"),
    arguments: silent)
  func `where the file has its usual place the daemon's usual one is tried`(text: String?) async throws {
    try await onThread {
      let directory = try TemporaryDirectory()
      try FileManager.default.createDirectory(
        atPath: directory.path + "/run/vesigate", withIntermediateDirectories: true)
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: [upstream.url()], top: "control: {dir}/run/vesigate/control.sock"), directory: directory)
      for command in [["status"], ["status", "--json"], ["secret", "list"]] {
        let answer = try inWorld(gateway, command, file: text)
        #expect(answer.status == 0 && answer.text.contains("/hook"), "\(command) \(answer)")
      }
      #expect(gateway.terminate() == 0)
      for command in [["status"], ["secret", "list"]] {
        #expect(try inWorld(gateway, command, file: text).status == 78, "\(command)")
      }
    }
  }

  @Test func `a whole file is no remark`() async throws {
    try await onThread {
      let (gateway, _) = try gateway(breaking: "")
      #expect(try gateway.command("status").lines.allSatisfy { !$0.hasPrefix("!") })
      #expect(
        try gateway.command("status", "--json").lines.first?.hasSuffix(",\"fileProblem\":null}") == true)
    }
  }

  @Test func `where no daemon answers the file's own problems are told`() async throws {
    try await onThread {
      let (gateway, _) = try gateway(breaking: "routes:\n\t- {\n")
      #expect(gateway.terminate() == 0)
      for command in [["status"], ["capture"], ["secret", "list"]] {
        let answer = try GatewayProcess.command(command + ["--config", gateway.configPath])
        #expect(
          answer.status == 78 && answer.lines.first?.hasPrefix("\(gateway.configPath):") == true, "\(answer)")
      }
    }
  }

  @Test func `the secret of a new route is entered before the reload that takes it up`() async throws {
    try await onThread {
      let (gateway, upstream) = try gateway(breaking: "")
      let text = try String(contentsOfFile: gateway.configPath, encoding: .utf8)
      try gateway.writeConfig(
        text
          + "  - {path: /node, secret-file: \"{dir}/node\", upstreams: [\"\(upstream.url("/node"))\"]}\n")
      let set = try run([
        "sh", "-c",
        "printf 'the secret of the new route' | \(try GatewayBinary.path()) secret set --route /node"
          + " --config \(gateway.configPath)",
      ])
      #expect(set.status == 0, "\(set.text)")
      #expect(set.text.contains("is stored"))
      #expect(set.text.contains("vesigate reload takes it up"), "\(set.text)")
      #expect(try gateway.command("reload").status == 0)
      let request = SignedRequest().with {
        $0.target = "/node"
        $0.secret = "the secret of the new route"
      }
      #expect(try gateway.post(request) == 200)
    }
  }

  @Test func `reload itself says what waits for a restart`() async throws {
    try await onThread {
      let (gateway, _) = try gateway(breaking: "")
      let text = try String(contentsOfFile: gateway.configPath, encoding: .utf8)
      try gateway.writeConfig(
        text.replacing("127.0.0.1:\(gateway.port)", with: "127.0.0.1:\(try FreePort.take())"))
      let reload = try gateway.command("reload")
      #expect(reload.status == 0)
      #expect(reload.lines.contains("warning: listen has changed: that needs a restart"), "\(reload.lines)")
    }
  }

  @Test func `the status shows where it listens, and what waits for a restart until it is changed back`()
    async throws
  {
    try await onThread {
      let (gateway, _) = try gateway(breaking: "")
      let text = try String(contentsOfFile: gateway.configPath, encoding: .utf8)
      let change = "\nlog: {level: debug}\n#\n"
      try gateway.writeConfig(
        text.replacing("127.0.0.1:\(gateway.port)", with: "127.0.0.1:\(try FreePort.take())")
          .replacing("workers: 2", with: "workers: 3") + change)
      #expect(try gateway.command("reload").status == 0)
      let changed = try gateway.command("status").lines
      #expect(changed.contains("  listen       127.0.0.1:\(gateway.port)"), "\(changed)")
      for name in ["listen", "log", "workers"] {
        #expect(changed.contains("! \(name) has changed: that needs a restart"), "\(changed)")
      }
      #expect(try gateway.command("status", "--json").lines[0].contains("[\"127.0.0.1:\(gateway.port)\"]"))
      try gateway.writeConfig(text)
      #expect(try gateway.command("reload").status == 0)
      let restored = try gateway.command("status").lines
      #expect(!restored.contains { $0.contains("needs a restart") }, "\(restored)")
    }
  }

  @Test func `a refusal leads to its cause`() async throws {
    try await onThread {
      let (gateway, _) = try gateway(breaking: "")
      func notVerified(_ reason: String) throws -> [String] {
        var lines: [String] = []
        #expect(
          eventually {
            lines = (try? gateway.command("status").lines) ?? []
            return lines.contains { $0.contains("not verified last ") && $0.contains(reason) }
          }, "\(lines)")
        return lines
      }
      for _ in 0..<4 { #expect(try gateway.post(SignedRequest().with { $0.shiftSeconds = 600 }) == 401) }
      let stale = try notVerified("4 of 4")
      #expect(stale.contains { $0.contains(#/: stale, (59\d|600) s ahead, 4 of 4$/#) }, "\(stale)")
      for _ in 0..<3 { #expect(try gateway.post(SignedRequest().with { $0.secret = "another" }) == 401) }
      let mismatch = try notVerified("mismatch")
      // The log says so too, once a minute.
      let refused = gateway.log.filter { $0.contains("reason=mismatch") }
      let (capture, config) = ("vesigate capture --route /hook", "--config \(gateway.configPath)")
      let told = mismatch.flatMap { $0.split(separator: " ") }.joined(separator: " ")
      #expect(told.contains("\(capture) \(config), then vesigate diagnose \(config)"), "\(mismatch)")
      let logged = "hint=\"\(capture) \(config), then vesigate diagnose \(config)\""
      #expect(refused.count { $0.contains(logged) } == 1, "\(refused)")
    }
  }
}
