import Foundation
import Gateway
import TestSupport
import Testing

@testable import Queue

/// A thousand that wait and a thousand that are delivered, while the wall clock goes where it likes.
@Suite(.ownThread) struct ClockJumpTests {
  private static let count = 1000
  private let lane = Lane(route: "/hook")
  private let policy = RetryPolicy()

  private func filled() throws -> StoreBench {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    for number in 0..<2 * Self.count {
      let acceptance = try bench.acceptance("\(number)", startsNow: number < Self.count, id: "\(number)")
      bench.store.accept(acceptance, for: bench.desk) { [bench] outcome in
        guard case .stored(let starts, _) = outcome, let ticket = starts.first else { return }
        let report = AttemptReport(ticket: ticket, at: bench.now, milliseconds: 1, next: .delivered)
        bench.store.record(report, for: bench.desk) { _ in }
      }
    }
    try #require(
      eventually { bench.counters.stored == 2 * Self.count && bench.counters.heldDeliveries == Self.count })
    return bench
  }

  /// Whatever is due is tried, and fails.
  private func failAll(_ bench: StoreBench) throws -> Int {
    var failed = 0
    while true {
      let jobs = try bench.claim(limit: 100)
      for job in jobs {
        let decision = policy.decide(
          .failed, job.history, now: bench.now, isClockTrusted: bench.store.status.isClockTrusted, random: 0)
        switch decision {
        case .retry(let due, let isLate, _):
          try bench.record(job.ticket, .retry(due: due, isLate: isLate), reason: "upstream-connect")
        case .dead(let reason): try bench.record(job.ticket, .dead(reason))
        case .delivered: try bench.record(job.ticket, .delivered)
        }
      }
      failed += jobs.count
      if jobs.isEmpty { return failed }
    }
  }

  /// Housekeeping has looked at this clock some times.
  private func letHousekeepingRun() { usleep(120_000) }

  private func expectAllThere(_ bench: StoreBench, _ place: Comment) {
    #expect(bench.counters.count(lane, .dead) == 0, place)
    #expect(bench.counters.heldDeliveries == Self.count, place)
    #expect(bench.counters.prunedBodies == 0 && bench.counters.prunedDeliveries == 0, place)
    #expect(bench.counters.prunedDead == 0 && bench.counters.dedupeKeys == 2 * Self.count, place)
  }

  @Test(arguments: [8 * 86_400, -3600, 365 * 86_400, -8 * 86_400])
  func `a clock that jumps for five minutes and comes back kills, deletes and delays nothing`(seconds: Int64)
    throws
  {
    let bench = try filled()
    #expect(try failAll(bench) == Self.count)
    bench.jump(seconds: seconds)
    letHousekeepingRun()
    // Five minutes, in which those that are due are tried and fail again.
    for _ in 0..<5 {
      bench.advance(seconds: 60)
      letHousekeepingRun()
      _ = try failAll(bench)
    }
    expectAllThere(bench, "while it is off")
    bench.jump(seconds: -seconds)
    letHousekeepingRun()
    expectAllThere(bench, "once it is back")
    // Ten minutes behind that each has had its turn.
    var due: Set<Int64> = []
    for _ in 0..<10 where due.count < Self.count {
      bench.advance(seconds: 60)
      letHousekeepingRun()
      while true {
        let jobs = try bench.claim(limit: 100)
        due.formUnion(jobs.map(\.ticket.job))
        if jobs.isEmpty { break }
      }
    }
    #expect(due.count == Self.count)
    expectAllThere(bench, "ten minutes later")
  }

  @Test func `nor does a start with a clock that is wrong, once it is right again`() throws {
    let bench = try filled()
    _ = try failAll(bench)
    bench.close()
    bench.jump(seconds: -3600)
    try bench.open()
    letHousekeepingRun()
    expectAllThere(bench, "an hour behind")
    _ = try failAll(bench)
    bench.close()
    bench.jump(seconds: 3600)
    try bench.open()
    bench.advance(seconds: 600)
    letHousekeepingRun()
    #expect(try failAll(bench) == Self.count)
    expectAllThere(bench, "right again")
  }
}
