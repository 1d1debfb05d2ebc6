import Foundation
import Gateway
import Glibc
import TestSupport
import Testing

@testable import Queue

/// Kills, and system calls that fail: what was said to be durable is there.
@Suite(.ownThread) struct FaultTests {
  /// What a child has said to be kept: numbers, each with the id of the delivery that stands for it.
  private func acknowledged(_ child: ChildProcess) -> [(number: Int, id: String)] {
    child.lines.compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, words[0] == "stored" || words[0] == "duplicate", let number = Int(words[1])
      else {
        return nil
      }
      return (number, String(words[2]))
    }
  }

  private func kept(_ folder: TemporaryDirectory) throws -> [String] {
    let bench = try StoreBench(in: folder)
    #expect(!bench.store.status.isDiskLow)
    let check = try StoreReader(bench.file).list(.init(), limit: 100_000)
    // Each can be proven, too.
    let sealer = Sealer(keys: bench.store.sealKeys)
    bench.advance(seconds: 400 * 86_400)
    var proven = 0
    while true {
      let claimed = try bench.claim(limit: 500)
      if claimed.isEmpty { break }
      for job in claimed where (try? sealer.check(job.delivery)) != nil { proven += 1 }
    }
    #expect(proven == check.count)
    return check.map(\.id.description)
  }

  @Test
  func
    `killed at any time, nothing that was acknowledged is missing, and a repetition has its first one's id`()
    throws
  {
    let folder = try TemporaryDirectory()
    var generator = SeededGenerator(seed: runSeed)
    var told: [Int: Set<String>] = [:]
    for _ in 0..<20 {
      let child = try QueueChild.start(
        ["accept", "100000", "\([1, 16, 64].randomElement(using: &generator) ?? 1)"], in: folder)
      let count = Int.random(in: 1...400, using: &generator)
      #expect(eventually { self.acknowledged(child).count >= count || child.status != nil })
      usleep(UInt32.random(in: 0...20_000, using: &generator))
      child.signal(SIGKILL)
      #expect(child.waitForExit(within: 20) != 0)
      // The child begins with number 0 again: what it kept before are repetitions now.
      for (number, id) in acknowledged(child) { told[number, default: []].insert(id) }
    }
    #expect(told.count > 20)
    let split = told.filter { $0.value.count > 1 }
    #expect(split.isEmpty, "\(split)")
    let kept = try kept(folder)
    let missing = Set(told.values.joined()).subtracting(kept)
    #expect(missing.isEmpty, "\(missing.count) missing")
    #expect(Set(kept).count == kept.count)
  }

  @Test(
    .enabled(if: FailingCalls.library != nil, "no C compiler, or a sanitizer that must be the first library"),
    arguments: [("fdatasync", "EIO"), ("pwrite", "ENOSPC"), ("pwrite", "EIO"), ("ftruncate", "EIO")])
  func `a call that fails loses nothing that was acknowledged, refuses its batch, and heals by itself`(
    call: String, error: String
  ) throws {
    let library = try #require(FailingCalls.library)
    var healed = 0
    for number in [1, 2, 3, 4, 5, 6, 8, 11, 15, 20, 27, 35, 50] {
      let folder = try TemporaryDirectory()
      // Opened once without a fault: what may fail is a store that exists.
      #expect(try QueueChild.start(["accept", "3", "1"], in: folder).waitForExit(within: 20) == 0)
      let child = try QueueChild.start(
        ["accept", "60", "4", "3000"], in: folder,
        environment: library.environment.merging(
          ["FAIL_CALL": call, "FAIL_AT": "\(number)", "FAIL_WITH": error]) { $1 })
      let status = child.waitForExit(within: 30)
      let isOpened = !child.lines.contains { $0.hasPrefix("not opened") }
      #expect(status == (isOpened ? 0 : 3), "\(call) \(number): \(child.lines.suffix(3))")
      if child.lines.contains(where: { $0.hasPrefix("done") && $0 != "done 0" }) { healed += 1 }
      if isOpened { #expect(Set(acknowledged(child).map(\.number)).count == 60) }
      let missing = Set(acknowledged(child).map(\.id)).subtracting(try kept(folder))
      #expect(missing.isEmpty, "\(call) \(number): \(missing.count) missing")
    }
    if call != "ftruncate" { #expect(healed > 3, "\(healed)") }
  }

  @Test(.enabled(if: SmallFileSystem.isAllowed, "it may mount no file system"))
  func `a full file system tears nothing, refuses, and goes on when there is room`() throws {
    let folder = try TemporaryDirectory()
    #expect(SmallFileSystem.mount(at: folder.path))
    defer { SmallFileSystem.unmount(folder.path) }
    let ballast = folder.path + "/ballast"
    #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 1_500_000)))
    let child = try QueueChild.start(["accept", "80", "4", "20000"], in: folder)
    #expect(
      eventually(within: 30) {
        child.lines.contains { $0.hasPrefix("refused") && $0.hasSuffix("store-unusable") }
      })
    unlink(ballast)
    let told = eventually(within: 10) { self.acknowledged(child).count >= 40 }
    #expect(told, "\(child.lines.suffix(3))")
    child.signal(SIGKILL)
    _ = child.waitForExit(within: 20)
    // It may have been filled once more by then, and to be opened it needs room.
    #expect(SmallFileSystem.widen(folder.path))
    let missing = Set(acknowledged(child).map(\.id)).subtracting(try kept(folder))
    #expect(missing.isEmpty)
  }

  @Test(
    .enabled(if: FailingCalls.library != nil, "no C compiler, or a sanitizer that must be the first library"))
  func
    `while the disk stalls what is in a transaction waits for it, and what is not is refused in time, and absent`()
    throws
  {
    let library = try #require(FailingCalls.library)
    let folder = try TemporaryDirectory()
    #expect(try QueueChild.start(["accept", "3", "1"], in: folder).waitForExit(within: 20) == 0)
    let child = try QueueChild.start(
      ["stall", "8"], in: folder,
      environment: library.environment.merging(["FAIL_CALL": "fdatasync", "STALL_MS": "2500"]) { $1 })
    #expect(child.waitForExit(within: 30) == 0)
    let words = child.lines.map { $0.split(separator: " ").map { String($0) } }
    let stored = words.filter { $0[0] == "stored" }.map { $0[2] }
    let refused = words.filter { $0[0] == "refused" }
    #expect(stored.count == 1 && refused.count == 7, "\(child.lines)")
    #expect(refused.allSatisfy { $0[3] == "commit-late" })
    let kept = try kept(folder)
    #expect(Set(stored).isSubset(of: kept))
    #expect(Set(refused.map { $0[2] }).isDisjoint(with: kept))
    // Refused while the first one still waited.
    #expect(words.first?.first == "refused")
  }

  @Test
  func `behind a failure what happened is written down, what was asked for refused, and attempts go on`()
    throws
  {
    let bench = try StoreBench()
    let starts = try (0..<2).flatMap { number -> [JobTicket] in
      guard case .stored(let starts, _) = try bench.accept("\(number)", startsNow: true) else { return [] }
      return starts
    }
    // Somebody's shell, which holds the file for longer than it is waited for.
    let holder = try ChildProcess(
      [
        "python3", "-c",
        """
        import sqlite3, sys, time
        c = sqlite3.connect(sys.argv[1], isolation_level=None)
        c.execute("BEGIN IMMEDIATE")
        print("held", flush=True)
        time.sleep(300)
        """, bench.file,
      ], environment: ["PATH": "/usr/bin:/bin"])
    try holder.waitForLine(containing: "held")
    let told = Locked<[RecordOutcome]>([])
    let report = AttemptReport(
      ticket: starts[0], at: bench.now, milliseconds: 5, status: 200, next: .delivered)
    bench.store.record(report, for: bench.desk) { outcome in told.withLock { $0.append(outcome) } }
    #expect(try bench.accept("refused") == .refused(.unusable(.busy)))
    #expect(bench.store.refusal(bytes: 1) == .unusable(.busy))
    #expect(told.withLock { $0.isEmpty })
    holder.signal(SIGKILL)
    #expect(eventually { told.withLock { $0 == [.recorded] } })
    #expect(bench.store.status.fault == nil && bench.store.status.reopenings == 1)
    #expect(bench.store.status.errors["busy"] ?? 0 >= 1)
    #expect(bench.counters.stored == 2 && bench.counters.heldDeliveries == 1)
    #expect(try bench.claim().isEmpty)
    #expect(try bench.record(starts[1], .delivered) == .recorded)
    #expect(try bench.accept("again") == .stored(starts: [], otherBodyOf: nil))
  }

  @Test func `a store that is gone while it failed is not made anew`() throws {
    let bench = try StoreBench()
    try bench.accept("kept")
    bench.close()
    let before = Ledger(
      try Connection(bench.file, .writing), bench.settings, now: sampleMoment, underWay: [:])
    before.connection.close()
    rename(bench.file, bench.file + ".gone")
    let opening = Opening(settings: bench.settings, now: sampleMoment, before: before)
    #expect(throws: StoreFault.self) { try opening.open() }
    #expect(access(bench.file, F_OK) != 0)
    #expect(
      FileManager.default.createFile(
        atPath: bench.file, contents: nil, attributes: [.posixPermissions: 0o600]))
    #expect(throws: StoreFault.refused("\(bench.file) is empty, and was not when it was opened")) {
      try opening.open()
    }
  }

  @Test func `a damaged file is not written to again, and does not open itself anew`() throws {
    let bench = try StoreBench { $0.checkpointIdleSeconds = 0.01 }
    for number in 0..<200 { try bench.accept("\(number)" + String(repeating: "x", count: 3000)) }
    bench.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: bench.file))
    let size = try file.seekToEnd()
    for page in stride(from: UInt64(8192), to: size, by: 4096) {
      try file.seek(toOffset: page)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 64))
    }
    try file.close()
    #expect(throws: StoreFault.self) { try bench.open() }
  }
}

