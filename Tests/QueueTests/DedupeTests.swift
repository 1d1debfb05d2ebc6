import Foundation
import Gateway
import Queue
import TestSupport
import Testing

/// A delivery that was here before is not delivered again, unless nothing came of it.
@Suite(.ownThread) struct DedupeTests {
  let lane = Lane(route: "/hook")

  private func id(_ outcome: AcceptOutcome) -> (PublicID, Bool)? {
    if case .duplicate(let id, let isRevived) = outcome { (id, isRevived) } else { nil }
  }

  @Test func `two in one batch are one row, and both are told when it is durable`() throws {
    let bench = try StoreBench()
    let (one, two) = (try bench.acceptance("a", id: "1"), try bench.acceptance("a", id: "1"))
    let (answers, gate) = (Locked<[AcceptOutcome]>([]), Latch())
    bench.store.dues(for: bench.desk) { _ in gate.pass() }
    for acceptance in [one, two] {
      bench.store.accept(acceptance, for: bench.desk) { outcome in answers.withLock { $0.append(outcome) } }
    }
    let commits = bench.counters.commits
    gate.open()
    #expect(eventually { answers.withLock { $0.count } == 2 })
    let expected: [AcceptOutcome] = [
      .stored(starts: [], otherBodyOf: nil), .duplicate(of: one.delivery.facts.id, isRevived: false),
    ]
    #expect(answers.withLock { $0 } == expected)
    #expect(bench.counters.commits <= commits + 2)
    #expect(try bench.list().count == 1)
  }

  @Test func `it is known in every state of the first, after a restart, and after the first was deleted`()
    throws
  {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    let first = try bench.acceptance("a", id: "1")
    #expect(try bench.accept(first) == .stored(starts: [], otherBodyOf: nil))
    let duplicate = AcceptOutcome.duplicate(of: first.delivery.facts.id, isRevived: false)
    #expect(try bench.accept("a", id: "1") == duplicate)
    let ticket = try #require(bench.claim().first).ticket
    #expect(try bench.accept("a", id: "1") == duplicate)
    try bench.record(ticket, .delivered, status: 200)
    #expect(try bench.accept("a", id: "1") == duplicate)
    try bench.reopen()
    #expect(try bench.accept("a", id: "1") == duplicate)
    // Its body, then its row.
    bench.advance(seconds: 200 * 3600)
    #expect(eventually { bench.counters.prunedDeliveries == 1 })
    #expect(bench.counters.dedupeKeys == 0)
  }

