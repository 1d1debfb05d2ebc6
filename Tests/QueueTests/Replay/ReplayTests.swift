import Foundation
import TestSupport
import Testing

@testable import Queue

/// Replays over real files: each of what is meant is moved once, whatever happens in between.
@Suite(.ownThread) struct ReplayTests {
  let lane = Lane(route: "/hook")

  @Test func `each that is meant is moved once, in order, and a restart goes on where it was`() throws {
    let bench = try StoreBench()
    let dead = try bench.dead(50)
    try bench.accept("waits")
    let replay = try bench.begin(rate: 100)
    #expect(replay.state == .running && replay.order.total == 50)
    #expect(try bench.step(replay, limit: 7).moved == 7)
    #expect(
      try bench.states(dead).map(\.rawValue) == Array(repeating: 0, count: 7) + Array(repeating: 3, count: 43)
    )
    try bench.reopen()
    let restored = try #require(bench.counters.replays.first)
    #expect(restored.number == replay.number && restored.moved == 7 && restored.state == .running)
    #expect(restored.order == replay.order && restored.rate == 100)
    var moved = 7
    while bench.counters.replays.first?.state == .running {
      let step = try bench.step(replay, limit: 20)
      #expect(step.moved <= 20)
      moved += step.moved
    }
    #expect(moved == 50)
    let done = try #require(bench.counters.replays.first)
    #expect(done.state == .done && done.moved == 50 && done.failed == 0)
    #expect(bench.counters.count(lane, .queued) == 51 && bench.counters.count(lane, .dead) == 0)
    // A new budget; the attempts are counted on.
    let claimed = try bench.claim(limit: 100).filter { $0.ticket.attempt == 2 }
    #expect(claimed.count == 50)
    #expect(claimed.allSatisfy { $0.history == .init(attempts: 1, budgetFrom: bench.now, lateAttempts: 0) })
    #expect(try bench.step(replay).moved == 0)
  }

  @Test func `an order for what the app answered moves those alone`() throws {
    let bench = try StoreBench()
    let dead = try bench.dead(3)
    let other = try bench.started(1)[0]
    try bench.record(other, .dead(.status), status: 502)
    let replay = try bench.begin(bench.order(.init(status: 502)))
    #expect(replay.order.total == 1)
    #expect(try bench.step(replay, limit: 100).moved == 1)
    #expect(try bench.states(dead + [other.job]) == [.dead, .dead, .dead, .queued])
  }

  @Test func `what ends behind the moment of the order is not touched, be it what the replay has moved`()
    throws
  {
    let bench = try StoreBench()
    let dead = try bench.dead(4)
    let late = try bench.started(1)[0]
    let replay = try bench.begin()
    bench.advance(seconds: 5)
    #expect(try bench.step(replay, limit: 2).moved == 2)
    try bench.record(late, .dead(.status))
    for job in try bench.claim() { try bench.record(job.ticket, .dead(.status)) }
    bench.advance(seconds: 5)
    #expect(try bench.step(replay, limit: 100).moved == 2)
    #expect(try bench.step(replay).moved == 0)
    #expect(bench.counters.replays.map(\.state) == [.done])
    #expect(try bench.states(dead) == [.dead, .dead, .queued, .queued])
    #expect(try bench.states([late.job]) == [.dead])
  }

  @Test func `what has ended by a clock that was ahead is moved all the same`() throws {
    let bench = try StoreBench()
    try bench.dead(3)
    bench.jump(seconds: -86_400)
    let replay = try bench.begin()
    #expect(try bench.step(replay).moved == 3)
  }

  @Test func `an order that is repeated is the one that is under way, and another moves none of it twice`()
    throws
  {
    let bench = try StoreBench()
    let dead = try bench.dead(30)
    let first = try bench.begin()
    try bench.step(first, limit: 10)
    bench.advance(seconds: 1)
    #expect(try bench.ask(bench.order()) == .already(try #require(bench.counters.replays.first)))
    let second = try bench.begin(bench.order(.init(route: "/hook")))
    for _ in 0..<4 {
      try bench.step(second, limit: 4)
      try bench.step(first, limit: 4)
    }
    try bench.step(second, limit: 100)
    try bench.step(first, limit: 100)
    #expect(bench.counters.replays.map(\.state) == [.done, .done])
    #expect(bench.counters.replays.map(\.moved).reduce(0, +) == 30)
    #expect(bench.counters.replays.map(\.failed) == [0, 0])
    #expect(try bench.states(dead).allSatisfy { $0 == .queued })
    guard case .begun = try bench.ask(bench.order()) else {
      throw FixtureError("one that is over is in the way")
    }
  }

  @Test func `a lane without room is waited for, in order`() throws {
    let bench = try StoreBench()
    let lanes = ["http://a", "http://b"].map { Lane(route: "/hook", upstream: $0) }
    for number in 0..<6 {
      guard case .stored(let starts, _) = try bench.accept("\(number)", lanes: lanes, startsNow: true) else {
        throw FixtureError("refused")
      }
      for ticket in starts { try bench.record(ticket, .dead(.status)) }
    }
    let replay = try bench.begin()
    let first = try bench.step(replay, room: ReplayRoom([lanes[1]: 0], others: 9))
    #expect(first.moved == 1 && first.lanes == [lanes[0]] && first.waitsFor == nil && first.goesOn)
    let none = try bench.step(replay, room: ReplayRoom([lanes[1]: 0], others: 9))
    #expect(none.moved == 0 && none.waitsFor == lanes[1] && none.goesOn)
    let some = try bench.step(replay, room: ReplayRoom([lanes[0]: 2, lanes[1]: 9], others: 0))
    #expect(some.moved == 5 && some.lanes == Set(lanes) && some.waitsFor == nil)
    try bench.reopen()
    #expect(try bench.step(replay).moved == 6)
    #expect(bench.counters.replays.map(\.moved) == [12])
  }

  @Test func `only what the filter means is moved, however far apart it lies`() throws {
    let bench = try StoreBench()
    let other = Lane(route: "/other")
    let first = try bench.dead(1, lane: other)
    let others = try bench.dead(1)
    for number in 0..<4500 {
      bench.store.accept(try bench.acceptance("\(number)"), for: bench.desk) { _ in }
    }
    bench.advance(seconds: 60)
    let aged = try bench.dead(2, lane: other, .age)
    let last = try bench.dead(2, lane: other)
    let since = try bench.begin(bench.order(.init(route: "/other", reason: "status", since: bench.now)))
    var steps = 0
    while bench.counters.replays.first?.state == .running {
      try bench.step(since, limit: 100)
      steps += 1
      try #require(steps < 20)
    }
    #expect(steps > 2, "accepting waits for no more than a part of the store")
    #expect(try bench.states(last) == [.queued, .queued] && bench.states(aged) == [.dead, .dead])
    #expect(try bench.states(first + others) == [.dead, .dead])
    #expect(bench.counters.replays.map(\.moved) == [2])
  }

  @Test func `paused it moves nothing until it is resumed, and stopped for good`() throws {
    let bench = try StoreBench()
    try bench.dead(10)
    let replay = try bench.begin()
    try bench.step(replay, limit: 3)
    #expect(try bench.change(replay, .pause)?.state == .paused)
    #expect(try bench.change(replay, .pause) == nil)
    #expect(try bench.step(replay) == ReplayStep())
    try bench.reopen()
    #expect(bench.counters.replays.map(\.state) == [.paused])
    #expect(try bench.change(replay, .resume)?.state == .running)
    #expect(try bench.step(replay, limit: 3).moved == 3)
    #expect(try bench.change(replay, .stop)?.moved == 6)
    #expect(try bench.step(replay) == ReplayStep() && bench.change(replay, .resume) == nil)
    #expect(bench.counters.count(lane, .dead) == 4)
    #expect(try bench.change(number: 99, .stop) == nil)
  }

  @Test func `half of the last twenty that die again pause it, and a resume begins to count anew`() throws {
    let bench = try StoreBench()
    try bench.dead(60)
    let replay = try bench.begin()
    try bench.step(replay, limit: 30)
    bench.advance(seconds: 1)
    let jobs = try bench.claim(limit: 30)
    for job in jobs.prefix(9) { try bench.record(job.ticket, .delivered, status: 200) }
    for job in jobs.dropFirst(9).prefix(9) { try bench.record(job.ticket, .dead(.status)) }
    // Attempts that will be made again say nothing yet.
    for job in jobs.dropFirst(18).prefix(3) {
      try bench.record(job.ticket, .retry(due: bench.now + 60_000, isLate: false))
    }
    try bench.record(jobs[21].ticket, .dead(.status))
    #expect(bench.counters.replays.map(\.state) == [.running])
    try bench.record(jobs[22].ticket, .dead(.status))
    #expect(bench.counters.replays.map(\.state) == [.failing] && bench.counters.replays.map(\.failed) == [11])
    #expect(try bench.step(replay).moved == 0)
    #expect(try bench.change(replay, .resume)?.state == .running)
    try bench.record(jobs[23].ticket, .dead(.status))
    #expect(bench.counters.replays.map(\.state) == [.running])
    #expect(try bench.step(replay, limit: 5).moved == 5)
    // By hand: what comes of it is no longer the replay's.
    _ = try bench.change(jobs.dropFirst(9).prefix(9).map(\.ticket.job), .replay)
    for job in try bench.claim(limit: 100) where job.ticket.attempt == 3 {
      try bench.record(job.ticket, .dead(.status))
    }
    #expect(bench.counters.replays.map(\.failed) == [12])
  }

  @Test func `what has no body any more is counted, and holds nothing up`() throws {
    let bench = try StoreBench { $0.housekeepingSeconds = 0.02 }
    try bench.delivered(3)
    bench.advance(seconds: 25 * 3600)
    #expect(eventually { bench.counters.prunedBodies == 3 })
    try bench.delivered(2)
    let replay = try bench.begin(bench.order(.init(state: .delivered)))
    let step = try bench.step(replay)
    #expect(step.moved == 2 && bench.counters.replays.map(\.failed) == [3])
    #expect(bench.counters.replays.map(\.state) == [.done])
  }

  @Test
  func `what has not ended cannot be meant, sixteen may be open, and of those that are over some are kept`()
    throws
  {
    let bench = try StoreBench()
    #expect(ReplayOrder(.init(state: .queued), asOf: 0, total: 0, user: nil) == nil)
    let open = try (0..<16).map { try bench.begin(bench.order(.init(route: "/\($0)"))) }
    #expect(try bench.ask(bench.order()) == .tooMany)
    for replay in open { _ = try bench.change(replay, .stop) }
    for number in 0..<120 {
      let replay = try bench.begin(bench.order(.init(route: "/again/\(number)")))
      _ = try bench.change(replay, .stop)
    }
    let kept = bench.counters.replays.map(\.number)
    #expect(kept == Array(37...136).map { Int64($0) })
    try bench.reopen()
    #expect(bench.counters.replays.map(\.number) == kept)
  }

  @Test func `an empty store has a replay that is done at its first step`() throws {
    let bench = try StoreBench()
    let replay = try bench.begin()
    #expect(try bench.step(replay) == ReplayStep())
    #expect(bench.counters.replays.map(\.state) == [.done])
  }

  @Test func `called off and resumed, a delivery has what was left of its time`() throws {
    let bench = try StoreBench()
    try bench.accept()
    let job = try #require(bench.list().first).job
    let accepted = bench.now
    try bench.record(try #require(bench.claim().first).ticket, .retry(due: bench.now + 1000, isLate: false))
    #expect(try bench.change([job], .cancel) == 1)
    #expect(bench.counters.heldDeliveries == 0)
    bench.advance(seconds: 60)
    #expect(try bench.change([job], .resume) == 1)
    #expect(bench.counters.heldDeliveries == 1)
    let claimed = try #require(bench.claim().first)
    #expect(claimed.history == .init(attempts: 2, budgetFrom: accepted, lateAttempts: 0))
    try bench.record(claimed.ticket, .dead(.status))
    #expect(try bench.change([job], .resume) == 0)
  }
}

