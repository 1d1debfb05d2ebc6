import Foundation
import Signing
import TestSupport
import Testing

@testable import Secrets

@Test(arguments: [(0o640, 0o640), (0o600, 0o600), (0o440, 0o640), (0o644, 0o640), (0o660, 0o640)])
func `what is written gets no more than the directory's group may read`(before: Int, after: Int) throws {
  let scratch = try Scratch()
  try scratch.write("old\n", mode: before)
  let folder = try SecretFolder(scratch.secretPath)
  try folder.writeSecrets([secret("new"), secret("kept")])
  #expect(scratch.text() == "new\nkept\n")
  #expect(try scratch.mode("vesicash") == after)
  try folder.reserveNext()
  #expect(try scratch.mode("vesicash.next") == after)
  try folder.write(.journal, Array("x".utf8))
  #expect(try scratch.mode("vesicash.journal") == after)
}

@Test(.enabled(if: geteuid() == 0, "only root can give a directory to any group"))
func `what is written gets the directory's group`() throws {
  let scratch = try Scratch()
  #expect(chown(scratch.directory, 0, 12_345) == 0)
  let folder = try SecretFolder(scratch.secretPath)
  try folder.writeSecrets([secret("new")])
  let attributes = try FileManager.default.attributesOfItem(atPath: scratch.secretPath)
  #expect(attributes[.groupOwnerAccountID] as? Int == 12_345)
}

@Test func `room is reserved and the file still counts as empty`() throws {
  let scratch = try Scratch()
  let folder = try SecretFolder(scratch.secretPath)
  #expect(try folder.nextFile() == .absent)
  try folder.reserveNext()
  #expect(try folder.nextFile() == .empty)
  var status = stat()
  #expect(stat(scratch.secretPath + ".next", &status) == 0)
  #expect(status.st_size == 0 && status.st_blocks * 512 >= SecretFile.secretBytesMax)
  try folder.writeNext(secret("answer"))
  #expect(try folder.nextFile() == .complete(fingerprint: secret("answer").fingerprint))
  try folder.publishNext()
  #expect(scratch.text() == "answer\n")
  #expect(try folder.nextFile() == .absent)
}

@Test(arguments: ["half", "\n"])
func `an answer without its line end is none`(text: String) throws {
  let scratch = try Scratch()
  try scratch.write(text, to: "vesicash.next")
  let folder = try SecretFolder(scratch.secretPath)
  #expect(try folder.nextFile() == .torn)
  try folder.reserveNext()
  #expect(try folder.nextFile() == .empty)
}

@Test func `what a crash left of a write is overwritten, and cleared away`() throws {
  let scratch = try Scratch()
  try scratch.write("half a journal that is longer", to: "vesicash.journal.tmp")
  try scratch.write("half a secret", to: "vesicash.tmp")
  let folder = try SecretFolder(scratch.secretPath)
  try folder.write(.journal, Array("short".utf8))
  #expect(scratch.text("vesicash.journal") == "short")
  try folder.closeRotation()
  #expect(scratch.names == [])
}

@Test func `the file's lines are read as the daemon reads them`() throws {
  let scratch = try Scratch()
  try scratch.write("\nfirst\r\n\nsecond\nfirst\n")
  #expect(try SecretFolder(scratch.secretPath).secrets().map(text) == ["first", "second"])
}

@Test func `a symbolic link is not replaced by a file`() throws {
  let scratch = try Scratch()
  try scratch.write("real\n", to: "real")
  #expect(symlink("real", scratch.secretPath) == 0)
  let failure = #expect(throws: FileFailure.self) { try SecretFolder(scratch.secretPath) }
  #expect(failure?.kind == .configuration)
}

@Test func `a planted link beside the file is not followed`() throws {
  let scratch = try Scratch()
  try scratch.write("victim", to: "victim")
  #expect(symlink("victim", scratch.secretPath + ".journal.tmp") == 0)
  let folder = try SecretFolder(scratch.secretPath)
  try folder.write(.journal, Array("x".utf8))
  #expect(scratch.text("victim") == "victim" && scratch.text("vesicash.journal") == "x")
  #expect(scratch.names == ["vesicash.journal", "victim"])
}

@Test func `no file becomes larger than what is read again`() throws {
  let scratch = try Scratch()
  try scratch.write("old\n")
  let folder = try SecretFolder(scratch.secretPath)
  let long = ["a", "b", "c"].map { secret(String(repeating: $0, count: 30_000)) }
  let failure = #expect(throws: FileFailure.self) { try folder.writeSecrets(long) }
  #expect(failure?.kind == .configuration && scratch.text() == "old\n")
  #expect(
    failure?.description.hasSuffix("would be larger than 65536 bytes: retire some of its secrets") == true)
  // The newest are kept: behind a provider's call nothing may fail any more.
  try folder.writePrevious(
    PreviousSecrets(long.map { PreviousSecrets.Entry(signedBefore: 9, until: 9, secret: $0) }))
  let kept = try #require(try folder.previous()).entries.map(\.secret.fingerprint)
  #expect(kept == long.prefix(2).map(\.fingerprint))
}

@Test func `a missing directory is said`() {
  let failure = #expect(throws: FileFailure.self) { try SecretFolder("/nonexistent-folder/secret") }
  #expect(failure?.kind == .configuration)
  #expect(failure?.description.contains("/nonexistent-folder") == true)
}

