import Formats
import Foundation
import Gateway
import TestSupport
import Testing

@testable import Queue

/// What a store is opened as, and what it is not opened for.
@Suite(.ownThread) struct OpeningTests {
  private func refusal(_ settings: StoreSettings) throws -> String {
    do throws(StoreFault) {
      let store = try Store(settings)
      store.close()
    } catch {
      return error.sentence
    }
    throw FixtureError("it was opened")
  }

  @Test func `a second daemon is refused with a sentence, and lets the first alone`() throws {
    let bench = try StoreBench()
    let sentence = try refusal(bench.settings)
    #expect(sentence.contains("is held by process \(getpid())"), "\(sentence)")
    #expect(try bench.accept() == .stored(starts: [], otherBodyOf: nil))
    let child = try QueueChild.start(["accept", "1", "1"], in: bench.folder)
    #expect(child.waitForExit(within: 20) == 3)
    #expect(child.lines.contains { $0.contains("two daemons on one store") })
    bench.close()
    let next = try QueueChild.start(["accept", "1", "1"], in: bench.folder)
    #expect(next.waitForExit(within: 20) == 0)
  }

  @Test func `SQLite is told everything, and asked whether it has listened`() throws {
    let bench = try StoreBench()
    bench.close()
    let connection = try Connection(bench.file, .writing)
    try Schema.prepare(connection, path: bench.file)
    for (name, _, reads) in Schema.pragmas {
      #expect(try connection.value("PRAGMA \(name)") ?? "0" == reads, "\(name)")
    }
    #expect(try connection.value("PRAGMA synchronous") == "2")
    #expect(try connection.value("PRAGMA journal_mode") == "wal")
    #expect(try connection.value("PRAGMA auto_vacuum") == "2")
    #expect(try connection.value("PRAGMA integrity_check") == "ok")
    #expect(try connection.value("PRAGMA foreign_key_check") == nil)
    connection.close()
  }

  @Test func `the statements of the hot ways use their indexes`() throws {
    let bench = try StoreBench()
    bench.close()
    let connection = try Connection(bench.file, .writing)
    let scans: [Sentence] = [.allLanes, .allReplays, .countJobs, .countKeys, .countQuarantined]
    for sentence in Sentence.allCases where !scans.contains(sentence) {
      guard sentence.sql.contains("SELECT") || sentence.sql.contains("WHERE") else { continue }
      let plan = try connection.prepare("EXPLAIN QUERY PLAN " + sentence.sql).all([]) { $0.text(3) }
      let bad = plan.filter { $0.hasPrefix("SCAN") && !$0.contains("USING") || $0.contains("TEMP B-TREE") }
      #expect(bad.isEmpty, "\(sentence): \(plan)")
    }
  }

  @Test func `a newer layout is refused, and so is another program's file`() throws {
    let newer = try StoreBench()
    newer.close()
    try newer.edit("PRAGMA user_version=2")
    #expect(try refusal(newer.settings).contains("newer vesigate (layout 2"))
    try newer.edit("PRAGMA user_version=1; PRAGMA application_id=7")
    #expect(try refusal(newer.settings).contains("some other program's database"))
    let folder = try TemporaryDirectory()
    let foreign = StoreSettings(sqlite: folder.path + "/queue.db", sealKeyFile: folder.path + "/k") {
      sampleMoment
    }
    let child = try ChildProcess(
      [
        "python3", "-c",
        "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);c.execute('create table t(a)');c.commit()",
        foreign.sqlite,
      ], environment: ["PATH": "/usr/bin:/bin"])
    #expect(child.waitForExit(within: 20) == 0)
    chmod(foreign.sqlite, 0o600)
    #expect(try refusal(foreign).contains("some other program's database"))
  }

