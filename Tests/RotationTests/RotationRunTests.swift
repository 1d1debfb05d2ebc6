import Signing
import TestSupport
import Testing

@testable import Rotation
@testable import Secrets

private let policy = PreviousPolicy(
  isTimestampSigned: true, acceptedSeconds: 900, toleranceSeconds: 300, clockSkewSeconds: 60)

/// One rotation over real files.
private final class RunFixture {
  let scratch: Scratch
  let folder: SecretFolder
  let daemon: WatchingDaemon
  var pauses: [Int] = []

  init(secretFile: String? = "old\n") throws {
    scratch = try Scratch()
    if let secretFile { try scratch.write(secretFile) }
    folder = try SecretFolder(scratch.secretPath)
    daemon = WatchingDaemon(folder)
  }

  func rotate(
    _ source: ScriptedSource, _ progress: RotationProgress = RotationProgress(),
    policy: PreviousPolicy = policy,
    set: (inout RotationRun) -> Void = { _ in }
  ) throws -> RotationOutcome {
    var run = RotationRun(
      folder, policy: policy,
      RotationRun.Dependencies(
        daemon: daemon, source: source, now: { 5_000_000_000_000 }, pause: { self.pauses.append($0) },
        say: { _ in }))
    run.progress = progress
    set(&run)
    return try run.run()
  }
}

private let old = secret("old").fingerprint
private let new = secret("new").fingerprint

@Test func `a rotation shows the journal, calls once, stores, and leaves no trace but the old secret`() throws
{
  let fixture = try RunFixture()
  let source = ScriptedSource([.rotated(secret("new"))])
  #expect(try fixture.rotate(source) == .rotated(old: old, new: new))
  #expect(fixture.scratch.text() == "new\n")
  #expect(fixture.scratch.names == ["vesicash", "vesicash.previous"])
  #expect(fixture.daemon.events == ["journal announced", "secret \(new)"])
  #expect(fixture.daemon.endings == 1)
  #expect(source.attempts == [1])
  let previous = try #require(try fixture.folder.previous()).entries
  #expect(previous.map { text($0.secret) } == ["old"])
}

@Test func `further lines of the file are kept for what is in flight too`() throws {
  let fixture = try RunFixture(secretFile: "old\nolder\n")
  _ = try fixture.rotate(ScriptedSource([.rotated(secret("new"))]))
  #expect(fixture.scratch.text() == "new\n")
  #expect(try fixture.folder.previous()?.entries.map { text($0.secret) } == ["old", "older"])
}

@Test func `a first secret has no old one`() throws {
  let fixture = try RunFixture(secretFile: nil)
  #expect(try fixture.rotate(ScriptedSource([.rotated(secret("new"))])) == .rotated(old: nil, new: new))
  #expect(fixture.scratch.names == ["vesicash"])
}

@Test func `nothing is called when the daemon does not see the journal`() throws {
  let fixture = try RunFixture()
  fixture.daemon.isSilentAboutJournal = true
  let source = ScriptedSource([.rotated(secret("new"))])
  #expect(try fixture.rotate(source) == .notShown(Unconfirmed("no journal seen")))
  #expect(source.attempts == [])
  #expect(fixture.scratch.names == ["vesicash"])
  #expect(fixture.scratch.text() == "old\n")
}

@Test func `a refusal changes nothing`() throws {
  let fixture = try RunFixture()
  let refusal = ProviderRefusal(.unauthorized, "did not accept the API key (401)")
  #expect(try fixture.rotate(ScriptedSource([.refused(refusal)])) == .refused(refusal))
  #expect(fixture.scratch.names == ["vesicash"])
  #expect(fixture.scratch.text() == "old\n")
}

@Test func `an unknown outcome is called again at once`() throws {
  let fixture = try RunFixture()
  let source = ScriptedSource([.unknown("a"), .unknown("b"), .rotated(secret("new"))])
  #expect(try fixture.rotate(source) == .rotated(old: old, new: new))
  #expect(source.attempts == [1, 2, 3])
  #expect(fixture.pauses == [])
}

@Test func `after the last call the journal stays, and the next rotate heals it`() throws {
  let fixture = try RunFixture()
  let outcome = try fixture.rotate(ScriptedSource([]), RotationProgress(callsLeft: 2))
  #expect(outcome == .unknown(calls: 2, last: "is out of answers"))
  #expect(fixture.scratch.text() == "old\n")
  #expect(try fixture.folder.journal()?.step == .calling)
  let source = ScriptedSource([.rotated(secret("new"))])
  #expect(try fixture.rotate(source) == .rotated(old: old, new: new))
  #expect(source.attempts == [3])
}

@Test func `a refusal after an unknown outcome does not make it known`() throws {
  let fixture = try RunFixture()
  let source = ScriptedSource([
    .unknown("a"), .refused(ProviderRefusal(.unreachable, "gone")),
    .refused(ProviderRefusal(.unauthorized, "no key")),
  ])
  #expect(try fixture.rotate(source) == .unknown(calls: 3, last: "no key"))
  #expect(try fixture.folder.journal()?.step == .calling)
  #expect(fixture.pauses == [1])
}

@Test func `a missing receipt keeps the journal, and resuming ends it without a call`() throws {
  let fixture = try RunFixture()
  fixture.daemon.isSilentAboutSecret = true
  let outcome = try fixture.rotate(ScriptedSource([.rotated(secret("new"))]))
  #expect(outcome == .withoutReceipt(old: old, new: new, Unconfirmed("no secret seen")))
  #expect(try fixture.folder.journal()?.step == .stored)
  fixture.daemon.isSilentAboutSecret = false
  let source = ScriptedSource([])
  #expect(try fixture.rotate(source, RotationProgress(isResuming: true)) == .rotated(old: old, new: new))
  #expect(source.attempts == [])
  #expect(fixture.scratch.names == ["vesicash", "vesicash.previous"])
}

