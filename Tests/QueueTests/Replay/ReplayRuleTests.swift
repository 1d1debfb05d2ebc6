import Formats
import Gateway
import TestSupport
import Testing

@testable import Queue

@Suite struct ReplayRuleTests {
  /// The whole table: what is not in it cannot happen.
  static let table: [(ReplayState, ReplayState.Event, ReplayState)] = [
    (.running, .pause, .paused), (.running, .fail, .failing), (.running, .finish, .done),
    (.running, .stop, .stopped), (.paused, .resume, .running), (.paused, .stop, .stopped),
    (.failing, .resume, .running), (.failing, .stop, .stopped),
  ]

  @Test(arguments: ReplayState.allCases, ReplayState.Event.allCases)
  func `each state goes where the table says, and nowhere else`(state: ReplayState, event: ReplayState.Event)
  {
    #expect(state.after(event) == Self.table.first { $0.0 == state && $0.1 == event }?.2)
  }

  @Test func `the numbers are those of the file`() {
    #expect(ReplayState.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
    #expect(ReplayState.allCases.filter(\.isOver) == [.done, .stopped])
  }

  @Test(arguments: [1, 3, 10, 100, 1000])
  func `no more than the rate is moved, and what waits comes in no burst`(rate: Int) {
    var generator = SeededGenerator(seed: runSeed)
    let second: UInt64 = 1_000_000_000
    let begin = 5 * second
    var pace = ReplayPace(rate: rate, at: begin)
    #expect(pace.allowance(at: begin) == 0)
    var (now, moved) = (begin, 0)
    while now < begin + 60 * second {
      // Late ticks, too.
      now += UInt64.random(in: 1...100_000_000, using: &generator)
      let allowed = pace.allowance(at: now)
      pace.move(allowed)
      moved += allowed
      #expect(moved <= rate * Int(now - begin) / Int(second) + 1)
    }
    #expect(moved >= rate * 60 - 1 - rate / 9)
    now += 3600 * second
    #expect(pace.allowance(at: now) == 1 + rate / 4)
  }

  @Test func `nothing is added to a lane that is paused or behind, and half of the free slots are left`() {
    let room = { (free: Int, paused: Int64?, due: Int64?) in
      Dispatcher.LaneStatus(
        lane: Lane(route: "/hook"), underWay: 0, freeSlots: free, pausedForMilliseconds: paused,
        nextDueInMilliseconds: due
      ).replayRoom
    }
    #expect([0, 1, 2, 3, 16].map { room($0, nil, nil) } == [0, 1, 1, 1, 8])
    #expect(room(16, nil, 5_000) == 8 && room(16, nil, -250) == 8)
    #expect(room(16, nil, -251) == 0)
    #expect(room(16, 0, nil) == 0 && room(16, 4_000, 5_000) == 0)
  }

  @Test func `an order is read as it was written, and one without its moment is none`() throws {
    var order = try #require(
      ReplayOrder(
        .init(
          route: "/a\"b", upstream: "http://b", state: .cancelled, status: 502, reason: "age", since: 5,
          until: 7),
        asOf: 9, total: 3, user: 1000))
    #expect(ReplayOrder(try #require(JSONValue(reading: Array(order.json.utf8)))) == order)
    #expect(JSONValue(reading: Array("{\"state\":\"dead\"}".utf8)).flatMap(ReplayOrder.init) == nil)
    let first = order
    order.asOf = 10
    order.total = 2
    order.user = 0
    #expect(order.meansTheSame(as: first) && order != first)
    order.reason = nil
    #expect(!order.meansTheSame(as: first))
  }
}
