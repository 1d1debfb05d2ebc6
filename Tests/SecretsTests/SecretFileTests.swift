import Foundation
import Signing
import TestSupport
import Testing

@testable import Secrets

@Suite(.ownThread) struct SecretFileTests {
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
      ("a\nb\na\nb\n", ["a", "b"]), ("ä#\u{1F511} b\n", ["ä#\u{1F511} b"]),
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
      ("a\n \u{A0}\t\n", "holds nothing but blanks in line 2: remove them or the line"),
      ("\u{0B}\u{0C}", "holds nothing but blanks in line 1: remove them or the line"),
      ("a\r\n\r\r\n", "ends line 2 with more than one carriage return: save it with plain line ends"),
      ("a\r\r\n", "ends line 1 with more than one carriage return: save it with plain line ends"),
      ("a\r\r", "ends line 1 with more than one carriage return: save it with plain line ends"),
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

  @Test(
    arguments: [
      ("# vesicash, live\nabc-secret-abc-secret-abc\n", 1), ("abc\n#\n", 2),
      ("a\r\n\r\n \t# old, until May\n", 3),
      ("#literal:abc\n", 1), ("#literal:\n", 1), ("#LITERAL:#abc\n", 1), ("# literal:#abc\n", 1),
    ])
  func `a comment is no key, and is refused with the way to write a secret that begins so`(
    text: String, line: Int
  ) throws {
    let path = try scratch.write("s", text)
    let sentence =
      "begins line \(line) with #, but knows no comments: that would be a key anybody can guess. Remove the line; "
      + "where a secret does begin with #, write #literal: before it"
    let problem = SecretFileProblem(kind: .configuration, path: path, sentence: sentence)
    #expect(throws: problem) { try SecretFile.read(path) }
  }

  @Test(arguments: ["#abc", "#", "# a real one", "\t #x", "#literal:#x", "##", "a#b", "abc #", "\\#x"])
  func `a secret that begins with a number sign has a form of its own, which reads back`(text: String) throws
  {
    let secret = Secret(Array(text.utf8))
    let bytes = SecretFile.bytes(of: [secret, Secret(Array("other".utf8))])
    #expect(try secrets(bytes) == [Array(text.utf8), Array("other".utf8)])
    let previous = PreviousSecrets([PreviousSecrets.Entry(signedBefore: 1, until: 2, secret: secret)])
    let read = try #require(PreviousSecrets(reading: previous.bytes))
    #expect(read.entries.count == 1 && read.entries[0].secret.isSame(as: secret))
    let isComment = text.drop { $0 == " " || $0 == "\t" }.hasPrefix("#")
    let written = String(decoding: bytes, as: UTF8.self)
    #expect(written == (isComment ? "#literal:" : "") + text + "\nother\n")
  }

  @Test func `a replaced secret that was written before there was a form for it is kept`() throws {
    let read = try #require(PreviousSecrets(reading: Array("1 2 #abc\n".utf8)))
    #expect(read.entries[0].secret.withBytes { Array($0) } == Array("#abc".utf8))
  }

  static let long = "long-enough-for-a-key"

  @Test(
    arguments: [
      ("\"\(long)\"", ["stands in quotation marks, which count as part of it"]),
      ("'\(long)'", ["stands in quotation marks, which count as part of it"]),
      ("\(long) ", ["has a blank at an edge, which counts as part of it"]),
      ("\t\(long)", ["has a blank at an edge, which counts as part of it"]),
      ("SECRET=\(long)", ["has a name and = before it, which count as part of it"]),
      ("\(long) # of Vesicash", ["holds a blank and # behind it; a comment there counts as part of it"]),
      ("\(long)\t#", ["holds a blank and # behind it; a comment there counts as part of it"]),
      ("\(long)#1", []), ("#literal:#\(long)", []),
      ("\(long)\u{1}", ["holds a control character, which counts as part of it"]),
      ("ä\(long)", ["holds a character that is not ASCII, as secrets seldom do"]),
      (
        "\(long)\u{A0}",
        [
          "has a no-break space at an edge, which counts as part of it",
          "holds a character that is not ASCII, as secrets seldom do",
        ]
      ),
      (
        "changeme",
        [
          "is a key of only 8 bytes, which can be guessed: have one of 16 or more made, where the provider "
            + "allows it"
        ]
      ),
      (
        "a",
        [
          "is a key of only 1 byte, which can be guessed: have one of 16 or more made, where the provider allows it"
        ]
      ),
      (long, []), ("0123456789abcdef", []), ("a-b=\(long)", []), ("c2VjcmV0LW9mLXRoZS10ZXN0IQ==", []),
      ("in \"the\" middle of it", []),
    ] as [(String, [String])])
  func `what is odd about a secret is told by its line, and never refused`(
    text: String, advice: [String]
  ) throws {
    let path = try scratch.write("s", "\nanother-that-is-fit\n\(text)\n")
    let warnings = try SecretFile.read(path).warnings(keyDecoding: .raw)
    #expect(warnings == advice.map { "\(path) holds in line 3 a secret that \($0)" })
  }

