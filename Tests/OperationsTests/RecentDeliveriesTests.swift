import Gateway
import TestSupport
import Testing

@testable import Operations

/// What is kept of deliveries that are over, and what gives way.
struct RecentDeliveriesTests {
  private static func delivery(
    _ route: String? = "/a", verified: Bool = true, body: Int? = nil, id: String = "r"
  ) -> RecentDeliveries.Delivery {
    var delivery = RecentDeliveries.Delivery()
    delivery.route = route
    delivery.requestID = id
    delivery.outcome = verified ? "forwarded" : "refused"
    delivery.secret = verified ? "1a2b3c4d" : nil
    delivery.content = body.map { .init(head: [], body: [UInt8](repeating: 7, count: $0)) }
    return delivery
  }

  private static func record(_ outcome: DeliveryRecord.Outcome = .forwarded) -> DeliveryRecord {
    var record = DeliveryRecord(
      requestID: "r-1", outcome: outcome, status: 502, route: "/hook", remote: "192.0.2.1", method: "POST",
      path: "/hook")
    record.secretFingerprint = outcome == .refused ? nil : "1a2b3c4d"
    record.upstream = "http://127.0.0.1:9"
    record.totalNanoseconds = 1_234_567
    record.bodyBytes = 12
    return record
  }

  private func list(
    _ recent: RecentDeliveries, route: String? = nil, outcome: String? = nil
  ) -> [RecentDeliveries.Delivery] {
    var filter = RecentDeliveries.Filter()
    (filter.route, filter.outcome) = (route, outcome)
    return recent.list(filter, limit: 10_000).deliveries
  }

  @Test func `before somebody looks nothing is kept, and no clock is read`() {
    let recent = RecentDeliveries()
    recent.show(
      Self.record(),
      at: {
        Issue.record("the clock was read"); return 0
      })
    #expect(list(recent).isEmpty && !recent.hasBegun)
    recent.begin()
    recent.show(Self.record(), at: { 7 })
    #expect(list(recent).map(\.at) == [7])
  }

  @Test func `one is shown with its facts, and found by its number and by its request's id`() throws {
    let recent = RecentDeliveries()
    recent.begin()
    recent.show(Self.record(), at: { 7 })
    let found = try #require(recent.find(1))
    #expect(found.outcome == "forwarded" && found.status == 502 && found.route == "/hook")
    #expect(found.upstream == "http://127.0.0.1:9" && found.totalMicroseconds == 1_234)
    #expect(found.bodyBytes == 12 && found.isVerified && found.content == nil)
    #expect(recent.find(requestID: "r-1") == found)
    #expect(recent.find(2) == nil && recent.find(requestID: "r") == nil)
  }

  @Test func `what a stranger chose is kept in part`() {
    let recent = RecentDeliveries()
    recent.begin()
    let long = String(repeating: "/ä", count: 50_000)
    recent.show(
      DeliveryRecord(
        requestID: "r", outcome: .refused, status: 404, remote: "192.0.2.1", method: "POST", path: long),
      at: { 7 })
    let kept = list(recent)[0].path.utf8.count
    #expect(RecentDeliveries.Delivery.textBytesMax...RecentDeliveries.Delivery.textBytesMax + 2 ~= kept)
  }

  @Test func `beyond the number the oldest give way, and numbers are not used again`() {
    let recent = RecentDeliveries(deliveriesMax: 8)
    for _ in 0..<20 { recent.keep(Self.delivery()) }
    // A quarter is for what is refused.
    #expect(list(recent).map(\.number) == [20, 19, 18, 17, 16, 15])
    #expect(recent.find(14) == nil)
  }

  @Test func `what is refused pushes out no verified one, and has a quarter in any case`() {
    let recent = RecentDeliveries(deliveriesMax: 8)
    for _ in 0..<4 { recent.keep(Self.delivery()) }
    for _ in 0..<100 { recent.keep(Self.delivery(verified: false)) }
    #expect(list(recent, outcome: "verified").map(\.number) == [4, 3, 2, 1])
    // What the verified leave.
    #expect(list(recent, outcome: "refused").map(\.number) == [104, 103, 102, 101])
    for _ in 0..<100 { recent.keep(Self.delivery()) }
    #expect(list(recent, outcome: "verified").count == 6)
    #expect(list(recent, outcome: "refused").map(\.number) == [104, 103])
  }

  @Test func `a busy route does not push out what a quiet one had`() {
    let recent = RecentDeliveries(deliveriesMax: 8)
    for _ in 0..<2 { recent.keep(Self.delivery("/quiet")) }
    for _ in 0..<100 { recent.keep(Self.delivery("/busy")) }
    #expect(list(recent, route: "/quiet").map(\.number) == [2, 1])
    #expect(list(recent, route: "/busy").map(\.number) == [102, 101, 100, 99])
    // It gets its share from the one that has most.
    for _ in 0..<4 { recent.keep(Self.delivery("/quiet")) }
    #expect(list(recent, route: "/quiet").count == 3 && list(recent, route: "/busy").count == 3)
    #expect(list(recent, route: "/quiet").map(\.number) == [106, 105, 104])
  }

