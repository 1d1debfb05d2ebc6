import Formats
import Foundation
import Gateway
import TestSupport
import Testing

@testable import Queue

/// What is kept, handed out, written down: over real files.
@Suite(.ownThread) struct StoreTests {
  let lane = Lane(route: "/hook")

  @Test func `what was accepted is there when the store is opened again, byte for byte`() throws {
    let bench = try StoreBench()
    let kept = try bench.delivery("{\"a\":1}", head: "POST / HTTP/1.1\r\nX: \u{1}\r\n\r\n")
    #expect(
      try bench.accept(Acceptance(delivery: kept, jobs: [.init(lane: lane, startsNow: false)]))
        == .stored(starts: [], otherBodyOf: nil))
    try bench.reopen()
    let claimed = try bench.claim()
    let sealed = try Sealer(keys: bench.store.sealKeys).check(try #require(claimed.first).delivery)
    #expect(claimed.count == 1)
    #expect(sealed.facts == kept.facts)
    #expect(sealed.head == kept.head && sealed.body == kept.body && sealed.secret == kept.secret)
    #expect(claimed[0].ticket.attempt == 1)
    #expect(claimed[0].history == .init(attempts: 1, budgetFrom: kept.facts.accepted, lateAttempts: 0))
  }

  @Test func `an empty head and an empty body are kept as such`() throws {
    let bench = try StoreBench()
    let kept = try bench.delivery("", head: "")
    _ = try bench.accept(Acceptance(delivery: kept, jobs: [.init(lane: lane, startsNow: false)]))
    let sealed = try Sealer(keys: bench.store.sealKeys).check(try #require(bench.claim().first).delivery)
    #expect(sealed.head.isEmpty && sealed.body.isEmpty)
  }

  @Test
  func `a first attempt that starts from memory is handed out to nobody else, and comes back with a start`()
    throws
  {
    let bench = try StoreBench()
    guard case .stored(let starts, nil) = try bench.accept(startsNow: true) else {
      throw FixtureError("refused")
    }
    #expect(starts.map(\.attempt) == [1])
    #expect(try bench.claim().isEmpty)
    #expect(bench.counters.count(lane, .sending) == 1)
    try bench.reopen()
    #expect(bench.counters.count(lane, .queued) == 1)
    #expect(try bench.claim().map(\.ticket.attempt) == [2])
  }

  @Test func `jobs are handed out by due time, those that are not due are not, and a lane hands out its own`()
    throws
  {
    let bench = try StoreBench()
    let other = Lane(route: "/other", upstream: "http://b")
    for body in ["0", "1", "2"] { try bench.accept(body) }
    try bench.accept("elsewhere", lanes: [other])
    let first = try bench.claim()
    #expect(first.count == 3)
    for (index, wait) in [(0, 30), (1, 10), (2, 20)] {
      let due = bench.now + Int64(wait) * 1000
      #expect(try bench.record(first[index].ticket, .retry(due: due, isLate: false)) == .recorded)
    }
    #expect(try bench.claim().isEmpty)
    #expect(
      try bench.dues() == [
        LaneDue(lane: lane, due: bench.now + 10_000), LaneDue(lane: other, due: bench.now),
      ])
    bench.advance(seconds: 20)
    #expect(try bench.claim().map(\.ticket.job) == [first[1].ticket.job, first[2].ticket.job])
    #expect(try bench.claim(other).map(\.ticket.lane) == [other])
    bench.advance(seconds: 10)
    #expect(try bench.claim(limit: 0).isEmpty)
    #expect(try bench.claim(limit: 1).map(\.ticket.job) == [first[0].ticket.job])
  }

  @Test func `what came of an attempt that is no longer under way changes nothing`() throws {
    let bench = try StoreBench()
    try bench.accept()
    let first = try #require(bench.claim().first).ticket
    #expect(try bench.record(first, .retry(due: bench.now, isLate: false)) == .recorded)
    #expect(try bench.record(first, .delivered) == .late)
    let second = try #require(bench.claim().first).ticket
    #expect(second.job == first.job && second.attempt == 2)
    #expect(try bench.record(first, .dead(.status)) == .late)
    #expect(try bench.list().map(\.state) == [.sending])
    #expect(try bench.record(second, .delivered, status: 204) == .recorded)
    #expect(try bench.record(second, .dead(.status)) == .late)
    let line = try #require(bench.list().first)
    #expect(line.state == .delivered && line.status == 204 && line.attempts == 2)
    #expect(bench.counters.lateResults == 3)
    #expect(bench.counters.heldDeliveries == 0 && bench.counters.heldBytes == 0)
  }