@Test func `a rotation that is resumed as compromised shows the daemon so before it stores`() throws {
  let fixture = try RunFixture()
  try fixture.folder.write(Journal(began: 7, step: .calling, old: old))
  try fixture.folder.writeNext(secret("new"))
  let outcome = try fixture.rotate(ScriptedSource([]), RotationProgress(isResuming: true)) {
    $0.isCompromised = true
  }
  #expect(outcome == .rotated(old: old, new: new))
  #expect(fixture.daemon.events == ["compromised journal received", "secret \(new)"])
  #expect(fixture.scratch.names == ["vesicash"])
}

@Test func `a compromised secret is not kept, and neither are those before it`() throws {
  let fixture = try RunFixture()
  try fixture.scratch.write("1 9000000000000 older\n", to: "vesicash.previous")
  _ = try fixture.rotate(ScriptedSource([.rotated(secret("new"))])) { $0.isCompromised = true }
  #expect(fixture.scratch.names == ["vesicash"])
}

@Test func `where no timestamp is signed nothing is kept`() throws {
  let fixture = try RunFixture()
  var policy = policy
  policy.isTimestampSigned = false
  _ = try fixture.rotate(ScriptedSource([.rotated(secret("new"))]), policy: policy)
  #expect(fixture.scratch.names == ["vesicash"])
}

@Test func `the wait for other hosts comes before the call, and the rotation begins after it`() throws {
  let fixture = try RunFixture()
  _ = try fixture.rotate(ScriptedSource([.rotated(secret("new"))])) { $0.spreadSeconds = 7 }
  #expect(fixture.pauses == [7])
}

@Test func `resuming with nothing begun does nothing`() throws {
  let fixture = try RunFixture()
  #expect(try fixture.rotate(ScriptedSource([]), RotationProgress(isResuming: true)) == .nothingToResume)
  #expect(fixture.scratch.names == ["vesicash"])
}

@Test func `the provider may give the same secret again`() throws {
  let fixture = try RunFixture()
  #expect(try fixture.rotate(ScriptedSource([.rotated(secret("old"))])) == .rotated(old: old, new: old))
  #expect(fixture.scratch.names == ["vesicash"])
}

/// What a kill can leave behind, by what was done last, and the calls that heal it takes.
private struct Crash: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let files: [String: String]
  let calls: Int
  var resumed: RotationOutcome = .rotated(old: old, new: new)
}

private func journal(_ step: Journal.Step, new: String? = nil) -> String {
  Journal(began: 1, step: step, old: old, new: new).text
}

private let crashes = [
  Crash(testDescription: "before anything", files: [:], calls: 1, resumed: .nothingToResume),
  Crash(
    testDescription: "writing the journal", files: ["journal.tmp": "vesi"], calls: 1,
    resumed: .nothingToResume),
  Crash(testDescription: "announced", files: ["journal": journal(.announced)], calls: 1, resumed: .cleared),
  Crash(
    testDescription: "reserved", files: ["journal": journal(.announced), "next": "", "previous.tmp": ""],
    calls: 1, resumed: .cleared),
  Crash(testDescription: "calling", files: ["journal": journal(.calling), "next": ""], calls: 1),
  Crash(testDescription: "half an answer", files: ["journal": journal(.calling), "next": "ne"], calls: 1),
  Crash(testDescription: "answered", files: ["journal": journal(.calling), "next": "new\n"], calls: 0),
  Crash(
    testDescription: "received", files: ["journal": journal(.received, new: new), "next": "new\n"], calls: 0),
  Crash(
    testDescription: "half a previous",
    files: ["journal": journal(.received, new: new), "next": "new\n", "previous.tmp": "12"], calls: 0),
  Crash(
    testDescription: "previous written",
    files: [
      "journal": journal(.received, new: new), "next": "new\n",
      "previous": "6000000000000 9000000000000 old\n",
    ], calls: 0),
  Crash(testDescription: "renamed", files: ["journal": journal(.received, new: new), "": "new\n"], calls: 0),
  Crash(testDescription: "stored", files: ["journal": journal(.stored, new: new), "": "new\n"], calls: 0),
  Crash(testDescription: "a garbled journal", files: ["journal": "\u{0}\u{0}", "next": ""], calls: 1),
]

@Test(arguments: crashes)
private func `the next rotate heals what a kill left`(crash: Crash) throws {
  let fixture = try RunFixture()
  for (name, content) in crash.files {
    try fixture.scratch.write(content, to: name.isEmpty ? "vesicash" : "vesicash.\(name)")
  }
  let source = ScriptedSource([.rotated(secret("new"))])
  guard case .rotated(_, let current) = try fixture.rotate(source) else {
    Issue.record("it was not healed")
    return
  }
  #expect(current == new)
  #expect(source.attempts.count == crash.calls)
  #expect(fixture.scratch.text() == "new\n")
  #expect(Set(fixture.scratch.names).isSubset(of: ["vesicash", "vesicash.previous"]))
}

@Test(arguments: crashes)
private func `resuming brings it to an end, or clears it away`(crash: Crash) throws {
  let fixture = try RunFixture()
  for (name, content) in crash.files {
    try fixture.scratch.write(content, to: name.isEmpty ? "vesicash" : "vesicash.\(name)")
  }
  let outcome = try fixture.rotate(
    ScriptedSource([.rotated(secret("new"))]), RotationProgress(isResuming: true))
  if crash.testDescription == "a garbled journal" {
    // Whose rotation that was is lost with it.
    #expect(outcome == .rotated(old: nil, new: new))
  } else {
    #expect(outcome == crash.resumed)
  }
  #expect(try fixture.folder.journal() == nil)
}
