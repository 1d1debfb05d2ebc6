import Configuration
import Gateway
import Telemetry
import Testing

@testable import Operations

/// Each route's last hour, minute by minute.
struct HourHistoryTests {
  private static let minute: Int64 = 60_000
  private static let start: Int64 = 30_000_000 * minute

  private let counters = LoopCounters()
  private let route: Route

  init() throws {
    let gateway = try FakeGateway()
    let snapshot = gateway.state.loaded.snapshot
    counters.adopt(snapshot)
    route = snapshot.routes.all[0]
  }

  private func count(_ outcome: DeliveryRecord.Outcome, _ times: Int = 1) {
    for _ in 0..<times {
      var record = DeliveryRecord(
        requestID: "r", outcome: outcome, status: 200, remote: "", method: "POST", path: "/hook")
      record.matched = route
      counters.record(record)
    }
  }

  @Test func `each minute has what came in it, those between two looks have nothing`() throws {
    var history = HourHistory()
    #expect(history.all.isEmpty)
    history.add(counters.current, at: Self.start)
    #expect(history.all.isEmpty)
    count(.forwarded, 3)
    count(.refused, 2)
    history.add(counters.current, at: Self.start + 10_000)
    count(.stored)
    count(.appError)
    history.add(counters.current, at: Self.start + 3 * Self.minute)
    let hour = try #require(history.all[route.name])
    #expect(hour.verified == [3, 0, 0, 2] && hour.refused == [2, 0, 0, 0] && hour.failed == [0, 0, 0, 1])
  }

  @Test func `it ends with the last hour`() throws {
    var history = HourHistory()
    for minute in 0..<100 {
      count(.forwarded, minute)
      history.add(counters.current, at: Self.start + Int64(minute) * Self.minute)
    }
    #expect(try #require(history.all[route.name]).verified == Array(40..<100))
    // An hour without a look.
    count(.duplicate, 5)
    history.add(counters.current, at: Self.start + 300 * Self.minute)
    #expect(try #require(history.all[route.name]).verified == [Int](repeating: 0, count: 59) + [5])
  }

  @Test func `a clock that is set back a little loses nothing, one that is set back far begins anew`() throws
  {
    var history = HourHistory()
    count(.forwarded, 2)
    history.add(counters.current, at: Self.start)
    count(.forwarded)
    history.add(counters.current, at: Self.start - 5 * Self.minute)
    #expect(try #require(history.all[route.name]).verified == [3])
    count(.forwarded)
    history.add(counters.current, at: Self.start - 500 * Self.minute)
    #expect(try #require(history.all[route.name]).verified == [1])
    history.add(counters.current, at: .max)
    history.add(counters.current, at: .min)
    #expect(try #require(history.all[route.name]).verified == [0])
  }

  @Test func `the collector keeps it beside its rates`() async throws {
    let gateway = try FakeGateway()
    let collector = gateway.collector()
    let source = InspectorGateway(gateway, collector: collector, recent: RecentDeliveries())
    count(.forwarded, 4)
    collector.note(counters.current)
    #expect(source.hours[route.name]?.verified == [4])
  }
}