/// Three megabytes of memory as a file system.
enum SmallFileSystem {
  static let isAllowed: Bool = {
    guard let folder = try? TemporaryDirectory(), mount(at: folder.path) else { return false }
    unmount(folder.path)
    return true
  }()

  static func mount(at path: String) -> Bool {
    Glibc.mount("tmpfs", path, "tmpfs", 0, "size=3m,mode=0700") == 0
  }

  static func widen(_ path: String) -> Bool {
    Glibc.mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=16m,mode=0700") == 0
  }

  static func unmount(_ path: String) { umount2(path, Int32(MNT_DETACH)) }
}

/// A library that fails, or holds up, one system call of a program's.
enum FailingCalls {
  /// Calls of the named kind are counted from 1; the one of that number fails. STALL_MS holds each of them up from the
  /// time on that the program sets STALL_NOW.
  static let library = PreloadedLibrary(
    """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/types.h>
    #include <unistd.h>
    static int count;
    static int fails(const char *call) {
      const char *wanted = getenv("FAIL_CALL"), *at = getenv("FAIL_AT"), *with = getenv("FAIL_WITH");
      if (!wanted || strcmp(wanted, call)) return 0;
      const char *stall = getenv("STALL_MS");
      if (stall && getenv("STALL_NOW")) usleep(1000 * atoi(stall));
      if (!at || __sync_add_and_fetch(&count, 1) != atoi(at)) return 0;
      errno = strcmp(with, "ENOSPC") ? EIO : ENOSPC;
      return 1;
    }
    int fdatasync(int fd) {
      int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
      return fails("fdatasync") ? -1 : real(fd);
    }
    int ftruncate64(int fd, off64_t length) {
      int (*real)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
      return fails("ftruncate") ? -1 : real(fd, length);
    }
    ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
      ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
      return fails("pwrite") ? -1 : real(fd, bytes, count, offset);
    }
    """)
}
