import Operations
import TestSupport
import Testing

@testable import vesigate

/// What the secret commands make of a daemon's answer, which a thread of the test gives.
@Suite(.ownThread) struct ControlDaemonTests {
  private static func file(_ change: (inout ControlAnswer.File) -> Void = { _ in }) -> ControlAnswer.File {
    var file = ControlAnswer.File()
    file.path = "/s/one"
    file.fingerprints = ["aaaa0000", "bbbb1111"]
    file.journal = .init(began: 5, mode: "call", compromised: false)
    change(&file)
    return file
  }

  /// What was said to be wrong; nil where nothing was.
  private func complaint(
    of files: [ControlAnswer.File], ok: Bool = true, path: String = "/s/one", current: String? = "aaaa0000",
    _ ask: (ControlDaemon) throws -> Void
  ) throws -> String? {
    let scratch = try Scratch()
    let answer = ControlAnswer(ok: ok, generation: 7, pid: 1, message: "not all have it", files: files)
    let responder = try UnixResponder(path: scratch.file("c"), answer: Array(answer.line.utf8))
    return withExtendedLifetime(responder) {
      let daemon = ControlDaemon(
        control: scratch.file("c"), path: path, current: current, mayBeAbsent: false)
      do { try ask(daemon) } catch { return "\(error)" }
      return nil
    }
  }

  @Test func `a daemon that sees the journal and judges by the file's secret may be gone on with`() throws {
    #expect(try complaint(of: [Self.file()]) { try $0.confirmJournal(began: 5) } == nil)
    #expect(try complaint(of: [Self.file()], current: nil) { try $0.confirmJournal(began: 5) } == nil)
  }

  @Test func `a daemon that sees no journal, or an older one, reads another directory`() throws {
    for file in [Self.file { $0.journal = nil }, Self.file { $0.journal?.began = 4 }] {
      let said = try complaint(of: [file]) { try $0.confirmJournal(began: 5) }
      #expect(said == "the daemon does not see /s/one.journal: it may read another directory")
    }
  }

  @Test func `a daemon that judges by another secret than the file holds has its reason in its log`() throws {
    let said = try complaint(of: [Self.file()], current: "bbbb1111") { try $0.confirmJournal(began: 5) }
    #expect(
      said
        == "the daemon judges by secret aaaa0000, but /s/one holds bbbb1111: its log says why it refused that"
    )
  }

  @Test func `a file that the daemon does not use is told from one that it judges by`() throws {
    let said = try complaint(of: [Self.file()], path: "/s/two") { daemon in
      defer { #expect(daemon.isFileUnused && !daemon.isAbsent) }
      try daemon.confirmSecret(fingerprint: "aaaa0000")
    }
    #expect(said?.hasPrefix("the daemon does not use /s/two") == true)
  }

  @Test func `what was counted since the rotation was announced is its account`() throws {
    let file = Self.file {
      $0.totals = .init(held: 12, rejudged: 9, deferred: 5, revoked: 2)
      $0.atAnnouncement = .init(held: 10, rejudged: 8, deferred: 5, revoked: 1)
    }
    let said = try complaint(of: [file]) { daemon in
      try daemon.confirmSecret(fingerprint: "aaaa0000")
      #expect(daemon.generation == 7)
      #expect(
        daemon.deliveriesMeanwhile
          == "deliveries meanwhile: 2 held, 1 of them verified by the new secret, 0 answered 503 for their sender "
          + "to try again, 1 refused that only the compromised secret verified")
    }
    #expect(said == nil)
  }

  @Test func `where nobody listens it depends on whether that is allowed`() throws {
    let scratch = try Scratch()
    for control in [nil, scratch.file("nobody")] {
      let absent = ControlDaemon(control: control, path: "/s/one", current: nil, mayBeAbsent: true)
      try absent.confirmJournal(began: 5)
      try absent.confirmSecret(fingerprint: "aaaa0000")
      #expect(absent.isAbsent && absent.deliveriesMeanwhile == nil)
      let missed = ControlDaemon(control: control, path: "/s/one", current: nil, mayBeAbsent: false)
      #expect(throws: (any Error).self) { try missed.confirmJournal(began: 5) }
      #expect(!missed.isAbsent)
    }
  }
}