  @Test func `of many routes each has its share, whatever the order`() {
    let recent = RecentDeliveries(deliveriesMax: 40)
    for number in 0..<300 { recent.keep(Self.delivery("/\(number % 3 == 0 ? number % 10 : 0)")) }
    let counts = (0..<10).map { list(recent, route: "/\($0)").count }
    #expect(counts.reduce(0, +) == 30 && counts.allSatisfy { $0 >= 3 || $0 == 0 }, "\(counts)")
  }

  @Test func `bodies give way before facts, those of the route that has most of them first`() {
    let recent = RecentDeliveries(bytesMax: 65_536)
    recent.keep(Self.delivery("/quiet", body: 1_000))
    for _ in 0..<20 { recent.keep(Self.delivery("/busy", body: 10_000)) }
    #expect(list(recent).count == 21)
    #expect(list(recent, route: "/quiet").allSatisfy { $0.content != nil && !$0.hasLostContent })
    let busy = list(recent, route: "/busy")
    #expect(busy.prefix(3).allSatisfy { $0.content?.body.count == 10_000 })
    #expect(busy.dropFirst(3).allSatisfy { $0.content == nil && $0.hasLostContent })
  }

  @Test func `a body that would take the place of all others is not kept, its facts are`() {
    let recent = RecentDeliveries(bytesMax: 65_536)
    recent.keep(Self.delivery(body: 10_000))
    recent.keep(Self.delivery(body: 40_000))
    #expect(list(recent).map { $0.content?.body.count } == [nil, 10_000])
    #expect(list(recent).map(\.hasLostContent) == [true, false])
  }

  @Test func `facts keep within the bytes, too`() {
    let recent = RecentDeliveries(deliveriesMax: 100_000, bytesMax: 65_536)
    for _ in 0..<1_000 {
      recent.keep(Self.delivery())
      recent.keep(Self.delivery(verified: false))
    }
    let count = list(recent).count
    #expect(count > 60 && count <= 128, "\(count)")
    #expect(list(recent, outcome: "verified").count > 3 * list(recent, outcome: "refused").count / 2)
  }

  // MARK: Lists

  @Test func `a list is narrowed down by all that its filter says`() {
    let recent = RecentDeliveries()
    for (number, route) in ["/a", "/b", "/a", nil].enumerated() {
      var delivery = Self.delivery(route, verified: number % 2 == 0, id: "r-\(number)")
      delivery.status = 200 + number
      delivery.reason = number == 1 ? "mismatch" : nil
      delivery.at = Int64(number) * 1_000
      delivery.delivery = number == 2 ? "0198f1c2-7a40" : nil
      recent.keep(delivery)
    }
    func numbers(_ change: (inout RecentDeliveries.Filter) -> Void) -> [UInt64] {
      var filter = RecentDeliveries.Filter()
      change(&filter)
      return recent.list(filter, limit: 10).deliveries.map(\.number)
    }
    #expect(numbers { _ in } == [4, 3, 2, 1])
    #expect(numbers { $0.route = "/a" } == [3, 1])
    #expect(numbers { $0.outcome = "verified" } == [3, 1])
    #expect(numbers { $0.outcome = "refused" } == [4, 2])
    #expect(numbers { $0.status = 203 } == [4])
    #expect(numbers { $0.reason = "mismatch" } == [2])
    #expect(numbers { $0.id = "r-2" } == [3] && numbers { $0.id = "0198f1c2" } == [3])
    #expect(numbers { ($0.since, $0.until) = (1_000, 3_000) } == [3, 2])
  }

  @Test func `pages end where they should, and none is offered behind the last`() {
    let recent = RecentDeliveries()
    for number in 0..<7 { recent.keep(Self.delivery(number % 2 == 0 ? "/a" : "/b")) }
    var filter = RecentDeliveries.Filter()
    filter.route = "/a"
    let first = recent.list(filter, limit: 2)
    #expect(first.deliveries.map(\.number) == [7, 5] && first.before == 5 && !first.isCut)
    let last = recent.list(filter, before: first.before, limit: 2)
    #expect(last.deliveries.map(\.number) == [3, 1] && last.before == nil)
  }

  @Test func `a text is searched for in bodies, byte for byte, and the bound is said`() {
    let recent = RecentDeliveries(bytesMax: 256 << 20)
    func keep(_ body: [UInt8]) {
      var delivery = Self.delivery()
      delivery.content = .init(head: Array("X: needle".utf8), body: body)
      recent.keep(delivery)
    }
    keep(Array("{\"a\":\"needle\"}".utf8))
    keep(Array("needl".utf8) + [0] + Array("needle".utf8))
    keep([])
    recent.keep(Self.delivery())
    var filter = RecentDeliveries.Filter()
    filter.text = "needle"
    let found = recent.list(filter, limit: 10)
    #expect(found.deliveries.map(\.number) == [2, 1] && found.looked == 3 && !found.isCut)
    for _ in 0..<5 { keep([UInt8](repeating: 0, count: 16 << 20)) }
    let cut = recent.list(filter, limit: 10)
    #expect(cut.isCut && cut.deliveries.isEmpty && cut.looked == 2 && cut.before == 8)
    let behind = recent.list(filter, before: 6, limit: 10)
    #expect(!behind.isCut && behind.deliveries.map(\.number) == [2, 1] && behind.before == nil)
  }
}
