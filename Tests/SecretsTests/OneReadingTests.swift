import Foundation
import Signing
import TestSupport
import Testing

@testable import Secrets

/// What the daemon makes of a secret file and of what lies beside it, commands make of it too.
@Suite struct OneReadingTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write("current\n")
  }

  private func folder() throws -> SecretFolder { try SecretFolder(scratch.secretPath) }

  private func daemon() throws -> SecretFile.Content { try SecretFile.read(scratch.secretPath) }

  // MARK: Replaced secrets

  @Test(arguments: [
    (0o644, "is open to every user (mode 0644): remove it"),
    (0o641, "is open to every user (mode 0641): remove it"),
    (0o660, "can be written by others than its owner (mode 0660): remove it"),
    (0o666, "can be written by others than its owner (mode 0666): remove it"),
  ])
  func `replaced secrets that others could read or write count for nobody, and both say why`(
    mode: Int, sentence: String
  ) throws {
    try scratch.write("1 9999999999999 old\n", to: "vesicash.previous", mode: mode)
    #expect(try folder().previous()?.entries.isEmpty == true)
    #expect(
      try folder().strangers == ["\(scratch.secretPath).previous \(sentence); what it says does not count"])
    #expect(try daemon().previous.isEmpty)
    #expect(
      try daemon().warning == "\(scratch.secretPath).previous \(sentence); no replaced secret is accepted")
  }

  @Test(arguments: ["link", "directory", "FIFO", "too large", "another form"])
  func `what can be no file of replaced secrets holds neither of them up`(what: String) throws {
    let path = scratch.secretPath + ".previous"
    switch what {
    case "link": symlink("vesicash", path)
    case "directory": mkdir(path, 0o750)
    case "FIFO": mkfifo(path, 0o640)
    case "too large": try scratch.write(String(repeating: "1 2 a\n", count: 11_000), to: "vesicash.previous")
    default: try scratch.write("one 2 a\n", to: "vesicash.previous")
    }
    #expect(try daemon().previous.isEmpty)
    #expect(try daemon().warning?.hasPrefix(path) == true)
    #expect(try folder().previous() == nil)
  }

  @Test func `line ends of an editor's belong to no secret, current or replaced`() throws {
    try scratch.write("current\r\n")
    try scratch.write("1 9999999999999 old\r\n\r\n", to: "vesicash.previous")
    #expect(try folder().secrets().map(text) == ["current"])
    #expect(try daemon().secrets.map(text) == ["current"])
    #expect(try folder().previous()?.entries.map { text($0.secret) } == ["old"])
    #expect(try daemon().previous.map { text($0.secret) } == ["old"])
  }

  // MARK: The answer

  @Test(arguments: [
    "plain\n", "with return\r\n", "\n\nbehind empty lines\n", "one\ntwo\n", "#literal:#answer\n",
  ])
  func `an answer is the secret that the daemon reads once it is the secret file`(next: String) throws {
    try scratch.write(next, to: "vesicash.next")
    let answer = try #require(try folder().answer()).secret
    try folder().publishNext()
    let current = try #require(try daemon().secrets.first)
    #expect(text(answer) == text(current))
    #expect(answer.fingerprint == current.fingerprint)
  }

  @Test(arguments: ["\u{FEFF}marked\n", " \t \n", "two returns\r\r\n", "with \0\n", "ok\n# comment\n"])
  func `an answer that the daemon would refuse as the secret file is none`(next: String) throws {
    try scratch.write(next, to: "vesicash.next")
    #expect(try folder().nextFile() == .torn)
    #expect(try folder().answer() == nil)
    try folder().publishNext()
    #expect(throws: SecretFileProblem.self) { try daemon() }
  }

  // MARK: The secret file

  @Test func `both refuse a file that is too large, in the same words`() throws {
    try scratch.write(String(repeating: "x", count: SecretFile.bytesMax + 1))
    let ofDaemon = #expect(throws: SecretFileProblem.self) { try daemon() }
    let ofCommand = #expect(throws: FileFailure.self) { try folder().checkContent() }
    #expect(ofDaemon?.description == ofCommand?.description)
    #expect(ofCommand?.kind == .configuration)
  }

  // MARK: The way

  /// The status of a file that is not the one at the end of any way here.
  private func another() throws -> stat {
    try scratch.write("before\n", to: "before")
    var status = stat()
    try #require(stat(scratch.file("before"), &status) == 0)
    return status
  }

  private func content(of file: borrowing RegularFile) throws -> String {
    String(decoding: try file.read(bytesMax: 100), as: UTF8.self)
  }

  @Test func `what is opened anew is what the judged way led to, whoever leads it elsewhere meanwhile`()
    throws
  {
    let way = scratch.file("way")
    symlink("vesicash", way)
    let end = try FilePlace.judgedEnd(of: way, for: try another())
    try scratch.write("elsewhere\n", to: "elsewhere")
    unlink(way)
    symlink("elsewhere", way)
    #expect(try content(of: try FilePlace.open(end)) == "current\n")
    // Replaced by another file it is as good, led elsewhere by a link it is not.
    try scratch.write("another\n", to: "another")
    rename(scratch.file("another"), scratch.secretPath)
    #expect(try content(of: try FilePlace.open(end)) == "another\n")
    unlink(scratch.secretPath)
    symlink("elsewhere", scratch.secretPath)
    let problem = #expect(throws: FileProblem.self) { _ = try FilePlace.open(end) }
    #expect(problem?.sentence == FileProblem.replaced && problem?.cause == .access)
  }
}
