import Foundation
import Gateway
import Glibc
import TestSupport
import Testing

@testable import Queue

/// Files that somebody moves, replaces or deletes while the store is open: nothing is acknowledged into what nobody will
/// find again, and nothing that was acknowledged is lost.
@Suite(.ownThread) struct WhereaboutsTests {
  /// Why the store took nothing.
  private func refusal(_ bench: StoreBench, _ body: String) throws -> String {
    guard case .refused(.unusable(let fault)) = try bench.accept(body) else { return "it was accepted" }
    #expect(fault.kind == "moved")
    return fault.sentence
  }

  /// The first thing that a writer does without being asked for is behind it: it would find everything, too.
  private func accept(_ body: String, _ bench: StoreBench) throws {
    try bench.accept(body)
    _ = try bench.dues()
  }

  private func isHealed(_ bench: StoreBench) -> Bool {
    eventually { bench.store.status.fault == nil }
  }

  /// What is to be delivered, as it comes out, each proven.
  private func bodies(_ bench: StoreBench) throws -> [String] {
    let sealer = Sealer(keys: bench.store.sealKeys)
    return try bench.claim(limit: 100).map { job in
      String(decoding: try sealer.check(job.delivery).body, as: UTF8.self)
    }.sorted()
  }

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o777 : nil
  }

  @Test func `of a file that is moved away is said where it lies, and put back it goes on by itself`() throws
  {
    let bench = try StoreBench()
    try accept("a", bench)
    #expect(rename(bench.file, bench.file + ".away") == 0)
    let sentence = try refusal(bench, "b")
    #expect(
      sentence.contains("was moved to \(bench.file).away while it was open: put it back"), "\(sentence)")
    // Whatever is tried meanwhile, no other is made in its place.
    usleep(200_000)
    #expect(try refusal(bench, "c") == sentence)
    #expect(mode(bench.file) == nil)
    // By itself it is whole: its log is not needed.
    #expect(try StoreReader(bench.file + ".away").list(.init(), limit: 10).count == 2)
    #expect(rename(bench.file + ".away", bench.file) == 0)
    #expect(isHealed(bench))
    #expect(try bench.accept("d") == .stored(starts: [], otherBodyOf: nil))
    // That of the second nobody was told: its sender comes again, and it is here.
    #expect(try bodies(bench) == ["a", "b", "d"])
  }

  @Test func `a folder that is moved is missed, and goes on when it is back`() throws {
    let outer = try TemporaryDirectory()
    let folder = outer.path + "/store"
    #expect(mkdir(folder, 0o700) == 0)
    let bench = try StoreBench {
      $0.sqlite = folder + "/queue.db"
      $0.sealKeyFile = folder + "/seal.key"
    }
    try accept("a", bench)
    #expect(rename(folder, folder + ".away") == 0)
    #expect(try refusal(bench, "b").contains("was moved to \(folder).away/queue.db"))
    #expect(rename(folder + ".away", folder) == 0)
    #expect(isHealed(bench))
    #expect(try bodies(bench) == ["a", "b"])
  }

  @Test func `a file that is deleted is written anew with all that it held, and what was under way goes on`()
    throws
  {
    let bench = try StoreBench()
    guard case .stored(let starts, _) = try bench.accept("a", startsNow: true) else {
      throw FixtureError("refused")
    }
    _ = try bench.dues()
    try bench.accept("b", id: "b")
    #expect(unlink(bench.file) == 0)
    #expect(try refusal(bench, "c").contains("was deleted while it was open"))
    #expect(isHealed(bench))
    #expect(mode(bench.file) == 0o600 && mode(bench.file + ".rescued") == nil)
    #expect(try bench.record(try #require(starts.first), .delivered) == .recorded)
    // What repetitions are known by is there, too.
    guard case .duplicate = try bench.accept("b", id: "b") else { throw FixtureError("not known") }
    #expect(try bodies(bench) == ["b", "c"])
    try bench.reopen()
    #expect(bench.counters.heldDeliveries == 2)
  }

  @Test func `all files of a store that are deleted are made again, the lock among them`() throws {
    let bench = try StoreBench()
    try accept("a", bench)
    for suffix in ["", "-wal", "-shm", ".lock"] { #expect(unlink(bench.file + suffix) == 0) }
    #expect(unlink(bench.settings.sealKeyFile) == 0)
    #expect(try refusal(bench, "b").contains("was deleted while it was open"))
    #expect(isHealed(bench))
    #expect(throws: StoreFault.self) { try Store(bench.settings) }
    #expect(mode(bench.settings.sealKeyFile) == 0o600)
    // By what is on disk now, too.
    try bench.reopen()
    #expect(try bodies(bench) == ["a", "b"])
  }

  @Test func `a deleted file that cannot be written anew is kept in hand until it can be`() throws {
    let bench = try StoreBench()
    try accept("a", bench)
    #expect(mkdir(bench.file + ".rescued", 0o700) == 0)
    #expect(unlink(bench.file) == 0)
    _ = try refusal(bench, "b")
    let told = eventually {
      bench.store.status.fault?.sentence.contains("do not end vesigate before") ?? false
    }
    #expect(told, "\(bench.store.status.fault?.sentence ?? "")")
    #expect(rmdir(bench.file + ".rescued") == 0)
    #expect(isHealed(bench))
    #expect(try bodies(bench) == ["a", "b"])
  }

  @Test func `another file in its place is not written to, and nothing of the old one is lost`() throws {
    let other = try StoreBench()
    try other.accept("other")
    other.close()
    let bench = try StoreBench()
    guard case .stored(let starts, _) = try bench.accept("a", startsNow: true) else {
      throw FixtureError("refused")
    }
    _ = try bench.dues()
    // As a backup is put back by somebody who has not stopped it.
    let before = try Data(contentsOf: URL(fileURLWithPath: other.file))
    #expect(rename(other.file, bench.file) == 0)
    #expect(try refusal(bench, "b").contains("was replaced while it was open: move away what is there now"))
    // Jobs have the same numbers there: what came of one would be written down of the other.
    let told = Locked<[RecordOutcome]>([])
    let report = AttemptReport(
      ticket: try #require(starts.first), at: bench.now, milliseconds: 5, status: 200, next: .delivered)
    bench.store.record(report, for: bench.desk) { outcome in told.withLock { $0.append(outcome) } }
    usleep(300_000)
    #expect(told.withLock { $0.isEmpty } && bench.store.status.fault?.kind == "moved")
    #expect(try Data(contentsOf: URL(fileURLWithPath: bench.file)) == before)
    #expect(rename(bench.file, other.file) == 0)
    #expect(isHealed(bench))
    #expect(eventually { told.withLock { $0 == [.recorded] } })
    #expect(try bodies(bench) == ["b"])
  }

  @Test func `another file beside the one that was moved away is told from it`() throws {
    let bench = try StoreBench()
    try accept("a", bench)
    #expect(rename(bench.file, bench.file + ".away") == 0)
    // A whole store, by the same key.
    let other = try StoreBench { $0.sealKeyFile = bench.settings.sealKeyFile }
    try other.accept("other")
    other.close()
    try FileManager.default.copyItem(atPath: other.file, toPath: bench.file)
    let sentence = "which lies at \(bench.file).away: put that back"
    #expect(try refusal(bench, "b").contains(sentence))
    usleep(300_000)
    #expect(try refusal(bench, "c").contains(sentence))
    #expect(rename(bench.file + ".away", bench.file) == 0)
    #expect(isHealed(bench))
    #expect(try bodies(bench) == ["a", "b"])
  }

  @Test func `a log that is deleted loses nothing, and a new one is made`() throws {
    let bench = try StoreBench { $0.checkpointIdleSeconds = 60 }
    for body in ["a", "b"] { try bench.accept(body) }
    #expect(unlink(bench.file + "-wal") == 0)
    #expect(try refusal(bench, "c").contains("queue.db-wal was moved or deleted while it was open"))
    #expect(isHealed(bench))
    try bench.accept("d")
    // As a kill would leave it: the files as they lie there.
    let copy = try TemporaryDirectory()
    for name in ["queue.db", "queue.db-wal", "seal.key"] {
      try FileManager.default.copyItem(
        atPath: bench.folder.path + "/" + name, toPath: copy.path + "/" + name)
    }
    #expect(try bodies(StoreBench(in: copy)) == ["a", "b", "c", "d"])
  }

  @Test func `another log in its place is not read into the store`() throws {
    let bench = try StoreBench { $0.checkpointIdleSeconds = 60 }
    try accept("a", bench)
    let log = bench.file + "-wal"
    // Older pages of this very store: SQLite would believe every one of them.
    try FileManager.default.copyItem(atPath: log, toPath: log + ".old")
    for body in ["b", "c"] { try bench.accept(body) }
    #expect(rename(log + ".old", log) == 0)
    _ = try refusal(bench, "d")
    let told = eventually {
      bench.store.status.fault?.sentence.contains("remove it, and it goes on by itself") ?? false
    }
    #expect(told, "\(bench.store.status.fault?.sentence ?? "")")
    #expect(unlink(log) == 0)
    #expect(isHealed(bench))
    #expect(try bodies(bench) == ["a", "b", "c", "d"])
  }

  @Test func `while nothing comes it is found, too, and so is a lock that somebody has removed`() throws {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.05 }
    try accept("a", bench)
    #expect(unlink(bench.file + ".lock") == 0)
    #expect(eventually { access(bench.file + ".lock", F_OK) == 0 })
    let key = bench.settings.sealKeyFile
    let before = try String(contentsOfFile: key, encoding: .utf8)
    #expect(unlink(key) == 0)
    #expect(eventually { (try? String(contentsOfFile: key, encoding: .utf8)) == before })
    #expect(throws: StoreFault.self) { try Store(bench.settings) }
    #expect(bench.store.status.fault == nil)
    #expect(unlink(bench.file) == 0)
    #expect(eventually { bench.store.status.reopenings == 1 })
    #expect(try bodies(bench) == ["a"])
  }

  @Test func `an end finds it, too: what was deleted is there for the next start`() throws {
    let bench = try StoreBench()
    try accept("a", bench)
    #expect(unlink(bench.file) == 0)
    bench.close()
    try bench.open()
    #expect(try bodies(bench) == ["a"])
    // With something else in its place that is left alone.
    try bench.accept("b")
    #expect(unlink(bench.file) == 0)
    try "foreign".write(toFile: bench.file, atomically: false, encoding: .utf8)
    bench.close()
    #expect(try String(contentsOfFile: bench.file, encoding: .utf8) == "foreign")
    #expect(rename(bench.file + ".rescued", bench.file) == 0)
    try bench.open()
    #expect(bench.counters.heldDeliveries == 2)
  }
}
