import Foundation
import Signing
import TestSupport
import Testing

@testable import Secrets

/// A folder with the sticky bit, as /tmp: a stranger cannot touch root's files there, but put his own beside them.
@Suite(.enabled(if: geteuid() == 0, "only root can give files away")) struct StrangersFileTests {
  /// Who is neither root nor the daemon's user.
  private static let stranger: uid_t = 1
  private static let planted = "9999999999999 9999999999999 mallorys-secret-0123456789\n"

  private func scratch() throws -> Scratch {
    let scratch = try Scratch()
    chmod(scratch.directory, 0o1777)
    try scratch.write("old\n")
    return scratch
  }

  private func plant(_ text: String, as name: String, in scratch: Scratch, mode: Int = 0o640) throws {
    try scratch.write(text, to: name, mode: mode)
    #expect(chown(scratch.directory + "/" + name, Self.stranger, Self.stranger) == 0)
  }

  private func inode(_ name: String, in scratch: Scratch) -> ino_t {
    var status = stat()
    return lstat(scratch.directory + "/" + name, &status) == 0 ? status.st_ino : 0
  }

  private let policy = PreviousPolicy(
    isTimestampSigned: true, acceptedSeconds: 900, toleranceSeconds: 300, clockSkewSeconds: 60)

  @Test func `replaced secrets that a stranger wrote are not taken over into a file of ours`() throws {
    let scratch = try scratch()
    try plant(Self.planted, as: "vesicash.previous", in: scratch)
    let folder = try SecretFolder(scratch.secretPath)
    #expect(try folder.previous()?.entries.isEmpty == true)
    try folder.retire(
      [secret("old")], current: secret("new"), policy: policy, isCompromised: false, received: 1, now: 1)
    let written = try #require(scratch.text("vesicash.previous"))
    #expect(written.hasSuffix(" old\n") && !written.contains("mallory"))
  }

  @Test func `dropping one replaced secret drops all that a stranger wrote`() throws {
    let scratch = try scratch()
    try plant(Self.planted, as: "vesicash.previous", in: scratch)
    try SecretFolder(scratch.secretPath).dropPrevious(fingerprint: secret("another").fingerprint)
    #expect(scratch.text("vesicash.previous")?.contains("mallory") != true)
  }

  @Test(arguments: [0o666, 0o660, 0o644])
  func `replaced secrets that others could write or read are not taken over`(mode: Int) throws {
    let scratch = try scratch()
    try scratch.write(Self.planted, to: "vesicash.previous", mode: mode)
    #expect(try SecretFolder(scratch.secretPath).previous()?.entries.isEmpty == true)
  }

  @Test(arguments: [
    ("vesicash.tmp", "vesicash"), ("vesicash.journal.tmp", "vesicash.journal"),
    ("vesicash.previous.tmp", "vesicash.previous"), ("vesicash.next", "vesicash.next"),
  ])
  func `nothing is written into a file that a stranger put there and holds open`(
    planted: String, written: String
  ) throws {
    let scratch = try scratch()
    try plant("", as: planted, in: scratch)
    let descriptor = open(scratch.directory + "/" + planted, O_RDWR)
    defer { close(descriptor) }
    let folder = try SecretFolder(scratch.secretPath)
    switch written {
    case "vesicash": try folder.writeSecrets([secret("new-secret")])
    case "vesicash.journal": try folder.write(Journal(began: 7))
    case "vesicash.next":
      try folder.reserveNext()
      try folder.writeNext(secret("new-secret"))
    default:
      try folder.reserveNext()
      try folder.writePrevious(
        PreviousSecrets([PreviousSecrets.Entry(signedBefore: 9, until: 9, secret: secret("old"))]))
    }
    var status = stat()
    #expect(fstat(descriptor, &status) == 0 && status.st_size == 0, "the stranger reads what was written")
    #expect(status.st_ino != inode(written, in: scratch), "the stranger can write what is read")
    #expect(lstat(scratch.directory + "/" + written, &status) == 0 && status.st_uid == 0)
  }

  @Test func `room that was reserved is the room that is written into`() throws {
    let scratch = try scratch()
    try SecretFolder(scratch.secretPath).reserveNext()
    let reserved = (inode("vesicash.next", in: scratch), inode("vesicash.previous.tmp", in: scratch))
    // Another process, as after a crash.
    let folder = try SecretFolder(scratch.secretPath)
    try folder.writeNext(secret("answer"))
    try folder.writePrevious(
      PreviousSecrets([PreviousSecrets.Entry(signedBefore: 9, until: 9, secret: secret("old"))]))
    #expect(inode("vesicash.next", in: scratch) == reserved.0)
    #expect(inode("vesicash.previous", in: scratch) == reserved.1)
  }

  @Test func `an answer that a stranger put there is none`() throws {
    let scratch = try scratch()
    try plant("mallorys-secret\n", as: "vesicash.next", in: scratch)
    let folder = try SecretFolder(scratch.secretPath)
    #expect(try folder.nextFile() == .absent)
    #expect(try folder.answer() == nil)
    #expect(scratch.text() == "old\n")
  }

  @Test(arguments: ["vesigate-journal: 1\nbegan: 9\nstep: calling\nmode: call\n", "garbage"])
  func `a journal that a stranger put there holds nothing up, and is told of`(text: String) throws {
    let scratch = try scratch()
    try plant(text, as: "vesicash.journal", in: scratch)
    #expect(try SecretFolder(scratch.secretPath).journal() == nil)
    let content = try SecretFile.read(scratch.secretPath)
    #expect(content.journal == nil)
    #expect(content.warning?.contains("\(scratch.secretPath).journal belongs to the user daemon") == true)
  }

  @Test func `a stranger who holds the lock's file holds nobody up`() throws {
    let scratch = try scratch()
    try plant("4711 mallory\n", as: "vesicash.lock", in: scratch, mode: 0o666)
    let descriptor = open(scratch.directory + "/vesicash.lock", O_RDWR)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    let folder = try SecretFolder(scratch.secretPath)
    let lock = try SecretLock(folder, command: "one")
    #expect(throws: LockFailure.held(by: "process \(getpid()) (one)")) {
      try SecretLock(try SecretFolder(scratch.secretPath), command: "two")
    }
    withExtendedLifetime(lock) {}
  }

  // MARK: Access lists

  /// An access list as the kernel stores it: the owner rwx, the user `daemon` rwx, the group r-x, the mask rwx.
  private static let lettingDaemonWrite: [UInt8] =
    [2, 0, 0, 0]
    + [(1, 7, UInt32.max), (2, 7, 1), (4, 5, .max), (16, 7, .max), (32, 5, .max)].flatMap {
      (tag: UInt8, rights: UInt8, who: UInt32) in
      [tag, 0, rights, 0] + (0..<4).map { UInt8(truncatingIfNeeded: who >> (8 * $0)) }
    }

  private typealias SetAttribute =
    @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32) -> Int32

  /// Swift's Glibc does not show it. False where the file system knows no access lists.
  private func giveAccessList(_ path: String) throws -> Bool {
    let function = unsafeBitCast(try #require(dlsym(nil, "setxattr")), to: SetAttribute.self)
    return Self.lettingDaemonWrite.withUnsafeBytes {
      function(path, "system.posix_acl_access", $0.baseAddress!, $0.count, 0) == 0
    }
  }

  @Test func `an access list that lets a stranger write a folder further up is no matter of root's group`()
    throws
  {
    let scratch = try Scratch()
    let outer = scratch.directory + "/outer"
    let path = outer + "/inner/secret"
    mkdir(outer, 0o755)
    mkdir(outer + "/inner", 0o755)
    try scratch.write("a-secret-of-some-length\n", to: "outer/inner/secret")
    chmod(outer, 0o775)
    chown(outer, 0, 0)
    #expect(throws: Never.self) { try SecretFile.read(path) }
    guard try giveAccessList(outer) else { return }
    let problem = #expect(throws: SecretFileProblem.self) { try SecretFile.read(path) }
    #expect(
      problem?.sentence
        == "lies below \(outer), where its access list lets others replace it (mode 0775): setfacl -b \(outer), "
        + "then chmod g-w \(outer)")
    #expect(problem?.kind == .permission)
  }

  // MARK: API keys

  private func refusal(_ path: String) -> FileFailure? {
    #expect(throws: FileFailure.self) { try KeyFile(path) }
  }

  @Test func `an API key that a stranger could replace is none`() throws {
    let scratch = try Scratch()
    let path = scratch.directory + "/key"
    try scratch.write("sk_1\n", to: "key", mode: 0o600)
    #expect(throws: Never.self) { try KeyFile(path) }
    chmod(scratch.directory, 0o777)
    #expect(refusal(path)?.description.contains("where every user can replace it") == true)
    chmod(scratch.directory, 0o755)
    chown(path, Self.stranger, 0)
    #expect(refusal(path)?.description.contains("belongs to the user daemon") == true)
    chown(path, 0, 0)
    chmod(path, 0o620)
    #expect(refusal(path)?.description.contains("can be written by its group") == true)
    chmod(path, 0o600)
    symlink("key", scratch.directory + "/link")
    #expect(throws: Never.self) { try KeyFile(scratch.directory + "/link") }
    lchown(scratch.directory + "/link", Self.stranger, 0)
    #expect(refusal(scratch.directory + "/link")?.kind == .permission)
  }

  @Test func `what can be no API key is called that`() throws {
    let scratch = try Scratch()
    mkfifo(scratch.directory + "/fifo", 0o666)
    for path in [scratch.directory + "/fifo", scratch.directory, "/dev/zero"] {
      #expect(refusal(path)?.description == "\(path) is not a regular file: it cannot hold the API key")
    }
  }
}
