import Foundation
import TestSupport
import Testing

/// Bodies that leave the store: by whom, to where, and only what its seal proves.
@Suite(.ownThread) struct ExportCommandTests {
  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  private func file(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func objects(_ path: String) throws -> [[String: Any]] {
    try String(decoding: file(path), as: UTF8.self).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func `a body is had byte for byte, in a new file of its own, and none that is gone`() throws {
    let fixture = try DurableFixture(store: "delivered-body-hours: 0")
    let gateway = try fixture.startGateway()
    // More than one part, and no text.
    let body = (0..<1_048_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    let id = try #require(try fixture.send(SignedRequest(bytes: body)).id)
    let out = fixture.directory.path + "/body"
    let written = try fixture.queue("body", id, "--out", out)
    #expect(written.status == 0 && written.lines == [], "\(written)")
    #expect(try file(out) == body && mode(out) == 0o600)
    #expect(try fixture.queue("body", id, "--out", out).status == 73)
    let piped = try Process.output([
      try GatewayBinary.path(), "queue", "body", id, "--config", gateway.configPath,
    ])
    #expect(piped == body)
    #expect(gateway.log.contains { $0.contains("a stored delivery was read") && $0.contains("uid=") })
    let unknown = try fixture.queue("body", "01932f0c-5f3e-7a41-9d52-0c6f1b7e9a10")
    #expect(unknown.status == 1 && unknown.lines.contains { $0.contains("no delivery") }, "\(unknown)")
    try fixture.startApp()
    _ = try fixture.delivered(1)
    #expect(eventually { (try? fixture.queue("list", "--state", "delivered").lines.count) == 2 })
    #expect(try fixture.queue("prune", "--now").status == 0)
    #expect(eventually { (try? fixture.queue("body", id).status) == 1 })
    #expect(try fixture.queue("body", id).lines.contains { $0.contains("is gone") })
    let replayed = try fixture.queue("replay", "--yes", id)
    #expect(replayed.status == 1 && replayed.lines.contains { $0.contains("is gone") }, "\(replayed)")
    #expect(try fixture.queue("replay", "--state", "delivered", "--dry-run").status == 1)
  }

  @Test func `a terminal is shown text, and nothing that is not`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    let text = try #require(try fixture.send("{\"paid\":true}").id)
    let escape = try #require(try fixture.send("{\"paid\":\u{1B}[2J}").id)
    func onTerminal(_ id: String) throws -> (status: Int32?, text: String) {
      let program = "import pty,sys; sys.exit(pty.spawn(sys.argv[1:])>>8)"
      let child = try ChildProcess(
        [
          "python3", "-c", program, try GatewayBinary.path(), "queue", "body", id, "--config",
          gateway.configPath,
        ],
        environment: ["PATH": "/usr/bin:/bin"])
      return (child.waitForExit(within: 30), child.lines.joined(separator: "\n"))
    }
    let shown = try onTerminal(text)
    #expect(shown.status == 0 && shown.text.contains("{\"paid\":true}"), "\(shown)")
    let refused = try onTerminal(escape)
    #expect(refused.status == 1 && refused.text.contains("--out") && !refused.text.contains("\u{1B}"))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
  func `bodies are not for others who may open the socket`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    let id = try #require(try fixture.send("{}").id)
    chmod(fixture.directory.path, 0o755)
    chmod(fixture.directory.path + "/control.sock", 0o666)
    for (verb, status) in [("show", 0), ("body", 77), ("export", 77)] {
      let directory = verb == "export" ? ["--dir", fixture.directory.path + "/none"] : []
      let child = try ChildProcess(
        [
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try GatewayBinary.publicPath(),
          "queue",
        ]
          + [verb, id, "--config", gateway.configPath] + directory, environment: ["PATH": "/usr/bin:/bin"])
      #expect(child.waitForExit(within: 30) == Int32(status), "\(verb): \(child.lines)")
    }
    #expect(mode(fixture.directory.path + "/none") == nil)
  }

  @Test func `what is exported is verified as it came, and what was changed is left out`() throws {
    let fixture = try DurableFixture(route: "deliver: all", upstreams: ["http://127.0.0.1:9/b"])
    try fixture.startGateway()
    let requests = (0..<4).map { number in
      SignedRequest("{\"number\":\(number)}").with { $0.target = "/hook?number=\(number)" }
    }
    let ids = try requests.map { try #require(try fixture.send($0).id) }
    #expect(fixture.stopGateway() == 0)
    try fixture.edit("UPDATE body SET bytes=CAST('forged' AS BLOB) WHERE id=2")
    let gateway = try fixture.startGateway()
    let folder = fixture.directory.path + "/export"
    let dry = try fixture.queue("export", "--all", "--dir", folder, "--dry-run")
    #expect(dry.status == 0 && mode(folder) == nil, "\(dry)")
    let exported = try fixture.queue("export", "--route", "/hook", "--dir", folder)
    #expect(exported.status == 1 && exported.lines.last == "3 exported to \(folder)", "\(exported)")
    #expect(exported.lines.contains { $0.hasPrefix("1 left out") })
    #expect(mode(folder) == 0o700)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let whole = ids.enumerated().filter { $0.offset != 1 }
    #expect(names == whole.flatMap { ["\($0.element).http", "\($0.element).json"] }.sorted())
    for (number, id) in whole {
      #expect(mode("\(folder)/\(id).http") == 0o600 && mode("\(folder)/\(id).json") == 0o600)
      let lines = try objects("\(folder)/\(id).json")
      #expect(lines.count == 3 && lines[0]["id"] as? String == id)
      #expect(lines[0]["target"] as? String == "/hook?number=\(number)")
      #expect(Set(lines.dropFirst().compactMap { $0["upstream"] as? String }).count == 2)
      #expect(
        try file("\(folder)/\(id).http").suffix(requests[number].body.count) == requests[number].body[...])
      let accepted = try #require(lines[0]["accepted"] as? Int)
      let verified = try GatewayProcess.command([
        "verify", "\(folder)/\(id).http", "--at", "\(accepted / 1000)", "--config", gateway.configPath,
      ])
      #expect(verified.status == 0, "\(verified.lines)")
    }
    #expect(try fixture.queue("export", "--all", "--dir", folder).status == 73)
    #expect(try fixture.queue("export", "--dir", folder + "2").status == 64)
  }

  @Test func `a damaged store is salvaged beside its gateway, and without one`() throws {
    let fixture = try DurableFixture()
    let app = try fixture.startApp { $0.body == Array("delivered".utf8) ? .ok : .answer(422) }
    try fixture.startGateway()
    let ids = try (0..<3).map { try #require(try fixture.send("{\"number\":\($0)}").id) }
    _ = try fixture.send("delivered")
    _ = try app.requests(atLeast: 4)
    #expect(eventually { (try? fixture.queue("list", "--state", "dead").lines.count) == 6 })
    let beside = fixture.directory.path + "/beside"
    let first = try fixture.queue("salvage", "--dir", beside)
    #expect(first.status == 0 && first.lines.last == "3 salvaged to \(beside)", "\(first)")
    #expect(fixture.gateway?.status == nil)
    let config = try #require(fixture.gateway).configPath
    #expect(fixture.stopGateway() == 0)
    try fixture.edit("UPDATE delivery SET secret='0000000000000000' WHERE id=1")
    let (store, key) = (fixture.directory.path + "/queue.db", fixture.directory.path + "/seal.key")
    let before = try file(store)
    let folder = fixture.directory.path + "/salvaged"
    let salvaged = try GatewayProcess.command(
      ["queue", "salvage", "--dir", folder, "--all", "--store", store, "--seal-key-file", key])
    #expect(salvaged.status == 1 && salvaged.lines.last == "3 salvaged to \(folder)", "\(salvaged)")
    #expect(try file(store) == before)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.contains("\(ids[1]).http") && !names.contains("\(ids[0]).http") && names.count == 6)
    #expect(try objects("\(folder)/\(ids[1]).json").last?["state"] as? String == "dead")
    let missing = try GatewayProcess.command(
      ["queue", "salvage", "--dir", folder + "2", "--store", store + ".none", "--config", config])
    #expect(missing.status == 66, "\(missing)")
  }
}

extension ExportCommandTests {
  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `what root salvages of another's store stays that user's to open`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    _ = try fixture.send("{}")
    #expect(fixture.stopGateway() == 0)
    let (folder, store) = (fixture.directory.path, fixture.directory.path + "/queue.db")
    for name in ["-wal", "-shm"] { unlink(store + name) }
    for path in [folder, store, folder + "/seal.key"] { chown(path, 65_534, 65_534) }
    let salvaged = try GatewayProcess.command(
      [
        "queue", "salvage", "--dir", folder + "/salvaged", "--store", store, "--seal-key-file",
        folder + "/seal.key",
      ])
    #expect(salvaged.status == 0 && salvaged.lines.last == "1 salvaged to \(folder)/salvaged", "\(salvaged)")
    for name in ["", "-wal", "-shm"] {
      var status = stat()
      guard lstat(store + name, &status) == 0 else { continue }
      #expect(status.st_uid == 65_534 && status.st_mode & 0o077 == 0, "\(name)")
    }
  }
}

extension Process {
  /// What a program writes to standard output.
  fileprivate static func output(_ command: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Array(bytes)
  }
}
