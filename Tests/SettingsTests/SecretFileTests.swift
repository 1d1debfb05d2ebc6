import Foundation
import Gateway
import Signing
import Testing

@testable import Settings

@Suite struct SecretFileTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func secrets(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let content = try SecretFile.read(try scratch.write("s", bytes))
    return content.secrets.map { $0.withBytes { Array($0) } }
  }

  @Test(
    arguments: [
      ("one", ["one"]), ("one\n", ["one"]), ("one\r\n", ["one"]),
      ("\n\r\n one \ntwo\t\r\n\n", [" one ", "two\t"]),
      ("a\r\r\n", ["a\r"]), ("a\nb\na\nb\n", ["a", "b"]), ("ä#\u{1F511} b\n", ["ä#\u{1F511} b"]),
      ("1\n2\n3\n4\n5\n6\n7\n8\n1\n", ["1", "2", "3", "4", "5", "6", "7", "8"]),
    ])
  func `each line that is not empty is a secret, whole and in order`(text: String, lines: [String]) throws {
    #expect(try secrets(Array(text.utf8)) == lines.map { Array($0.utf8) })
  }

  @Test(
    arguments: [
      ("", "is empty: write the secret into it, on a line of its own"),
      ("\n\r\n", "is empty: write the secret into it, on a line of its own"),
      ("a\n \t\n", "holds nothing but blanks in line 2: remove them or the line"),
      ("a\nb\0c\n", "holds a NUL byte in line 2"),
      ("\u{FEFF}a\n", "begins with a byte order mark: save it as plain text without one"),
      ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "holds more than 8 secrets: remove those that are out of use"),
      (String(repeating: "x", count: 65_537), "must not be larger than 65536 bytes"),
    ])
  func `a file that cannot be meant is refused`(text: String, sentence: String) throws {
    let path = try scratch.write("s", text)
    let problem = SecretFileProblem(kind: .configuration, path: path, sentence: sentence)
    #expect(throws: problem) { try SecretFile.read(path) }
  }

  @Test func `64 KiB are read`() throws {
    #expect(try secrets(Array(repeating: 0x78, count: 65_536)).map(\.count) == [65_536])
  }

  @Test(arguments: [0o600, 0o640, 0o400, 0o440, 0o700])
  func `a file that only its owner writes and others cannot see is read`(mode: Int) throws {
    #expect(try SecretFile.read(try scratch.write("s", "a", mode: mode)).secrets.count == 1)
  }

  @Test(
    arguments: [
      (0o644, "is open to every user (mode 0644): chmod 0640 it"),
      (0o642, "is open to every user (mode 0642): chmod 0640 it"),
      (0o641, "is open to every user (mode 0641): chmod 0640 it"),
      (0o777, "is open to every user (mode 0777): chmod 0640 it"),
      (0o660, "can be written by its group (mode 0660): chmod 0640 it"),
    ])
  func `a file that too many may use is a matter of permission`(mode: Int, sentence: String) throws {
    let path = try scratch.write("s", "a", mode: mode)
    let problem = SecretFileProblem(kind: .permission, path: path, sentence: sentence)
    #expect(throws: problem) { try SecretFile.read(path) }
  }

  @Test func `what is not a regular file is refused without waiting`() throws {
    #expect(mkfifo(scratch.file("fifo"), 0o600) == 0)
    for path in [scratch.path, scratch.file("fifo"), "/dev/null"] {
      let problem = SecretFileProblem(kind: .configuration, path: path, sentence: "is not a regular file")
      #expect(throws: problem) { try SecretFile.read(path) }
    }
  }

  @Test func `a missing file, a path through a file and a circle of links are told apart`() throws {
    try scratch.write("s", "a")
    #expect(symlink(scratch.file("loop"), scratch.file("loop")) == 0)
    let rows = [
      ("none", "does not exist"), ("s/x", "lies below something that is not a directory"),
      ("loop", "is a symbolic link that leads in a circle"),
    ]
    for (name, sentence) in rows {
      let problem = SecretFileProblem(kind: .configuration, path: scratch.file(name), sentence: sentence)
      #expect(throws: problem) { try SecretFile.read(scratch.file(name)) }
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file that may not be read is a matter of permission`() throws {
    let path = try scratch.write("s", "a", mode: 0o200)
    let problem = SecretFileProblem(
      kind: .permission, path: path, sentence: "may not be read by the user with id \(geteuid())")
    #expect(throws: problem) { try SecretFile.read(path) }
  }

  @Test func `a symbolic link is followed and the file behind it is judged`() throws {
    try scratch.write("wide", "a", mode: 0o644)
    try scratch.write("narrow", "a")
    #expect(symlink(scratch.file("wide"), scratch.file("to-wide")) == 0)
    #expect(symlink(scratch.file("narrow"), scratch.file("to-narrow")) == 0)
    #expect(throws: SecretFileProblem.self) { try SecretFile.read(scratch.file("to-wide")) }
    #expect(try SecretFile.read(scratch.file("to-narrow")).secrets.count == 1)
  }

  @Test func `a look sees a file that was replaced, also by one of the same size`() throws {
    let path = try scratch.write("s", "a")
    let read = try SecretFile.read(path).identity
    #expect(SecretFile.look(path) == read)
    try scratch.write("t", "b")
    #expect(rename(scratch.file("t"), path) == 0)
    let looked = try #require(SecretFile.look(path))
    #expect(looked != read)
    #expect(try SecretFile.read(path).identity == looked)
    #expect(SecretFile.look(scratch.file("none")) == nil)
  }

  @Test(
    arguments: [
      (SignatureLayout.KeyDecoding.raw, "whsec_YWJj", "whsec_YWJj"), (.hex, "616263", "abc"),
      (.hex, "4A4b", "JK"), (.base64, "YWI=", "ab"), (.whsec, "whsec_YWJj", "abc"),
    ])
  func `a line becomes a key as the layout says`(
    decoding: SignatureLayout.KeyDecoding, line: String, key: String
  ) throws {
    let set = try SecretFile.read(try scratch.write("s", line)).secretSet(
      keyDecoding: decoding, generation: 7)
    #expect(set.keys.map { $0.withBytes { Array($0) } } == [Array(key.utf8)])
    #expect(set.lines.map { $0.withBytes { Array($0) } } == [Array(line.utf8)])
    #expect(set.generation == 7 && set.path == scratch.file("s"))
  }

  @Test(
    arguments: [
      (SignatureLayout.KeyDecoding.hex, "61\n\n6x\n", 3, "pairs of hex digits"),
      (.base64, "YWI", 1, "padded base64"), (.base64, "YW-_", 1, "padded base64"),
      (.whsec, "YWJj", 1, "whsec_ and padded base64"), (.whsec, "whsec_", 1, "whsec_ and padded base64"),
    ])
  func `a line that cannot be decoded is named by its number alone`(
    decoding: SignatureLayout.KeyDecoding, text: String, line: Int, wanted: String
  ) throws {
    let content = try SecretFile.read(try scratch.write("s", text))
    let problem = SecretFileProblem(
      kind: .configuration, path: scratch.file("s"),
      sentence: "does not hold \(wanted) in line \(line), as key-decoding: \(decoding.rawValue) asks for")
    #expect(throws: problem) { try content.secretSet(keyDecoding: decoding) }
  }
}
