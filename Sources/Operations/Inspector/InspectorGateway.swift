internal import Configuration
internal import Formats
internal import Gateway
internal import Signing
internal import Telemetry

/// The running gateway as the inspector's pages need it.
struct InspectorGateway: InspectorSource {
  private let gateway: any OperatedGateway
  private let collector: StatusCollector
  private let kept: RecentDeliveries

  init(_ gateway: any OperatedGateway, collector: StatusCollector, recent: RecentDeliveries) {
    self.gateway = gateway
    self.collector = collector
    kept = recent
  }

  /// The first page that is opened asks for one of these: from then on deliveries are kept to be shown.
  var recent: RecentDeliveries {
    kept.begin()
    return kept
  }

  func report() async -> StatusReport {
    kept.begin()
    return await collector.report()
  }

  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer {
    kept.begin()
    return await gateway.queue(request, by: caller)
  }

  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer {
    await gateway.quarantine(request, by: caller)
  }

  var routes: [InspectedRoute] { gateway.state.loaded.snapshot.routes.all.map { InspectedRoute($0) } }

  var hours: [String: RouteHour] { collector.hours }

  func sendTest(_ route: String, event: String?, by caller: InspectorCaller) async -> TestDeliveryOutcome {
    guard caller.mayAct else { return TestDeliveryOutcome(refusal: "nothing can be changed from here") }
    return await gateway.sendTest(route, event: event, by: caller.queueCaller)
  }

  func now() -> Int64 { collector.now().unixMilliseconds }
}

extension InspectedRoute {
  init(_ route: Route) {
    name = route.name
    isDurable = route.isDurable
    allowsTest = route.allowsTest
    keepsBodies = route.keepsBodies
    privateFields = [route.layout.header]
    events = SampleDelivery.events(of: route.layout)
  }
}