extension StoreBench {
  /// Whose attempts are under way.
  func started(_ count: Int, lane: Lane = Lane(route: "/hook")) throws -> [JobTicket] {
    try (0..<count).map { number in
      guard case .stored(let starts, _) = try accept("\(number)", lanes: [lane], startsNow: true) else {
        throw FixtureError("refused")
      }
      return try #require(starts.first)
    }
  }

  @discardableResult
  func dead(
    _ count: Int, lane: Lane = Lane(route: "/hook"), _ reason: DeathReason = .status
  ) throws -> [Int64] {
    try started(count, lane: lane).map { ticket in
      try record(ticket, .dead(reason), status: 422)
      return ticket.job
    }
  }

  func delivered(_ count: Int) throws {
    for ticket in try started(count) { try record(ticket, .delivered, status: 200) }
  }

  func states(_ jobs: [Int64]) throws -> [JobState] {
    let all = Dictionary(uniqueKeysWithValues: try list().map { ($0.job, $0.state) })
    return try jobs.map { try #require(all[$0]) }
  }

  func order(_ filter: StoreReader.Filter = .init()) throws -> ReplayOrder {
    var filter = filter
    filter.state = filter.state ?? .dead
    let total = try StoreReader(file).count(filter)
    return try #require(ReplayOrder(filter, asOf: now, total: total, user: 0))
  }

  func ask(_ order: ReplayOrder, rate: Int = 10) throws -> ReplayAnswer {
    try wait { store.begin(order, rate: rate, for: desk, then: $0) }.get()
  }

  func begin(_ order: ReplayOrder? = nil, rate: Int = 10) throws -> Replay {
    guard case .begun(let replay) = try ask(order ?? self.order(), rate: rate) else {
      throw FixtureError("not begun")
    }
    return replay
  }

  @discardableResult
  func step(
    _ replay: Replay, limit: Int = 100, room: ReplayRoom = ReplayRoom([:], others: .max)
  ) throws -> ReplayStep {
    try wait { store.step(replay: replay.number, limit: limit, room: room, for: desk, then: $0) }.get()
  }

  func change(_ replay: Replay, _ event: ReplayState.Event) throws -> Replay? {
    try change(number: replay.number, event)
  }

  func change(number: Int64, _ event: ReplayState.Event) throws -> Replay? {
    try wait { store.change(replay: number, event, for: desk, then: $0) }.get()
  }
}
