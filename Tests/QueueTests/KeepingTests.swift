import Foundation
import TestSupport
import Testing

@testable import Queue

/// Bounds, and what is deleted: never what was accepted and not delivered.
@Suite(.ownThread) struct KeepingTests {
  let lane = Lane(route: "/hook")

  @Test func `as many and as many bytes as are allowed, dead ones among them, and no more`() throws {
    let bench = try StoreBench {
      $0.deliveriesMax = 3
      $0.bytesMax = 300
    }
    let body = String(repeating: "x", count: 100)
    for number in 0..<2 {
      #expect(try bench.accept(body + "\(number)") == .stored(starts: [], otherBodyOf: nil))
    }
    #expect(try bench.accept(body) == .refused(.full))
    #expect(bench.store.refusal(bytes: 100) == .full && bench.store.refusal(bytes: 10) == nil)
    try bench.record(try #require(bench.claim(limit: 1).first).ticket, .dead(.status))
    #expect(try bench.accept("") == .stored(starts: [], otherBodyOf: nil))
    #expect(try bench.accept("") == .refused(.full))
    #expect(bench.store.refusal(bytes: 0) == .full)
    try bench.record(try #require(bench.claim(limit: 1).first).ticket, .delivered)
    #expect(try bench.accept("") == .stored(starts: [], otherBodyOf: nil))
    #expect(bench.counters.refused == 2)
  }

  @Test func `bodies go first, then all that is known, and nothing that is not delivered or cancelled`()
    throws
  {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    for body in ["delivered", "cancelled", "dead", "orphaned", "sending", "queued"] {
      try bench.accept(body, lanes: [body == "orphaned" ? Lane(route: "/gone") : lane], id: body)
    }
    let jobs = try bench.list().map(\.job).sorted()
    #expect(try bench.change([jobs[1]], .cancel) == 1)
    let claimed = try bench.claim(limit: 3)
    try bench.record(claimed[0].ticket, .delivered)
    try bench.record(claimed[1].ticket, .dead(.status))
    #expect(try bench.reconcile([lane]) == 1)
    bench.advance(seconds: 23 * 3600)
    usleep(100_000)
    #expect(bench.counters.prunedBodies == 0)
    bench.advance(seconds: 2 * 3600)
    #expect(eventually { bench.counters.prunedBodies == 2 })
    #expect(try bench.list().count == 6)
    #expect(try bench.change(jobs, .replay) == 1)
    try bench.record(try #require(bench.claim().first { $0.ticket.job == jobs[2] }).ticket, .dead(.status))
    bench.advance(seconds: 168 * 3600)
    #expect(eventually { bench.counters.prunedDeliveries == 2 })
    #expect(try bench.list().map(\.job).sorted() == Array(jobs[2...]))
    bench.advance(seconds: 719 * 3600)
    usleep(100_000)
    #expect(eventually { bench.counters.prunedDead == 1 })
    // Whatever its age: it was acknowledged.
    bench.advance(seconds: 10 * 365 * 86_400)
    usleep(100_000)
    let left = try bench.list()
    #expect(left.map(\.state).map(\.rawValue).sorted() == [1, 1, 5].sorted() || left.count == 3)
    #expect(left.allSatisfy { $0.state.isHeld })
  }

  @Test func `a delivery that one upstream has refused for good stays while another waits for it`() throws {
    let bench = try StoreBench {
      $0.housekeepingSeconds = 0.02
      $0.deadHours = 1
    }
    let lanes = ["http://a", "http://b"].map { Lane(route: "/hook", upstream: $0) }
    try bench.accept("a", lanes: lanes)
    try bench.record(try #require(bench.claim(lanes[0]).first).ticket, .dead(.status))
    bench.advance(seconds: 7200)
    usleep(100_000)
    #expect(try bench.list().map(\.state) == [.queued, .dead])
    try bench.record(try #require(bench.claim(lanes[1]).first).ticket, .delivered)
    #expect(eventually { bench.counters.prunedDead == 1 })
    #expect(bench.counters.heldDeliveries == 0 && bench.counters.heldBytes == 0)
  }

  @Test func `more than a chunk is deleted in chunks`() throws {
    let bench = try StoreBench { $0.housekeepingSeconds = 3600 }
    for number in 0..<2300 {
      bench.store.accept(try bench.acceptance("\(number)", startsNow: true), for: bench.desk) {
        [bench] outcome in
        guard case .stored(let starts, _) = outcome, let ticket = starts.first else { return }
        let report = AttemptReport(ticket: ticket, at: 0, milliseconds: 1, next: .delivered)
        bench.store.record(report, for: bench.desk) { _ in }
      }
    }
    #expect(eventually { bench.counters.heldDeliveries == 0 && bench.counters.stored == 2300 })
    bench.advance(seconds: 26 * 3600)
    bench.store.pruneNow()
    #expect(eventually { bench.counters.prunedBodies == 2300 })
  }

  @Test func `where the disk is low what was delivered makes room, and what was not is refused`() throws {
    let bench = try StoreBench { $0.diskFreeBytesMin = .max }
    #expect(try bench.accept("a") == .refused(.diskLow))
    #expect(bench.store.refusal(bytes: 1) == .diskLow)
    let roomy = try StoreBench()
    try roomy.accept("delivered")
    try roomy.record(try #require(roomy.claim().first).ticket, .delivered)
    try roomy.accept("queued")
    roomy.close()
    let tight = try StoreBench(in: roomy.folder) { $0.diskFreeBytesMin = .max }
    #expect(try tight.accept("b") == .refused(.diskLow))
    #expect(tight.counters.prunedBodies == 1)
    #expect(try tight.claim().count == 1)
  }

  @Test(.enabled(if: SmallFileSystem.isAllowed, "it may mount no file system"))
  func `a disk that is low is taken for low until it is not, whoever asks`() throws {
    let folder = try TemporaryDirectory()
    #expect(SmallFileSystem.mount(at: folder.path))
    defer { SmallFileSystem.unmount(folder.path) }
    let bench = try StoreBench(in: folder) { $0.diskFreeBytesMin = 1 << 20 }
    defer { bench.close() }
    let ballast = folder.path + "/ballast"
    #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 2 << 20)))
    #expect(eventually { (try? bench.accept()) == .refused(.diskLow) })
    #expect(bench.store.refusal(bytes: 1) == .diskLow)
    unlink(ballast)
    #expect(eventually { bench.store.refusal(bytes: 1) == nil })
    #expect(try bench.accept() == .stored(starts: [], otherBodyOf: nil))
  }

  @Test func `what the file does not need any more goes back to the file system`() throws {
    let bench = try StoreBench {
      $0.housekeepingSeconds = 0.02
      $0.checkpointIdleSeconds = 0.05
    }
    let body = String(repeating: "x", count: 1_000_000)
    for number in 0..<24 {
      guard case .stored(let starts, _) = try bench.accept(body + "\(number)", startsNow: true) else {
        continue
      }
      try bench.record(starts[0], .delivered)
    }
    func fileBytes() -> Int {
      var status = stat()
      return stat(bench.file, &status) == 0 ? Int(status.st_size) : -1
    }
    #expect(eventually { fileBytes() > 24_000_000 })
    bench.advance(seconds: 25 * 3600)
    #expect(eventually { bench.counters.prunedBodies == 24 && fileBytes() < 20_000_000 })
    #expect(fileBytes() > 8_000_000)
  }

  @Test func `a clock that is a week ahead deletes nothing until it is confirmed, and a job runs on`() throws
  {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    try bench.accept("delivered")
    try bench.record(try #require(bench.claim().first).ticket, .delivered)
    try bench.accept("queued", id: "1")
    bench.jump(seconds: 8 * 86_400)
    usleep(150_000)
    #expect(eventually { !bench.store.status.isClockTrusted })
    #expect(bench.counters.prunedBodies == 0 && bench.counters.dedupeKeys == 1)
    bench.jump(seconds: -8 * 86_400)
    #expect(eventually { bench.store.status.isClockTrusted })
    usleep(50_000)
    #expect(bench.counters.prunedBodies == 0)
    bench.jump(seconds: 8 * 86_400)
    #expect(eventually { !bench.store.status.isClockTrusted })
    bench.store.pruneNow()
    #expect(eventually { bench.counters.prunedBodies == 1 })
    #expect(try bench.claim().count == 1)
  }

  @Test
  func `what a clock that was ahead has put off is due once it is back, without a restart and with one`()
    throws
  {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    for body in ["a", "b"] { try bench.accept(body) }
    bench.jump(seconds: 8 * 86_400)
    let claimed = try bench.claim()
    try bench.record(claimed[0].ticket, .retry(due: bench.now + 300_000, isLate: true))
    bench.jump(seconds: -8 * 86_400)
    #expect(eventually { (try? bench.claim().count) == 1 })
    bench.jump(seconds: 8 * 86_400)
    try bench.record(claimed[1].ticket, .retry(due: bench.now + 300_000, isLate: true))
    bench.close()
    bench.jump(seconds: -8 * 86_400)
    try bench.open()
    #expect(try bench.claim().count == 2)
  }

  @Test func `an hour that an app has asked for is waited for`() throws {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    try bench.accept()
    try bench.record(
      try #require(bench.claim().first).ticket, .retry(due: bench.now + 3_600_000, isLate: false))
    usleep(100_000)
    #expect(try bench.claim().isEmpty)
    bench.advance(seconds: 3600)
    #expect(try bench.claim().count == 1)
  }

  @Test func `what has ended can be deleted at once, what has not cannot, and room is there again`() throws {
    let bench = try StoreBench()
    for body in ["dead", "delivered", "waiting"] { try bench.accept(body) }
    let claimed = try bench.claim(limit: 2)
    try bench.record(claimed[0].ticket, .dead(.status))
    try bench.record(claimed[1].ticket, .delivered)
    #expect(bench.counters.heldDeliveries == 2)
    let jobs = try bench.list().map(\.job)
    #expect(try bench.purge(jobs) == 2)
    #expect(try bench.list().map(\.state) == [.queued])
    #expect(bench.counters.heldDeliveries == 1 && bench.counters.count(Lane(route: "/hook"), .dead) == 0)
    try bench.reopen()
    #expect(bench.counters.heldDeliveries == 1)
    #expect(try bench.purge(jobs) == 0)
  }

  @Test func `a delivery is deleted only when nothing of it is still to come`() throws {
    let bench = try StoreBench()
    let lanes = ["http://a", "http://b"].map { Lane(route: "/hook", upstream: $0) }
    try bench.accept("for both", lanes: lanes)
    try bench.record(try #require(bench.claim(lanes[0]).first).ticket, .dead(.status))
    #expect(try bench.purge(bench.list().map(\.job)) == 0)
    try bench.record(try #require(bench.claim(lanes[1]).first).ticket, .delivered)
    #expect(try bench.purge(bench.list().map(\.job)) == 1)
    #expect(try bench.list().isEmpty && bench.counters.heldDeliveries == 0 && bench.counters.heldBytes == 0)
  }
}
