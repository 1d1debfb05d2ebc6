import Foundation
import Signing
import TestSupport
import Testing

@testable import Secrets

/// What a rotation keeps beside a secret file, in every state that a crash or a hand can leave it in.
@Suite(.ownThread) struct RotationFilesTests {
  let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write("s", "current\n")
  }

  private var path: String { scratch.file("s") }

  private func content() throws -> SecretFile.Content { try SecretFile.read(path) }

  private func modified(_ name: String) throws -> Int64 {
    var status = stat()
    try #require(stat(scratch.file(name), &status) == 0)
    return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
  }

  // MARK: The journal

  @Test func `a journal tells when the rotation began, in which way and why`() throws {
    #expect(try content().rotation == nil)
    try scratch.write(
      "s.journal",
      """
      vesigate-journal: 1
      began: 1795295346123
      step: calling
      mode: by-hand
      compromised: yes
      attempt: 2
      old: bda5d2fc
      something-newer: than this program

      """)
    #expect(
      try content().rotation
        == RotationNotice(beganUnixMilliseconds: 1_795_295_346_123, mode: .byHand, isCompromised: true))
    unlink(scratch.file("s.journal"))
    #expect(try content().rotation == nil)
  }

  @Test func `a journal with nothing but its beginning is a call that is not compromised`() throws {
    try scratch.write("s.journal", "began: 5\n")
    #expect(
      try content().rotation
        == RotationNotice(beganUnixMilliseconds: 5, mode: .call, isCompromised: false))
  }

  /// A journal that stands must never be overlooked, whatever is in it.
  @Test(
    arguments: [
      "", "\n", "began", "began:", "began: soon\n", "began: 17.5\n", "began: -62167219200001\n",
      "began: 9223372036854775807\n", "began: 9223372036854775808\n", "began: -9223372036854775808\n",
      "began: 99999999999999999\n", "\0\0\0\0", "mode: maybe\ncompromised: perhaps\n", "{\"began\":1}",
      String(repeating: "x", count: 5000), "began: 1\u{FFFD}\n", "  began: 12\n",
    ])
  func `a garbled journal began when it was written`(text: String) throws {
    try scratch.write("s.journal", text)
    let notice = try #require(try content().rotation)
    #expect(notice.beganUnixMilliseconds == (try modified("s.journal")))
    #expect(notice.mode == .call)
    #expect(!notice.isCompromised)
  }

  @Test func `a journal that is no file stands as well`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch.file("s.journal"), withIntermediateDirectories: false)
    #expect(try content().rotation?.mode == .call)
  }

  @Test func `a journal that is a FIFO keeps nobody waiting`() throws {
    #expect(mkfifo(scratch.file("s.journal"), 0o640) == 0)
    #expect(try content().rotation?.mode == .call)
  }

  @Test func `what a torn journal does say is taken`() throws {
    try scratch.write("s.journal", "vesigate-journal: 1\nbegan: 77\nmode: by-hand\ncompro")
    #expect(
      try content().rotation
        == RotationNotice(beganUnixMilliseconds: 77, mode: .byHand, isCompromised: false))
  }

  // MARK: The older secrets

  private func previous() throws -> [String] {
    try content().previous.map { line in
      let secret = line.secret.withBytes { String(decoding: $0, as: UTF8.self) }
      return "\(line.signedBefore) \(line.until) \(secret)"
    }
  }

  @Test(
    arguments: [
      ("", []),
      ("1 2 a\n", ["1 2 a"]),
      ("1 2 a", ["1 2 a"]),
      ("1 2 a\n3 4 b\n5 6 c\n", ["1 2 a", "3 4 b", "5 6 c"]),
      // At most three, the newest.
      ("1 2 a\n3 4 b\n5 6 c\n7 8 d\n", ["1 2 a", "3 4 b", "5 6 c"]),
      ("\n1 2 a\n\n3 4 b\n", ["1 2 a", "3 4 b"]),
      // The rest of the line is the secret, as it stood in its file.
      ("1 2  two blanks and more \n", ["1 2  two blanks and more "]),
      ("-1 9223372036854775807 ä\n", ["-1 9223372036854775807 ä"]),
    ] as [(String, [String])])
  func `each line is when it was signed, until when it counts, and the secret`(
    text: String, lines: [String]
  ) throws {
    try scratch.write("s.previous", text)
    #expect(try previous() == lines)
    #expect(try content().warning == nil)
  }

  @Test(
    arguments: [
      "a\n", "1 a\n", "1 2\n", "1 2 \n", "one 2 a\n", "1 two a\n", "1  2 a\n", " 1 2 a\n", "1.5 2 a\n",
      "1 2 a\nbroken\n", "9223372036854775808 2 a\n", "1 2 a\n\0\0\0\0\n",
    ])
  func `a bad file of older secrets is a warning, and the secret file is used`(text: String) throws {
    try scratch.write("s.previous", text)
    let content = try content()
    #expect(content.previous.isEmpty)
    #expect(content.secrets.count == 1)
    let expected = "\(path).previous is not of the form that vesigate writes; no replaced secret is accepted"
    #expect(content.warning == expected)
  }

  @Test(
    arguments: [
      (0o644, "is open to every user (mode 0644): remove it"),
      (0o660, "can be written by others than its owner (mode 0660): remove it"),
    ])
  func `older secrets that others can read or write are not accepted`(mode: Int, sentence: String) throws {
    try scratch.write("s.previous", "1 2 a\n", mode: mode)
    #expect(try content().previous.isEmpty)
    #expect(try content().warning == "\(path).previous \(sentence); no replaced secret is accepted")
  }

  @Test func `no warning says a byte of what it is about`() throws {
    try scratch.write("s.previous", "hunter2secret\n")
    #expect(try content().warning?.contains("hunter2") == false)
    try scratch.write("s.previous", String(repeating: "hunter2", count: 20_000))
    #expect(try content().warning?.contains("hunter2") == false)
  }

  @Test func `older secrets become keys as the route decodes them, and do not count among the eight`() throws
  {
    try scratch.write("s", (1...8).map { "0\($0)\n" }.joined())
    try scratch.write("s.previous", "1 2 6162\n3 4 no hex\n")
    let set = try content().secretSet(keyDecoding: .hex)
    #expect(set.lines.count == 8)
    #expect(set.previous.map { $0.key.withBytes { Array($0) } } == [[0x61, 0x62]])
    #expect(set.previous.map { $0.line.withBytes { Array($0) } } == [Array("6162".utf8)])
    #expect(set.fingerprints.count == 8)
  }

  // MARK: Looks

  @Test func `a look sees the file and both of its neighbours, and nothing else`() throws {
    var last = try #require(SecretFile.look(path))
    #expect(last.journal == nil && last.previous == nil)
    for name in ["s.next", "s.lock", "t.journal"] {
      try scratch.write(name, "x\n")
      #expect(SecretFile.look(path) == last)
    }
    for name in ["s.journal", "s.previous", "s"] {
      try scratch.write(name, "1 2 x\n")
      let next = try #require(SecretFile.look(path))
      #expect(next != last)
      last = next
    }
    unlink(scratch.file("s.journal"))
    #expect(SecretFile.look(path)?.journal == nil)
    unlink(path)
    #expect(SecretFile.look(path) == nil)
  }

  @Test func `the state that a file was read in is that of the look before`() throws {
    try scratch.write("s.journal", "began: 1\n")
    let seen = SecretFile.look(path)
    #expect(try content().identity == seen)
  }

  @Test(.timeLimit(.minutes(10)))
  func `what was read stood together, unless a look finds it changed since`() async throws {
    let scratch = scratch
    // The secret, the older one and the journal's mode change together, each by rename, as `rotate` does.
    func put(_ name: String, _ text: String) {
      _ = try? scratch.write("temporary", text)
      rename(scratch.file("temporary"), scratch.file(name))
    }
    for turn in (0..<3).reversed() { put("s", "\(turn)\n") }
    let writer = Task.detached {
      for turn in 1...600 {
        put("s.journal", "began: \(turn)\n")
        put("s.previous", "1 2 \(turn - 1)\n")
        put("s", "\(turn)\n")
        unlink(scratch.file("s.journal"))
        try? await Task.sleep(for: .microseconds(300))
      }
    }
    var seen: Set<Int> = []
    var isOver = false
    while !isOver {
      isOver = SecretFile.look(path)?.journal == nil && seen.contains(600)
      let content: SecretFile.Content
      do throws(SecretFileProblem) {
        content = try SecretFile.read(path)
      } catch {
        // Replaced at each of its tries, as can be where reading is slow: a later look reads it.
        guard error.sentence == FileProblem.replaced else { throw error }
        isOver = false
        continue
      }
      guard let current = content.secrets.first?.withBytes({ Int(String(decoding: $0, as: UTF8.self)) })
      else { continue }
      seen.insert(current)
      guard SecretFile.look(path) == content.identity else { continue }
      guard let older = content.previous.first?.secret.withBytes({ Int(String(decoding: $0, as: UTF8.self)) })
      else { continue }
      // Before the journal goes, `.previous` is one ahead of the file or in step with it.
      #expect(older == current - 1 || (older == current && content.rotation != nil), "\(older) \(current)")
      await Task.yield()
    }
    await writer.value
    #expect(seen.count > 1)
  }
}