  @Test func `a key's length is that of what the line decodes to`() throws {
    let content = try SecretFile.read(try scratch.write("s", "whsec_AA==\n"))
    #expect(try content.warnings(keyDecoding: .whsec).first?.contains("a key of only 1 byte,") == true)
    let hex = try SecretFile.read(try scratch.write("s", String(repeating: "ab", count: 15)))
    #expect(try hex.warnings(keyDecoding: .hex).first?.contains("a key of only 15 bytes,") == true)
    #expect(hex.warnings(keyDecoding: .raw) == [])
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
    let problem = SecretFileProblem(
      kind: .permission, path: path, sentence: sentence, cause: .surroundings)
    #expect(throws: problem) { try SecretFile.read(path) }
  }

  @Test func `what is not a regular file is refused without waiting`() throws {
    #expect(mkfifo(scratch.file("fifo"), 0o600) == 0)
    for path in [scratch.directory, scratch.file("fifo"), "/dev/null"] {
      let problem = SecretFileProblem(kind: .configuration, path: path, sentence: "is not a regular file")
      #expect(throws: problem) { try SecretFile.read(path) }
    }
  }

  @Test func `a link that leads nowhere is told with what it leads to`() throws {
    let (link, target) = (scratch.file("link"), scratch.file("gone"))
    #expect(symlink(target, link) == 0)
    let problem = SecretFileProblem(
      kind: .configuration, path: link,
      sentence:
        "is a symbolic link to \(target), which does not exist: put the file there, or remove the link and "
        + "name the file", cause: .access)
    #expect(throws: problem) { try SecretFile.read(link) }
    #expect(!problem.lacksSecret)
  }

  @Test func `a link whose target is no UTF-8 is told as one, not as a file that was replaced`() throws {
    let target = Array(scratch.file("odd").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
    let descriptor = open(target, O_WRONLY | O_CREAT, 0o600)
    #expect(descriptor >= 0 && write(descriptor, "a-secret-of-some-length\n", 24) == 24)
    close(descriptor)
    #expect(symlink(target, scratch.file("to-odd")) == 0)
    let problem = #expect(throws: SecretFileProblem.self) { try SecretFile.read(scratch.file("to-odd")) }
    #expect(
      problem?.description.contains("whose target cannot be read as UTF-8") == true,
      "\(problem as Any)")
  }

  @Test func `a missing file, a path through a file and a circle of links are told apart`() throws {
    try scratch.write("s", "a")
    #expect(symlink(scratch.file("loop"), scratch.file("loop")) == 0)
    let rows = [
      ("none", "does not exist"), ("s/x", "lies below something that is not a directory"),
      ("loop", "is a symbolic link that leads in a circle"),
    ]
    for (name, sentence) in rows {
      let problem = SecretFileProblem(
        kind: .configuration, path: scratch.file(name), sentence: sentence, cause: .access)
      #expect(throws: problem) { try SecretFile.read(scratch.file(name)) }
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file that may not be read is a matter of permission`() throws {
    let path = try scratch.write("s", "a", mode: 0o200)
    let user = String(cString: try #require(getpwuid(geteuid())).pointee.pw_name)
    let problem = SecretFileProblem(
      kind: .permission, path: path,
      sentence: "may not be read by \(user): run this as root (sudo)")
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

  @Test func `a file that is replaced without end is read all the same`() async throws {
    let path = try scratch.write("s", "first\n")
    let others = [try scratch.write("one", "one of two\n"), try scratch.write("other", "the other\n")]
    let isRead = Latch()
    await withTaskGroup { group in
      group.addTask { Self.replace(path, by: others, until: isRead) }
      for _ in 0..<50 {
        #expect(throws: Never.self) { try SecretFile.read(path) }
      }
      isRead.open()
    }
  }

  private static func replace(_ path: String, by others: [String], until isRead: Latch) {
    let next = "\(path).next"
    while !isRead.isOpen {
      for other in others {
        link(other, next)
        rename(next, path)
      }
    }
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
