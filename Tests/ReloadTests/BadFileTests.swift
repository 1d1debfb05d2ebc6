import Foundation
import TestSupport
import Testing

/// One way to make a secret file unusable.
struct BadFile: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// What the log says of it.
  let sentence: String
  /// Whether nobody knows what it holds: then nothing that comes is surely no delivery.
  var isUnread: Bool { ["missing", "unreadable", "a link to nowhere"].contains(testDescription) }
  let make: @Sendable (GatewayProcess) throws -> Void

  init(_ name: String, _ sentence: String, _ make: @escaping @Sendable (GatewayProcess) throws -> Void) {
    testDescription = name
    self.sentence = sentence
    self.make = make
  }

  static let all: [BadFile] = [
    BadFile("missing", "does not exist") { unlink($0.secretPath) },
    BadFile("empty", "is empty: write the secret into it") { try $0.replaceSecretFile("") },
    BadFile("blank lines only", "is empty: write the secret into it") {
      try $0.replaceSecretFile("\n\r\n\n")
    },
    BadFile("a line of blanks", "holds nothing but blanks in line 2") {
      try $0.replaceSecretFile("new secret\n   \n")
    },
    BadFile("unreadable", "it, then chmod 0640 it") { chmod($0.secretPath, 0) },
    BadFile("open to everyone", "is open to every user (mode 0644): chmod 0640 it") {
      try $0.replaceSecrets(["new secret"], mode: 0o644)
    },
    BadFile("writable by its group", "can be written by its group (mode 0660): chmod 0640 it") {
      try $0.replaceSecrets(["new secret"], mode: 0o660)
    },
    BadFile("a directory", "is not a regular file") {
      unlink($0.secretPath)
      mkdir($0.secretPath, 0o750)
      try $0.giveToItsUser($0.secretPath)
    },
    BadFile("a FIFO", "is not a regular file") {
      unlink($0.secretPath)
      mkfifo($0.secretPath, 0o640)
      try $0.giveToItsUser($0.secretPath)
    },
    BadFile("a link to nowhere", "does not exist") {
      unlink($0.secretPath)
      symlink("/nonexistent/vesigate", $0.secretPath)
    },
    BadFile("over 64 KiB", "must not be larger than 65536 bytes") {
      try $0.replaceSecretFile(String(repeating: "s", count: 65_537))
    },
    BadFile("nine secrets", "holds more than 8 secrets") {
      try $0.replaceSecrets((1...9).map { "secret \($0)" })
    },
    BadFile("a NUL inside", "holds a NUL byte in line 1") { try $0.replaceSecretFile("new\0secret\n") },
    BadFile("a byte order mark", "begins with a byte order mark") {
      try $0.replaceSecretFile("\u{FEFF}new secret\n")
    },
    BadFile("good, beside a wrong configuration", "limts: unknown setting") {
      try $0.replaceSecrets(["new secret"])
      let text = try String(contentsOfFile: $0.configPath, encoding: .utf8)
      try $0.writeConfig(text + "\nlimts: {}\n")
    },
  ]
}

struct BadFileTests {
  @Test(.timeLimit(.minutes(10)), arguments: BadFile.all)
  func `the old secret holds while the file is bad, and a good file is taken afterwards`(
    _ bad: BadFile
  ) async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let config = GatewayConfig.text(upstreams: [upstream.url()])
      let gateway = try GatewayProcess(
        config: config, files: ["secret": "old secret\n"], unprivileged: Machine.isRoot)
      try bad.make(gateway)
      let seen = gateway.log.count
      try gateway.reload(expecting: "reload refused, the old configuration and secrets stay in force")
      let loud = gateway.log.dropFirst(seen).filter { $0.contains("level=error") }
      #expect(loud.contains { $0.contains(bad.sentence) }, "\(loud)")
      #expect(try gateway.status(signedWith: "old secret") == 200)
      // Also when a delivery makes it look again.
      #expect(try gateway.status(signedWith: "neither") == (bad.isUnread ? 503 : 401))

      rmdir(gateway.secretPath)
      try gateway.replaceSecrets(["good secret"])
      try gateway.writeConfig(config)
      try gateway.reload()
      #expect(try gateway.status(signedWith: "good secret") == 200)
      #expect(try gateway.status(signedWith: "old secret") == 401)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a bad file without a signal is said once, and its repair is taken`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()]), files: ["secret": "old secret\n"])
      try gateway.replaceSecrets((1...9).map { "secret \($0)" })
      for _ in 1...5 { #expect(try gateway.status(signedWith: "secret 9") == 401) }
      #expect(try gateway.status(signedWith: "old secret") == 200)
      let said = gateway.log.filter { $0.contains("its old secrets stay in force") }
      #expect(said.count == 1)
      try gateway.replaceSecrets(["secret 9"])
      #expect(try gateway.status(signedWith: "secret 9") == 200)
      #expect(gateway.terminate() == 0)
    }
  }
}