  @Test func `a store from before attempts named their upstream goes on, and names them`() throws {
    let bench = try StoreBench()
    try bench.accept()
    let first = try #require(bench.claim().first).ticket
    #expect(try bench.record(first, .retry(due: bench.now, isLate: false), status: 503) == .recorded)
    bench.close()
    try bench.edit("ALTER TABLE attempt DROP COLUMN upstream")
    try bench.open()
    let second = try #require(bench.claim().first).ticket
    let report = AttemptReport(
      ticket: second, at: bench.now, milliseconds: 1, status: 200, upstream: "http://b/", next: .delivered)
    #expect(try bench.wait { bench.store.record(report, for: bench.desk, then: $0) } == .recorded)
    let attempts = try StoreReader(bench.file).attempts(of: first.job)
    #expect(attempts.map(\.upstream) == [nil, "http://b/"])
  }

  @Test func `what is no database is damaged, and not written to`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write("queue.db", String(repeating: "no database ", count: 1000), mode: 0o600)
    let settings = StoreSettings(sqlite: path, sealKeyFile: folder.path + "/k") { sampleMoment }
    #expect(try refusal(settings) == StoreFault.corrupt.sentence)
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("no database no"))
  }

  @Test(arguments: [0o644, 0o660]) func `a file that others may read or write is refused`(mode: Int) throws {
    let bench = try StoreBench()
    bench.close()
    chmod(bench.file, mode_t(mode))
    #expect(try refusal(bench.settings).contains("must be 0600"))
  }

  @Test func `a folder that is not there is refused with a sentence`() throws {
    let settings = StoreSettings(sqlite: "/nonexistent/queue.db", sealKeyFile: "/nonexistent/k") {
      sampleMoment
    }
    let refused = try refusal(settings)
    #expect(refused.contains("/nonexistent/queue.db.lock cannot be opened: No such file"))
    #expect(refused.hasSuffix("store.sqlite names another place"), "\(refused)")
  }

  @Test(arguments: [
    "UPDATE delivery SET route='/other'", "UPDATE delivery SET secret='00000000'",
    "UPDATE delivery SET method='GET'",
    "UPDATE delivery SET target=x'2f'", "UPDATE delivery SET accepted=accepted+1",
    "UPDATE delivery SET signed=NULL",
    "UPDATE delivery SET remote='203.0.113.1'", "UPDATE delivery SET request_id='forged'",
    "UPDATE delivery SET body_digest=zeroblob(32)", "UPDATE delivery SET seal=zeroblob(36)",
    "UPDATE delivery SET seal=x''", "UPDATE delivery SET public_id=zeroblob(16)",
    "UPDATE body SET bytes=x'7b7b'", "UPDATE body SET head=head||x'0d0a'",
    "UPDATE body SET bytes=x'', head=x''",
    "UPDATE body SET head=bytes, bytes=head",
  ])
  func `a row that was edited in the file never comes back as sealed`(sql: String) throws {
    let bench = try StoreBench()
    try bench.accept("whole")
    bench.close()
    try bench.edit(sql)
    try bench.open()
    let claimed = try #require(bench.claim().first)
    let sealer = Sealer(keys: bench.store.sealKeys)
    #expect(throws: SealFault.self) { try sealer.check(claimed.delivery) }
    try bench.record(claimed.ticket, .dead(.sealBroken))
    #expect(try bench.list().map(\.reason) == ["seal-broken"])
  }

  @Test func `what was written and never made durable is on disk before anything is answered`() throws {
    let folder = try TemporaryDirectory()
    let child = try QueueChild.start(["accept", "100000", "4"], in: folder)
    #expect(eventually { child.lines.count > 20 })
    child.signal(SIGKILL)
    _ = child.waitForExit(within: 20)
    func logBytes() -> Int {
      var status = stat()
      return stat(folder.path + "/queue.db-wal", &status) == 0 ? Int(status.st_size) : -1
    }
    #expect(logBytes() > 0)
    let bench = try StoreBench(in: folder)
    #expect(logBytes() == 0)
    #expect(try bench.list(limit: 100_000).count >= child.lines.count)
  }

  @Test func `a row whose body is gone is dead, and the others are handed out`() throws {
    let bench = try StoreBench()
    for body in ["a", "b"] { try bench.accept(body) }
    bench.close()
    try bench.edit("DELETE FROM body WHERE id=1")
    try bench.open()
    #expect(try bench.claim().count == 1)
    #expect(bench.counters.count(Lane(route: "/hook"), .dead) == 1)
    #expect(try bench.list(.init(state: .dead)).map(\.reason) == ["seal-broken"])
  }

  @Test func `one row cannot lend another its seal`() throws {
    let bench = try StoreBench()
    for body in ["aa", "bb"] { try bench.accept(body) }
    bench.close()
    try bench.edit(
      """
      UPDATE delivery SET seal=(SELECT seal FROM delivery WHERE id=2), body_digest=(SELECT body_digest FROM delivery
        WHERE id=2) WHERE id=1; UPDATE body SET bytes=(SELECT bytes FROM body WHERE id=2) WHERE id=1
      """)
    try bench.open()
    let sealer = Sealer(keys: bench.store.sealKeys)
    let proven = try bench.claim().filter { (try? sealer.check($0.delivery)) != nil }
    #expect(proven.map { $0.delivery.facts.id } == [try #require(bench.list().first).id])
  }

  @Test func `what the process dies of twice is dead, and meanwhile attempts are made one at a time`() throws
  {
    let folder = try TemporaryDirectory()
    let fill = try QueueChild.start(["accept", "1", "1"], in: folder)
    #expect(fill.waitForExit(within: 20) == 0)
    // Three ends to be warned by, and two of the job that is written down before it begins.
    for _ in 0..<5 {
      let child = try QueueChild.start(["die"], in: folder)
      #expect(child.waitForExit(within: 20) != 0)
      #expect(child.lines == ["claimed 1"])
    }
    let bench = try StoreBench(in: folder) { $0 = QueueChild.settings(folder) }
    #expect(bench.store.status.isCautious)
    #expect(try bench.list().map(\.reason) == ["poison"])
    for body in ["b", "c", "d"] { try bench.accept(body) }
    for _ in 0..<2 {
      let next = try bench.claim()
      #expect(next.count == 1)
      #expect(try bench.claim().isEmpty)
      try bench.record(try #require(next.first).ticket, .delivered)
    }
    #expect(try bench.claim().count == 1)
    guard case .stored(let starts, _) = try bench.accept(startsNow: true) else {
      throw FixtureError("refused")
    }
    #expect(starts.isEmpty)
  }
}

