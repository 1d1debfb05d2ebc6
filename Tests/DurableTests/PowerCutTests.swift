import Foundation
import TestSupport
import Testing

/// Calls of a real gateway, as the kernel saw them: a 200 leaves when its delivery would outlive the power.
@Suite(.ownThread, .enabled(if: Strace.isAllowed, "nobody may be traced here")) struct PowerCutTests {
  let traces: TemporaryDirectory

  init() throws { traces = try TemporaryDirectory() }

  private func trace(_ name: String) -> String { traces.path + "/" + name }

  @Test func `at the instant of each 200 a disk without power would hold the delivery`() throws {
    let count = LongForm.number("TRACED", short: 60)
    let fixture = try DurableFixture()
    fixture.startedBy = Strace.command(trace("calls"), calls: PowerCut.calls)
    try fixture.startApp()
    let gateway = try fixture.startGateway()
    let senders = Senders(count: count)
    let threads = senders.start(4, to: gateway.port)
    #expect(eventually(within: 30) { threads.allSatisfy(\.isFinished) })
    // A repetition's 200 says the same.
    for number in 0..<5 { #expect(try fixture.send(Senders.body(number)).id == senders.told[number]?.first) }
    #expect(fixture.stopGateway() == 0)
    // The store was made under the eyes of strace: before that there was nothing.
    let empty = try TemporaryDirectory()
    let finding = try PowerCut.replay(trace("calls"), before: empty.path)
    #expect(finding.answers == count + 5 && finding.failedSyncs == 0)
    #expect(finding.missing.isEmpty && finding.missingOrTorn.isEmpty, "\(finding)")
    #expect(Set(finding.ids) == senders.ids)
    let syncs = try Strace.count("fdatasync", in: trace("calls"))
    LongForm.say(
      "power cut at each of \(finding.answers) answers 200: \(finding.missing.count) missing, "
        + "\(finding.missingOrTorn.count) on torn disks; \(syncs) fdatasync")
  }

  @Test func `a sync that fails costs no delivery that was or is answered 200, and heals by itself`() throws {
    let longest = LongForm.number("FAULTS", short: 0)
    // Within the opening, of the first commit and the second, and later.
    let places = longest > 0 ? Array(1...longest) : [1, 8, 9, 12, 21]
    var (refused, failed, notStarted, answers) = (0, 0, 0, 0)
    for place in places {
      let run = try FailedSync(place, trace: trace("sync-\(place)"))
      refused += run.refused
      failed += run.finding.failedSyncs
      notStarted += run.started ? 0 : 1
      answers += run.finding.answers
      let failedSyncs = run.finding.failedSyncs
      #expect(run.started ? failedSyncs == (run.syncs < place ? 0 : 1) : failedSyncs >= 1, "\(place)")
      #expect(run.finding.missing.isEmpty && run.finding.missingOrTorn.isEmpty, "\(place): \(run.finding)")
      #expect(run.lost.isEmpty, "\(place): \(run.lost)")
      #expect(run.syncAnswers.allSatisfy { $0 == 200 }, "\(place)")
    }
    #expect(refused > 0 && notStarted < places.count)
    LongForm.say(
      "fdatasync failed once in \(failed) runs, at its 1st to \(places.last ?? 0)th call: \(notStarted) times "
        + "within the opening, \(answers) answers 200, \(refused) refused, 0 lost")
  }

  /// Without its name a file is lost with the power, whatever its bytes are.
  @Test func `the names of the store's files are made last before the first 200`() throws {
    let fixture = try DurableFixture()
    fixture.startedBy = Strace.command(trace("names"), calls: ["openat", "fsync", "sendto", "sendmsg"])
    try fixture.startGateway()
    #expect(try fixture.send("{}").status == 200)
    #expect(fixture.stopGateway() == 0)
    let lines = try String(contentsOfFile: trace("names"), encoding: .utf8).split(separator: "\n")
    let folder = fixture.directory.path
    let answer = try #require(lines.firstIndex { $0.contains("HTTP/1.1 200") })
    for name in ["queue.db", "queue.db-wal", "seal.key.new"] {
      let made = try #require(
        lines.firstIndex { $0.contains("\"\(folder)/\(name)\"") && $0.contains("O_CREAT") }, "\(name)")
      // By fsync it is our own, whose failure is heard.
      let isLast = lines[made..<answer].contains { $0.contains(" fsync(") && $0.contains("<\(folder)>") }
      #expect(isLast, "\(name): \(lines[made..<answer].joined(separator: "\n"))")
    }
    // A log that is missing is made anew, and nothing else is.
    unlink(folder + "/queue.db-wal")
    fixture.startedBy = Strace.command(trace("log"), calls: ["openat", "fsync", "sendto", "sendmsg"])
    try fixture.startGateway()
    #expect(try fixture.send("{\"number\":2}").status == 200)
    let again = try String(contentsOfFile: trace("log"), encoding: .utf8).split(separator: "\n")
    let made = try #require(
      again.firstIndex { $0.contains("queue.db-wal\"") && $0.contains("O_CREAT") }, "no log")
    let end = try #require(again.firstIndex { $0.contains("HTTP/1.1 200") })
    #expect(again[made..<end].contains { $0.contains(" fsync(") && $0.contains("<\(folder)>") })
  }

  /// Nothing else is written meanwhile, whose sync would serve it, too: one delivery hangs at the app, the other waits.
  @Test func `what a failed sync has left behind is answered 200 when it would outlive the power`() throws {
    let fixture = try DurableFixture(durable: "concurrent-max: 1")
    try fixture.startApp { _ in .hang }
    try fixture.startGateway()
    #expect(fixture.stopGateway() == 0)
    let before = try FailedSync.copy(fixture.directory)
    fixture.startedBy = Strace.command(trace("opening"), calls: ["fdatasync"])
    try fixture.startGateway()
    let ofOpening = try Strace.count("fdatasync", in: trace("opening"))
    #expect(fixture.stopGateway() == 0)
    // The first commit has one for the log's beginning and one for itself.
    fixture.startedBy = Strace.command(
      trace("calls"), calls: PowerCut.calls, injections: ["fdatasync:error=EIO:when=\(ofOpening + 3)"])
    try fixture.startGateway()
    let first = try fixture.send("first")
    #expect(first.status == 200)
    #expect(try fixture.send("second").status == 503)
    var second: DurableFixture.Answer?
    #expect(eventually { (second = try? fixture.send("second")) != nil && second?.status == 200 })
    try fixture.killGateway()
    let finding = try PowerCut.replay(trace("calls"), before: before.path)
    #expect(finding.failedSyncs == 1 && finding.ids == [first.id, second?.id], "\(finding)")
    #expect(finding.missing.isEmpty && finding.missingOrTorn.isEmpty, "\(finding)")
  }

  @Test func `while the disk stalls what is not in a transaction is refused in time, and is not stored`()
    throws
  {
    let seconds = LongForm.number("STALL_SECONDS", short: 5)
    let fixture = try DurableFixture(store: "commit-seconds-max: 1")
    // Nothing waits that could have the first commit for itself.
    try fixture.startApp()
    try fixture.startGateway()
    #expect(try fixture.send("before").status == 200)
    _ = try fixture.delivered(1)
    #expect(fixture.stopGateway() == 0)
    fixture.startedBy = Strace.command(trace("opening"), calls: ["fdatasync"])
    try fixture.startGateway()
    let ofOpening = try Strace.count("fdatasync", in: trace("opening"))
    #expect(fixture.stopGateway() == 0)
    fixture.startedBy = Strace.command(
      trace("stall"), calls: ["fdatasync"],
      injections: ["fdatasync:delay_enter=\(seconds * 1_000_000):when=\(ofOpening + 1)"])
    let gateway = try fixture.startGateway()
    let told = Locked<[(name: String, status: Int)]>([])
    func send(_ name: String) -> Thread {
      let thread = Thread {
        let status = (try? gateway.exchange(SignedRequest(name).bytes, seconds: 60).status) ?? 0
        told.withLock { $0.append((name, status)) }
      }
      thread.start()
      return thread
    }
    var threads = [send("stalled")]
    usleep(500_000)
    threads += (0..<8).map { send("late \($0)") }
    #expect(eventually(within: Double(seconds) + 10) { threads.allSatisfy(\.isFinished) })
    let answers = told.withLock { $0 }
    let refused = answers.filter { $0.status == 503 }.map(\.name)
    #expect(answers.first { $0.name == "stalled" }?.status == 200, "\(answers)")
    #expect(answers.last?.name == "stalled", "\(answers)")
    #expect(refused.count == 8, "\(answers)")
    #expect(try fixture.send("behind it").status == 200)
    try fixture.killGateway()
    fixture.startedBy = []
    try fixture.startGateway()
    let bodies = Set(try fixture.delivered(3).map { String(decoding: $0.body, as: UTF8.self) })
    #expect(bodies == ["before", "stalled", "behind it"])
    LongForm.say(
      "a commit that stalled for \(seconds) s: \(refused.count) refused meanwhile, none of them stored")
  }
}

