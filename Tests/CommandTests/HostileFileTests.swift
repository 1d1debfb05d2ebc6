import Foundation
import TestSupport
import Testing

/// Files that are made to end whoever reads them.
@Suite(.ownThread) struct HostileFileTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  @Test(arguments: NestedText.all)
  func `a configuration of any depth is refused, and the place is told`(_ nested: NestedText) throws {
    let config = try fixture.write("nested.yaml", nested.text)
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 78, "\(nested.name)")
    #expect(
      checked.errors.contains("must not be nested deeper than 32 levels"), "\(checked.errors.prefix(300))")
  }

  /// Unknown keys, twins, anchors, wrong words: what is told of each is not made up for all of them.
  @Test func `of a hundred thousand mistakes some are told, and how many are not`() throws {
    let config = try fixture.write("mistakes.yaml", (0..<100_000).map { "secret-fil\($0): 1\n" }.joined())
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 78)
    #expect(
      checked.errors.contains("has 99801 more problems than are shown"), "\(checked.errors.suffix(300))")
  }

  @Test func `directives beyond any use are refused before they are compared with each other`() throws {
    let directives = (0..<200_000).map { "%TAG !t\($0)! tag:x,2026:\n" }.joined()
    let config = try fixture.write("directives.yaml", directives + "---\nworkers: 1\n")
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 78)
    #expect(
      checked.errors.contains("\(config):17:1: must not have more than 16 directives (%)"),
      "\(checked.errors)")
  }

  @Test func `a byte order mark before the configuration is no part of it`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret-of-the-test")
    try fixture.write("vesigate.yaml", "\u{FEFF}" + String(contentsOfFile: config, encoding: .utf8))
    #expect(try fixture.vesigate(["check", "--config", config]).status == 0)
    try fixture.write("vesigate.yaml", "\u{FEFF}lissten: 127.0.0.1:0\nroutes: [{}]\n")
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.errors.contains("\(config):1:1 lissten: unknown setting"), "\(checked.errors)")
    #expect(checked.errors.contains("\(config):2:10 routes[0].path: "), "\(checked.errors)")
    // A second one is a character like any other, and no key begins with it.
    try fixture.write("vesigate.yaml", "\u{FEFF}\u{FEFF}listen: 127.0.0.1:0\n")
    #expect(try fixture.vesigate(["check", "--config", config]).status == 78)
  }

  @Test func `a byte order mark before a saved request is no part of it`() throws {
    let config = try fixture.writeConfiguration(secret: "test_webhook_secret")
    let request = try fixture.write("request", "\u{FEFF}" + VerifyCommandTests.request())
    let at = "\(VerifyCommandTests.signedAt)"
    #expect(try fixture.vesigate(["verify", "--config", config, "--at", at, request]).status == 0)
    #expect(try fixture.vesigate(["diagnose", "--config", config, "--at", at, request]).status == 0)
  }

  // MARK: Times

  static let extremes: [Int64] = [
    .min, .min + 1, -9_223_372_036_854_776, -9_223_372_036_854_775, -62_135_596_801, -1, 253_402_300_800,
    9_223_372_036, 9_223_372_036_854_775, 9_223_372_036_854_776, .max - 1, .max,
  ]

  @Test(arguments: extremes, ["verify", "diagnose"])
  func `a time that no clock shows is judged or refused, and nothing falls over`(
    at: Int64, command: String
  ) throws {
    let config = try fixture.writeConfiguration(secret: "test_webhook_secret")
    let request = try fixture.write("request", VerifyCommandTests.request())
    let judged = try fixture.vesigate([command, "--config", config, "--at=\(at)", request])
    if (0...253_402_300_799).contains(at) {
      #expect([0, 1].contains(judged.status), "\(judged.text)\(judged.errors)")
    } else {
      #expect(judged.status == 64)
      #expect(judged.errors.contains("--at must be a Unix time in seconds"), "\(judged.errors)")
    }
  }

  /// Only a file system in memory keeps any time.
  @Test(arguments: extremes)
  func `files of any time are read`(modified: Int64) throws {
    let folder = "/dev/shm/vesigate-\(UUID().uuidString)"
    try #require(mkdir(folder, 0o755) == 0)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let config = try fixture.writeConfiguration(secret: "test_webhook_secret")
    let text = try String(contentsOfFile: config, encoding: .utf8)
    try fixture.write(
      "vesigate.yaml", text.replacingOccurrences(of: fixture.path("secret"), with: "\(folder)/secret"))
    for (name, content) in [
      ("secret", "test_webhook_secret\n"), ("secret.journal", "no journal\n"),
      ("secret.previous", "1 9223372036854775807 old-secret-of-the-test\n"),
      ("request", VerifyCommandTests.request()),
    ] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      chmod("\(folder)/\(name)", 0o640)
      let time = timespec(tv_sec: Int(modified), tv_nsec: 999_999_999)
      try #require(
        [time, time].withUnsafeBufferPointer { utimensat(0, "\(folder)/\(name)", $0.baseAddress, 0) } == 0)
    }
    func ends(_ arguments: [String]) throws -> Int32 {
      let ended = try fixture.vesigate(arguments + ["--config", config])
      #expect(!ended.text.contains("1900-"), "a date that nobody could make is not told as another")
      return ended.status
    }
    #expect(try ends(["diagnose", "\(folder)/request"]) == 1)
    #expect(try ends(["check"]) == 0)
    #expect(try [0, 78].contains(ends(["secret", "list"])))
    #expect(try (0..<128).contains(ends(["secret", "retire"])))
  }

  @Test(arguments: [
    "-9223372036854775808", "9223372036854775807", "253402300800000", "-62167219200001", "1e3", "",
  ])
  func `a journal that begins at no time is read`(began: String) throws {
    let config = try fixture.writeConfiguration(secret: "s3cret-of-the-test")
    try fixture.write(
      "secret.journal",
      "vesigate-journal: 1\nbegan: \(began)\nstep: calling\nmode: call\ncompromised: no\nattempt: 9223372036854775807\n"
    )
    #expect(try fixture.vesigate(["check", "--config", config]).status == 0)
    let listed = try fixture.vesigate(["secret", "list", "--config", config])
    #expect(listed.status == 0, "\(listed.errors)")
    #expect(listed.text.contains("rotation unfinished since 20"), "\(listed.text)")
    let dry = try fixture.vesigate(["secret", "rotate", "--dry-run", "--config", config])
    #expect((1..<128).contains(dry.status), "\(dry.errors)")
  }
}
