import TestSupport
import Testing

@testable import Queue

/// What the writer counts of its own work.
@Suite(.ownThread) struct TallyTests {
  @Test func `a value at a bound is in that bound's count, one above them all in the last`() {
    var tally = Tally([1, 2, 10])
    for value: Int64 in [0, 1, 2, 3, 10, 11, 12] { tally.add(value) }
    #expect(tally.counts == [2, 1, 2, 2] && tally.sum == 39)
  }

  @Test func `a batch counts the deliveries that it has stored, not what else was in it`() throws {
    let bench = try StoreBench()
    let gate = Latch()
    let acceptances = try (0..<20).map { try bench.acceptance("\($0)", id: "\($0)") }
    let again = try (0..<5).map { try bench.acceptance("\($0)", id: "\($0)") }
    let answers = Locked(0)
    // The first holds the writer up for as long as the others need to gather.
    bench.store.dues(for: bench.desk) { _ in gate.pass() }
    for acceptance in acceptances + again {
      bench.store.accept(acceptance, for: bench.desk) { _ in answers.withLock { $0 += 1 } }
    }
    gate.open()
    #expect(eventually { answers.withLock { $0 } == 25 })
    // Nothing is stored by what follows.
    #expect(try bench.claim().count == 16)
    let batches = bench.counters.batches
    #expect(batches.counts.reduce(0, +) == 1 && batches.sum == 20)
    #expect(batches.counts[try #require(batches.bounds.firstIndex(of: 32))] == 1)
  }

  @Test func `a batch that fails is not counted, and a checkpoint is timed`() throws {
    let bench = try StoreBench {
      $0.deliveriesMax = 1; $0.checkpointIdleSeconds = 0.01
    }
    _ = try bench.accept("a")
    #expect(try bench.accept("b") == .refused(.full))
    #expect(bench.counters.batches.sum == 1)
    #expect(eventually { bench.store.status.checkpoints.counts.reduce(0, +) > 0 })
    #expect(bench.store.status.checkpoints.sum > 0)
    #expect(eventually { bench.store.status.logBytes == 0 })
  }
}