extension QueueChild {
  /// The child's own, with its clocks.
  static func settings(_ folder: TemporaryDirectory) -> StoreSettings {
    var settings = StoreSettings(sqlite: folder.path + "/queue.db", sealKeyFile: folder.path + "/seal.key") {
      var time = sampleMoment
      time.unixMilliseconds = Int64(Date().timeIntervalSince1970 * 1000)
      return time
    }
    settings.diskFreeBytesMin = 0
    return settings
  }
}

/// Which job a process died of.
@Suite struct SuspectsTests {
  @Test func `a job is poison when it was under way at two ends, whatever went well in between`() {
    var suspects = Suspects(text: "")
    let first = suspects.accuse(7)
    suspects.clear(8)
    let other = suspects.accuse(9)
    suspects = Suspects(text: suspects.text)
    let second = suspects.accuse(7)
    let third = suspects.accuse(7)
    suspects.clear(9)
    let cleared = suspects.accuse(9)
    #expect([first, other, second, third, cleared] == [false, false, true, false, false])
  }

  @Test func `they are few`() {
    var suspects = Suspects(text: "")
    let accused = (0..<1000).map { suspects.accuse(Int64($0)) }
    #expect(!accused.contains(true))
    #expect(suspects.text.count < 200)
    let again = suspects.accuse(999)
    #expect(again)
  }
}