/// One gateway whose n-th fdatasync fails, under load.
private struct FailedSync {
  /// Whether the store was opened at the start.
  let started: Bool
  let refused: Int
  let finding: PowerCut.Finding
  /// Of which one may have failed.
  let syncs: Int
  /// What was answered 200 and did not come to the app.
  let lost: Set<String>
  /// Of the route that is not durable, while the store had failed.
  let syncAnswers: [Int]

  init(_ place: Int, trace: String) throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let early = try (0..<3).map { try fixture.send("early \($0)").id }
    guard fixture.stopGateway() == 0 else { throw FixtureError("no clean end") }
    let before = try Self.copy(fixture.directory)
    let app = try fixture.startApp()
    fixture.startedBy = Strace.command(
      trace, calls: PowerCut.calls, injections: ["fdatasync:error=EIO:when=\(place)"])
    let senders = Senders(count: max(40, 2 * place))
    var syncAnswers: [Int] = []
    let gateway = try fixture.startGateway()
    // strace counts each thread's calls, and each try to open the store has a thread of its own: within the opening they
    // all fail.
    started = try fixture.send("early 0").status == 200
    if started {
      let threads = senders.start(4, to: gateway.port, pauseMicroseconds: 2_000)
      eventually(within: 30) {
        if senders.refused > syncAnswers.count {
          let request = SignedRequest("at once").with { $0.target = "/sync" }
          syncAnswers.append((try? gateway.exchange(request.bytes).status) ?? 0)
        }
        return threads.allSatisfy(\.isFinished)
      }
      senders.stop()
      guard senders.isDone else {
        throw FixtureError("\(place): it has not healed: \(gateway.log.suffix(20))")
      }
    } else {
      let request = SignedRequest("at once").with { $0.target = "/sync" }
      syncAnswers.append(try gateway.exchange(request.bytes).status)
    }
    _ = fixture.stopGateway()
    self.syncAnswers = syncAnswers
    refused = senders.refused
    finding = try PowerCut.replay(trace, before: before.path)
    syncs = try Strace.count("fdatasync", in: trace)
    fixture.startedBy = []
    try fixture.startGateway()
    let told = senders.ids.union(early.compactMap { $0 })
    func missing() -> Set<String> {
      told.subtracting(app.requests.compactMap { $0.head.value("x-delivery-id") })
    }
    eventually(within: 20) { missing().isEmpty }
    lost = missing()
  }

  static func copy(_ directory: TemporaryDirectory) throws -> TemporaryDirectory {
    let copy = try TemporaryDirectory()
    for name in ["queue.db", "queue.db-wal"] where access(directory.path + "/" + name, F_OK) == 0 {
      try FileManager.default.copyItem(atPath: directory.path + "/" + name, toPath: copy.path + "/" + name)
    }
    return copy
  }
}
