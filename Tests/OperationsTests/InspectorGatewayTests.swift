import Testing

@testable import Operations

/// What the pages get of the running gateway.
struct InspectorGatewayTests {
  @Test func `deliveries are kept from the first page on`() async throws {
    let gateway = try FakeGateway()
    let caller = InspectorCaller(user: 0, mayAct: true).queueCaller
    for page in ["overview", "recent", "stored"] {
      let recent = RecentDeliveries()
      let source = InspectorGateway(gateway, collector: gateway.collector(), recent: recent)
      _ = source.routes
      #expect(!recent.hasBegun)
      switch page {
      case "overview": _ = await source.report()
      case "recent": _ = source.recent
      default: _ = await source.queue(QueueRequest(.list), by: caller)
      }
      #expect(recent.hasBegun)
    }
  }

  @Test func `questions go to the gateway, routes are those of its configuration`() async throws {
    let gateway = try FakeGateway()
    let source = InspectorGateway(gateway, collector: gateway.collector(), recent: RecentDeliveries())
    let caller = InspectorCaller(user: 0, mayAct: true).queueCaller
    _ = await source.queue(QueueRequest(.list), by: caller)
    _ = await source.quarantine(QuarantineRequest(.list), by: caller)
    #expect(gateway.asked == ["queue list", "quarantine list"])
    #expect(source.routes.map(\.name) == ["/hook"] && source.routes.allSatisfy { !$0.isDurable })
    #expect(source.now() == FakeGateway.now)
  }
}