  @Test func `a key outlives the row that it is of`() throws {
    let bench = try StoreBench {
      $0.housekeepingSeconds = 0.02
      $0.deliveredBodyHours = 1
      $0.deliveredHours = 1
    }
    let first = try bench.acceptance("a", id: "1")
    _ = try bench.accept(first)
    try bench.record(try #require(bench.claim().first).ticket, .delivered)
    bench.advance(seconds: 7200)
    #expect(eventually { bench.counters.prunedDeliveries == 1 })
    #expect(try bench.accept("a", id: "1") == .duplicate(of: first.delivery.facts.id, isRevived: false))
    bench.advance(seconds: 96 * 3600)
    #expect(eventually { bench.counters.dedupeKeys == 0 })
    #expect(try bench.accept("a", id: "1") == .stored(starts: [], otherBodyOf: nil))
  }

  @Test func `another body under the same id is delivered and told, and its own repetition is known`() throws
  {
    let bench = try StoreBench()
    let (first, other) = (try bench.acceptance("a", id: "1"), try bench.acceptance("b", id: "1"))
    _ = try bench.accept(first)
    #expect(try bench.accept(other) == .stored(starts: [], otherBodyOf: first.delivery.facts.id))
    #expect(try bench.accept("b", id: "1") == .duplicate(of: other.delivery.facts.id, isRevived: false))
    #expect(try bench.accept("a", id: "1") == .duplicate(of: first.delivery.facts.id, isRevived: false))
    #expect(bench.counters.otherBodies == 1 && bench.counters.heldDeliveries == 2)
  }

  @Test(arguments: [true, false]) func `one whose first is dead or cancelled revives it`(isDead: Bool) throws
  {
    let bench = try StoreBench()
    let first = try bench.acceptance("a", id: "1")
    _ = try bench.accept(first)
    let job = try #require(bench.list().first).job
    if isDead {
      try bench.record(try #require(bench.claim().first).ticket, .dead(.status), status: 410)
    } else {
      #expect(try bench.change([job], .cancel) == 1)
    }
    #expect(try bench.claim().isEmpty)
    #expect(try bench.accept("a", id: "1") == .duplicate(of: first.delivery.facts.id, isRevived: true))
    #expect(try bench.claim().map(\.ticket.job) == [job])
    #expect(try bench.accept("a", id: "1") == .duplicate(of: first.delivery.facts.id, isRevived: false))
    #expect(bench.counters.revived == 1 && bench.counters.heldDeliveries == 1)
  }

  @Test func `of a delivery to all upstreams what was delivered is not sent again`() throws {
    let bench = try StoreBench()
    let lanes = ["http://a", "http://b"].map { Lane(route: "/hook", upstream: $0) }
    let outcome = try bench.accept("a", lanes: lanes, startsNow: true, id: "1")
    guard case .stored(let starts, _) = outcome else { throw FixtureError("\(outcome)") }
    try bench.record(starts[0], .delivered)
    try bench.record(starts[1], .dead(.age))
    #expect(id(try bench.accept("a", lanes: lanes, id: "1"))?.1 == true)
    #expect(try bench.claim(lanes[0]).isEmpty)
    #expect(try bench.claim(lanes[1]).count == 1)
  }

  @Test func `one whose first cannot be proven any more takes its place`() throws {
    let bench = try StoreBench()
    _ = try bench.accept("a", id: "1")
    try bench.record(try #require(bench.claim().first).ticket, .dead(.sealBroken))
    let again = try bench.acceptance("a", id: "1")
    #expect(try bench.accept(again) == .stored(starts: [], otherBodyOf: nil))
    #expect(try bench.accept("a", id: "1") == .duplicate(of: again.delivery.facts.id, isRevived: false))
    #expect(bench.counters.dedupeKeys == 1)
  }

  @Test func `when a dead one is deleted its key goes with it`() throws {
    let bench = try StoreBench {
      $0.housekeepingSeconds = 0.02
      $0.deadHours = 1
    }
    _ = try bench.accept("a", id: "1")
    try bench.record(try #require(bench.claim().first).ticket, .dead(.status))
    bench.advance(seconds: 7200)
    #expect(eventually { bench.counters.prunedDead == 1 })
    #expect(try bench.accept("a", id: "1") == .stored(starts: [], otherBodyOf: nil))
  }

  @Test func `a repetition is told so although the store is full`() throws {
    let bench = try StoreBench { $0.deliveriesMax = 1 }
    _ = try bench.accept("a", id: "1")
    #expect(try bench.accept("b", id: "2") == .refused(.full))
    #expect(id(try bench.accept("a", id: "1")) != nil)
  }

  @Test func `what was refused leaves no key behind`() throws {
    let bench = try StoreBench { $0.deliveriesMax = 1 }
    _ = try bench.accept("a", id: "1")
    #expect(try bench.accept("b", id: "2") == .refused(.full))
    try bench.record(try #require(bench.claim().first).ticket, .delivered)
    #expect(try bench.accept("b", id: "2") == .stored(starts: [], otherBodyOf: nil))
  }

  @Test func `more keys than are allowed are forgotten, the oldest first`() throws {
    let bench = try StoreBench { $0.dedupeKeysMax = 3 }
    for number in 0..<5 {
      _ = try bench.accept("\(number)", id: "\(number)")
      bench.advance(seconds: 1)
    }
    #expect(bench.counters.dedupeKeys == 3 && bench.counters.dedupeForgotten == 2)
    #expect(id(try bench.accept("4", id: "4")) != nil)
    #expect(id(try bench.accept("0", id: "0")) == nil)
  }
}
