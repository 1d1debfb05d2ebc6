import Foundation
import TestSupport
import Testing

/// A place where the store cannot be: a start, a reload and a check say the same of it.
@Suite(.ownThread) struct StorePlaceTests {
  let directory: TemporaryDirectory
  private var folder: String { directory.path + "/store" }

  init() throws { directory = try TemporaryDirectory() }

  private func config(durable: String) throws -> String {
    DurableFixture.config(app: try FreePort.take(), durable: durable)
      .replacingOccurrences(of: "{dir}/queue.db", with: "{dir}/store/queue.db")
      .replacingOccurrences(of: "{dir}/seal.key", with: "{dir}/store/seal.key")
  }

  private func command(_ gateway: GatewayProcess, _ name: String) throws -> (status: Int32, text: String) {
    let ended = try GatewayProcess.command([name, "--config", gateway.configPath])
    let words = ended.lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    return (ended.status, words)
  }

  @Test func `what a reload refuses the store for, check and status say, and once it is mended neither does`()
    throws
  {
    let gateway = try GatewayProcess(config: config(durable: "false"), directory: directory)
    try gateway.writeConfig(config(durable: "true"))
    let missing = "there is no folder \(folder) for the store: mkdir -m 0700 \(folder)"
    let refused = try command(gateway, "reload")
    #expect(refused.status != 0 && refused.text.contains(missing), "\(refused.text)")
    #expect(try command(gateway, "status").text.contains("the last reload was refused: \(missing)"))
    let checked = try command(gateway, "check")
    #expect(checked.status == 78 && checked.text.contains(missing), "\(checked.text)")
    #expect(mkdir(folder, 0o700) == 0 && chmod(folder, 0o777) == 0)
    for name in ["reload", "check"] {
      let open = try command(gateway, name)
      #expect(open.status != 0 && open.text.contains("chmod 0700 \(folder)"), "\(open.text)")
    }
    #expect(chmod(folder, 0o700) == 0)
    #expect(try command(gateway, "check").status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    #expect(try command(gateway, "reload").status == 0)
    #expect(try !command(gateway, "status").text.contains("refused:"))
    // Beside the daemon that has it open, too.
    let beside = try command(gateway, "check")
    #expect(beside.status == 0 && !beside.text.contains("warning"), "\(beside.text)")
  }

  @Test func `check tells what a start would say of a store's files, and changes nothing of them`() throws {
    let gateway = try GatewayProcess(config: config(durable: "false"), directory: directory)
    try gateway.writeConfig(config(durable: "true"))
    #expect(mkdir(folder, 0o700) == 0)
    let (file, key) = (folder + "/queue.db", folder + "/seal.key")
    func put(_ path: String, _ bytes: Data, mode: Int) {
      #expect(
        FileManager.default.createFile(atPath: path, contents: bytes, attributes: [.posixPermissions: mode]))
    }
    var header = Data("SQLite format 3".utf8) + Data(count: 85)
    put(file, header, mode: 0o644)
    #expect(try command(gateway, "check").text.contains("\(file) may be read or written by others"))
    header[71] = 7
    put(file, header, mode: 0o600)
    #expect(try command(gateway, "check").text.contains("\(file) is some other program's database"))
    header.replaceSubrange(68..<72, with: Data("VSGQ".utf8))
    header[63] = 9
    put(file, header, mode: 0o600)
    #expect(try command(gateway, "check").text.contains("was written by a newer vesigate (layout 9"))
    // What a start goes on without is a warning.
    header[63] = 1
    put(file, header, mode: 0o600)
    let keyless = try command(gateway, "check")
    #expect(keyless.status == 0 && keyless.text.contains("warning: \(key) is missing"), "\(keyless.text)")
    put(key, Data("no key\n".utf8), mode: 0o600)
    let garbled = try command(gateway, "check")
    #expect(garbled.status == 78 && garbled.text.contains("\(key) must hold lines"), "\(garbled.text)")
    put(key, Data((String(repeating: "ab", count: 32) + "\n").utf8), mode: 0o600)
    let whole = try command(gateway, "check")
    #expect(whole.status == 0 && !whole.text.contains("warning"), "\(whole.text)")
    put(file, Data("no database at all".utf8), mode: 0o600)
    let damaged = try command(gateway, "check")
    #expect(damaged.status == 0 && damaged.text.contains("warning: the store is damaged"), "\(damaged.text)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["queue.db", "seal.key"])
  }
}