@Test func `where a file cannot take the secret's place nothing with a secret is left behind`() throws {
  let scratch = try Scratch()
  try scratch.write("old\n")
  let folder = try SecretFolder(scratch.secretPath)
  // Nothing can be renamed over a directory.
  unlink(scratch.secretPath)
  mkdir(scratch.secretPath, 0o755)
  #expect(throws: FileFailure.self) { try folder.writeSecrets([secret("new")]) }
  #expect(scratch.names == ["vesicash"])
}

@Test func `a secret that begins with a number sign goes through the answer's file`() throws {
  let scratch = try Scratch()
  let folder = try SecretFolder(scratch.secretPath)
  try folder.writeNext(secret("#answer"))
  #expect(scratch.text("vesicash.next") == "#literal:#answer\n")
  #expect(try folder.nextFile() == .complete(fingerprint: secret("#answer").fingerprint))
  try folder.publishNext()
  #expect(try folder.secrets().map(text) == ["#answer"])
  #expect(throws: Never.self) { try folder.checkContent() }
}

@Test
func `what the daemon would refuse is no secret to a command, and is said before the provider is called`()
  throws
{
  let scratch = try Scratch()
  try scratch.write("# old\nfirst\n")
  let folder = try SecretFolder(scratch.secretPath)
  #expect(try folder.secrets().map(text) == ["first"])
  let failure = #expect(throws: FileFailure.self) { try folder.checkContent() }
  #expect(failure?.kind == .configuration)
  #expect(failure?.description.hasPrefix("\(scratch.secretPath) begins line 1 with #") == true)
}

@Test(arguments: [String(repeating: "x", count: 70_000), "directory", "link"])
func `a journal that cannot be read is a rotation, and can be set aside`(what: String) throws {
  let scratch = try Scratch()
  try scratch.write("a\n")
  let journal = scratch.secretPath + ".journal"
  switch what {
  case "directory": mkdir(journal, 0o755)
  case "link": symlink("/nowhere", journal)
  default: try scratch.write(what, to: "vesicash.journal")
  }
  let folder = try SecretFolder(scratch.secretPath)
  #expect(try folder.journal()?.step == .calling)
  #expect(try SecretFile.read(scratch.secretPath).journal?.step == .calling)
  #expect(try folder.setUnreadableJournalAside() == journal + ".unreadable")
  #expect(try folder.journal() == nil)
  try folder.closeRotation()
  #expect(scratch.names == ["vesicash", "vesicash.journal.unreadable"])
}

@Test func `a journal that can be read is not set aside`() throws {
  let scratch = try Scratch()
  let folder = try SecretFolder(scratch.secretPath)
  #expect(try folder.setUnreadableJournalAside() == nil)
  try folder.write(Journal(began: 7))
  #expect(try folder.setUnreadableJournalAside() == nil)
  #expect(try folder.journal() == Journal(began: 7))
}

@Test(
  arguments: [
    ("", "is empty"), ("a\nb", "is more than one line"), ("a\rb", "is more than one line"),
    ("a\tb", "holds a control character"), (" \t ".replacing("\t", with: " "), "holds nothing but blanks"),
    ("#a", nil), ("a", nil),
  ] as [(String, String?)])
func `what cannot be a line is told apart`(text: String, flaw: String?) {
  #expect(SecretFile.flaw(in: Array(text.utf8)) == flaw)
}

@Test func `a second holder is told who the first one is`() throws {
  let scratch = try Scratch()
  let folder = try SecretFolder(scratch.secretPath)
  let first = try SecretLock(folder, command: "vesigate secret rotate")
  #expect(scratch.text("vesicash.lock") == "\(getpid()) vesigate secret rotate\n")
  let again = try SecretFolder(scratch.secretPath)
  #expect(throws: LockFailure.held(by: "process \(getpid()) (vesigate secret rotate)")) {
    try SecretLock(again, command: "vesigate secret set")
  }
  withExtendedLifetime(first) {}
}

@Test func `a lock ends with its holder, and the file stays`() throws {
  let scratch = try Scratch()
  let folder = try SecretFolder(scratch.secretPath)
  do { _ = try SecretLock(folder, command: "one") }
  let second = try SecretLock(folder, command: "two")
  #expect(scratch.text("vesicash.lock") == "\(getpid()) two\n")
  withExtendedLifetime(second) {}
}

@Test(arguments: [("sk_1\n", 0o600, "sk_1"), ("sk_1", 0o640, "sk_1"), ("sk 1\r\n", 0o400, "sk 1")])
func `an API key is one line`(content: String, mode: Int, key: String) throws {
  let scratch = try Scratch()
  try scratch.write(content, to: "key", mode: mode)
  #expect(text(try KeyFile(scratch.directory + "/key").key) == key)
}

@Test(arguments: [
  ("sk_1\n", 0o644, FileFailure.Kind.permission), ("", 0o600, .configuration),
  ("a\nb\n", 0o600, .configuration),
])
func `a key that everybody may read, none and two are refused`(
  content: String, mode: Int, kind: FileFailure.Kind
) throws {
  let scratch = try Scratch()
  try scratch.write(content, to: "key", mode: mode)
  let failure = #expect(throws: FileFailure.self) { try KeyFile(scratch.directory + "/key") }
  #expect(failure?.kind == kind)
}
