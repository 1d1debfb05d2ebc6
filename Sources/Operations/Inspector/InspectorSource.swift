internal import Gateway
internal import Telemetry

/// What the inspector's pages are made of, and what they have done.
protocol InspectorSource: Sendable {
  /// How things stand.
  func report() async -> StatusReport
  /// What is stored, and what is to be done with it.
  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer
  /// What is quarantined, and what is to be done with it.
  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer
  /// All that are configured, in their order.
  var routes: [InspectedRoute] { get }
  /// What was over lately, stored or not.
  var recent: RecentDeliveries { get }
  /// The last hour of each route, by its name.
  var hours: [String: RouteHour] { get }
  /// Sends a test delivery, where the route allows it.
  func sendTest(_ route: String, event: String?, by caller: InspectorCaller) async -> TestDeliveryOutcome
  /// Unix milliseconds.
  func now() -> Int64
}

/// A route as its pages need it.
struct InspectedRoute: Sendable, Equatable {
  var name = ""
  var isDurable = false
  /// Whether a test delivery may be sent (`test: true`).
  var allowsTest = false
  /// Whether bodies of recent deliveries are kept (`inspect: {bodies: true}`).
  var keepsBodies = false
  /// Header fields that prove its deliveries, in lower case: masked until somebody asks.
  var privateFields: [String] = []
  /// What its senders call their events, the usual one first.
  var events: [String] = []
}
