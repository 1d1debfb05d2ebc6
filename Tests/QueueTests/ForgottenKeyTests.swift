import Gateway
import Queue
import TestSupport
import Testing

/// Who knows a repetition must have had the first one delivered: else the next copy is the only one.
@Suite(.ownThread) struct ForgottenKeyTests {
  private func isStored(_ outcome: AcceptOutcome) -> Bool {
    if case .stored = outcome { true } else { false }
  }

  @Test func `what was called off and deleted is taken anew when it comes again`() throws {
    let bench = try StoreBench()
    try bench.accept("a", id: "1")
    let job = try #require(bench.list().first).job
    #expect(try bench.change([job], .cancel) == 1)
    #expect(try bench.purge([job]) == 1)
    #expect(bench.counters.dedupeKeys == 0)
    #expect(isStored(try bench.accept("a", id: "1")))
  }

  @Test func `what one upstream has and another was spared is taken anew once it was deleted`() throws {
    let bench = try StoreBench()
    let lanes = ["http://a", "http://b"].map { Lane(route: "/hook", upstream: $0) }
    try bench.accept("a", lanes: lanes, id: "1")
    try bench.record(try #require(bench.claim(lanes[0]).first).ticket, .delivered)
    let jobs = try bench.list().map(\.job)
    #expect(try bench.change(jobs, .cancel) == 1)
    #expect(try bench.purge(jobs) == 1)
    #expect(isStored(try bench.accept("a", lanes: lanes, id: "1")))
  }

  @Test func `what was called off is forgotten when its time has passed, and what was delivered is not`()
    throws
  {
    let bench = try StoreBench {
      $0.housekeepingSeconds = 0.02
      $0.deliveredBodyHours = 1
      $0.deliveredHours = 1
    }
    try bench.accept("a", id: "1")
    try bench.record(try #require(bench.claim().first).ticket, .delivered)
    try bench.accept("b", id: "2")
    let waiting = try #require(bench.list().first { $0.state == .queued }).job
    #expect(try bench.change([waiting], .cancel) == 1)
    bench.advance(seconds: 2 * 3600)
    #expect(eventually { bench.counters.prunedDeliveries == 2 })
    #expect(bench.counters.dedupeKeys == 1)
    #expect(!isStored(try bench.accept("a", id: "1")))
    #expect(isStored(try bench.accept("b", id: "2")))
  }

  @Test func `what has no route any more can be called off, and makes room`() throws {
    let bench = try StoreBench { $0.deliveriesMax = 1 }
    try bench.accept("a")
    #expect(try bench.reconcile([]) == 1)
    let job = try #require(bench.list().first).job
    #expect(try bench.change([job], .cancel) == 1)
    #expect(bench.counters.heldDeliveries == 0)
    #expect(isStored(try bench.accept("b")))
  }

  @Test(arguments: [
    "attempt=9223372036854775807", "attempt=-1", "budget_attempt=-9223372036854775808",
    "late_attempts=9223372036854775807",
  ])
  func `counts that nobody can have made are dead, and the others go on`(change: String) throws {
    let bench = try StoreBench()
    for body in ["a", "b"] { try bench.accept(body) }
    let job = try #require(bench.list().last).job
    bench.close()
    try bench.edit("UPDATE job SET \(change) WHERE id=\(job)")
    try bench.open()
    let claimed = try bench.claim()
    #expect(claimed.count == 1 && claimed[0].ticket.job != job)
    let line = try #require(bench.list().first { $0.job == job })
    #expect(line.state == .dead && line.reason == "seal-broken")
    try bench.reopen()
    #expect(bench.counters.count(Lane(route: "/hook"), .dead) == 1)
  }
}