  @Test func `with all upstreams a delivery has a job for each, and is held until the last`() throws {
    let bench = try StoreBench()
    let lanes = ["http://a", "http://b"].map { Lane(route: "/hook", upstream: $0) }
    guard case .stored(let starts, nil) = try bench.accept(lanes: lanes, startsNow: true) else {
      throw FixtureError("refused")
    }
    #expect(starts.map(\.lane) == lanes)
    try bench.record(starts[0], .delivered, status: 200)
    #expect(bench.counters.heldDeliveries == 1)
    try bench.record(starts[1], .delivered, status: 200)
    #expect(bench.counters.heldDeliveries == 0)
  }

  @Test func `of a job's attempts the last twenty are kept, and of each answer a kibibyte`() throws {
    let bench = try StoreBench()
    try bench.accept()
    var last: JobTicket?
    for number in 1...25 {
      let ticket = try #require(bench.claim().first).ticket
      #expect(ticket.attempt == number)
      let report = AttemptReport(
        ticket: ticket, at: bench.now, milliseconds: Int64(number), status: 500,
        answer: [UInt8](repeating: 7, count: 5000),
        next: .retry(due: bench.now, isLate: false))
      #expect(try bench.wait { bench.store.record(report, for: bench.desk, then: $0) } == .recorded)
      last = ticket
    }
    let attempts = try StoreReader(bench.file).attempts(of: try #require(last).job)
    #expect(attempts.map(\.number) == Array(6...25))
    #expect(attempts.allSatisfy { $0.answer.count == 1024 && $0.status == 500 })
  }

  @Test func `given back it is due at once, and its number is not used again`() throws {
    let bench = try StoreBench()
    try bench.accept()
    let first = try #require(bench.claim().first).ticket
    #expect(try bench.record(first, .giveBack) == .recorded)
    #expect(try #require(bench.claim().first).ticket.attempt == 2)
    #expect(try StoreReader(bench.file).attempts(of: first.job).isEmpty)
  }

  @Test func `a dead one is sent again with a new budget, a cancelled one too, a queued one is not`() throws {
    let bench = try StoreBench()
    for body in ["dead", "cancelled", "queued"] { try bench.accept(body) }
    let jobs = try bench.list().map(\.job).sorted()
    let dead = try #require(bench.claim(limit: 1).first).ticket
    try bench.record(dead, .dead(.status), status: 400)
    #expect(try bench.change([jobs[1]], .cancel) == 1)
    #expect(try bench.change([jobs[1]], .cancel) == 0)
    #expect(bench.counters.heldDeliveries == 2)
    bench.advance(seconds: 3600)
    #expect(try bench.change(jobs, .replay) == 2)
    #expect(bench.counters.heldDeliveries == 3)
    #expect(bench.counters.count(lane, .queued) == 3)
    let again = try bench.claim().first { $0.ticket.job == dead.job }
    #expect(again?.history == .init(attempts: 1, budgetFrom: bench.now, lateAttempts: 0))
    #expect(again?.ticket.attempt == 2)
  }

  @Test func `a lane that left the configuration is parked, and comes back with it`() throws {
    let bench = try StoreBench()
    let gone = Lane(route: "/gone")
    for number in 0..<1500 {
      bench.store.accept(try bench.acceptance("\(number)", lanes: [gone]), for: bench.desk) { _ in }
    }
    try bench.accept("stays")
    #expect(try bench.reconcile([lane]) == 1500)
    #expect(bench.counters.count(gone, .orphaned) == 1500 && bench.counters.count(lane, .queued) == 1)
    #expect(try bench.claim(gone).isEmpty)
    try bench.reopen()
    #expect(bench.counters.count(gone, .orphaned) == 1500 && bench.counters.heldDeliveries == 1501)
    #expect(try bench.reconcile([lane, gone]) == 1500)
    #expect(try bench.claim(gone).count == 16)
  }

  @Test func `counters are the same when they are counted anew`() throws {
    let bench = try StoreBench()
    var generator = SeededGenerator(seed: runSeed)
    let lanes = [lane, Lane(route: "/hook", upstream: "http://b"), Lane(route: "/other")]
    for round in 0..<300 {
      switch Int.random(in: 0..<6, using: &generator) {
      case 0, 1:
        let count = Int.random(in: 1...2, using: &generator)
        try bench.accept(
          "\(round)", lanes: Array(lanes.prefix(count)), startsNow: false, id: "\(round % 40)")
      case 2, 3:
        let lane = try #require(lanes.randomElement(using: &generator))
        for job in try bench.claim(lane, limit: 3) {
          let next: [AttemptReport.Next] = [
            .delivered, .dead(.status), .giveBack, .retry(due: bench.now + 500, isLate: false),
          ]
          try bench.record(job.ticket, try #require(next.randomElement(using: &generator)))
        }
      case 4:
        let jobs = try bench.list().map(\.job).shuffled(using: &generator).prefix(3)
        _ = try bench.change(Array(jobs), Bool.random(using: &generator) ? .replay : .cancel)
      default: bench.advance(seconds: 1)
      }
    }
    let counted = bench.counters
    #expect(counted.stored > 10)
    try bench.reopen()
    let anew = bench.counters
    #expect(anew.heldDeliveries == counted.heldDeliveries && anew.heldBytes == counted.heldBytes)
    #expect(anew.dedupeKeys == counted.dedupeKeys)
    #expect(anew.jobs == counted.jobs.filter { $0.value != 0 })
  }

  @Test func `lists are the newest first, filtered, and paged by key`() throws {
    let bench = try StoreBench()
    for number in 0..<30 {
      try bench.accept("\(number)", lanes: [Lane(route: number.isMultiple(of: 3) ? "/three" : "/hook")])
      bench.advance(seconds: 1)
    }
    let reader = try StoreReader(bench.file)
    let page = try reader.list(.init(route: "/three"), limit: 4)
    let rest = try reader.list(.init(route: "/three"), before: page.last?.job, limit: 100)
    #expect(page.count == 4 && rest.count == 6)
    #expect((page + rest).map(\.job) == (page + rest).map(\.job).sorted(by: >))
    #expect(try reader.list(.init(state: .dead), limit: 9).isEmpty)
    let since = sampleMoment.unixMilliseconds + 10_000
    #expect(try reader.list(.init(since: since, until: since + 5000), limit: 99).count == 5)
    #expect(try reader.count(.init(route: "/three")) == 10 && reader.count(.init(state: .queued)) == 30)
    #expect(try reader.list(.init(id: page[0].id), limit: 9) == [page[0]])
    #expect(try reader.count(.init(reason: "status")) == 0)
  }

  @Test func `a thousand rows that wait are one transaction`() throws {
    let bench = try StoreBench()
    let acceptances = try (0..<1000).map { try bench.acceptance("\($0)") }
    let before = bench.counters.commits
    let (answers, gate) = (Locked<[AcceptOutcome]>([]), Latch())
    // The first holds the writer up for as long as the others need to gather.
    bench.store.dues(for: bench.desk) { _ in gate.pass() }
    for acceptance in acceptances {
      bench.store.accept(acceptance, for: bench.desk) { outcome in answers.withLock { $0.append(outcome) } }
    }
    gate.open()
    #expect(eventually { answers.withLock { $0.count } == 1000 })
    #expect(answers.withLock { $0 }.allSatisfy { $0 == .stored(starts: [], otherBodyOf: nil) })
    #expect(bench.counters.commits - before == 2)
    #expect(try bench.list().count == 1000)
  }

  @Test func `closing does what waits, and refuses what comes behind it`() throws {
    let bench = try StoreBench()
    let store = bench.store
    let (last, late) = (try bench.acceptance("waits"), try bench.acceptance("late"))
    let (told, gate) = (Locked<[AcceptOutcome]>([]), Latch())
    store.dues(for: bench.desk) { _ in gate.pass() }
    store.accept(last, for: bench.desk) { outcome in told.withLock { $0.append(outcome) } }
    let closing = Thread { store.close() }
    closing.start()
    let refused = eventually {
      store.accept(late, for: bench.desk) { outcome in told.withLock { $0.append(outcome) } }
      return told.withLock { $0.contains(.refused(.closing)) }
    }
    #expect(refused)
    gate.open()
    bench.close()
    #expect(told.withLock { $0.contains(.stored(starts: [], otherBodyOf: nil)) })
    try bench.open()
    #expect(bench.counters.heldDeliveries >= 1)
  }
}
