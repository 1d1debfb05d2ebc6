import Gateway
import Synchronization
import Telemetry

@testable import Operations

/// What the inspector's pages are made of, as a test says it.
final class FakeInspectorSource: InspectorSource {
  struct Facts: Sendable {
    var report = StatusReport()
    var routes: [InspectedRoute] = []
    var hours: [String: RouteHour] = [:]
    /// What is said to each question.
    var queue: @Sendable (QueueRequest) -> QueueAnswer = { _ in .refused("no route is durable") }
    var quarantine: @Sendable (QuarantineRequest) -> QuarantineAnswer = { _ in .refused("no route is durable")
    }
    var test: @Sendable (String, String?) -> TestDeliveryOutcome = { _, _ in TestDeliveryOutcome() }
    /// What was asked.
    var askedQueue: [QueueRequest] = []
    var askedQuarantine: [QuarantineRequest] = []
    var askedTests: [String] = []
    /// By whom.
    var users: [UInt32?] = []
  }

  /// Milliseconds after 1970 that a test's clock shows.
  static let now: Int64 = 1_795_296_000_000

  let facts: Mutex<Facts>
  let recent: RecentDeliveries

  init(_ facts: Facts = Facts(), recent: RecentDeliveries = RecentDeliveries()) {
    self.facts = Mutex(facts)
    self.recent = recent
  }

  var routes: [InspectedRoute] { facts.withLock { $0.routes } }
  var hours: [String: RouteHour] { facts.withLock { $0.hours } }
  var askedQueue: [QueueRequest] { facts.withLock { $0.askedQueue } }
  var askedQuarantine: [QuarantineRequest] { facts.withLock { $0.askedQuarantine } }

  func now() -> Int64 { Self.now }
  func report() async -> StatusReport { facts.withLock { $0.report } }

  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer {
    let answer = facts.withLock { facts in
      facts.askedQueue.append(request)
      facts.users.append(caller.user)
      return facts.queue
    }
    return answer(request)
  }

  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer {
    let answer = facts.withLock { facts in
      facts.askedQuarantine.append(request)
      facts.users.append(caller.user)
      return facts.quarantine
    }
    return answer(request)
  }

  func sendTest(_ route: String, event: String?, by caller: InspectorCaller) async -> TestDeliveryOutcome {
    let outcome = facts.withLock { facts in
      facts.askedTests.append(route)
      facts.users.append(caller.user)
      return facts.test
    }
    return outcome(route, event)
  }
}

extension Inspector {
  init(_ source: FakeInspectorSource) { self.init(source: source, jobs: InspectorJobs(source: source)) }

  /// - Parameter query: fields of it, in their order.
  func get(_ path: String..., query: [(String, String)] = [], mayAct: Bool = true) async -> InspectorReply {
    var request = InspectorRequest()
    request.segments = path
    request.query = InspectorFields(query.map { .init(name: $0.0, value: $0.1) })
    request.caller = InspectorCaller(user: 1_000, mayAct: mayAct)
    return await answer(request)
  }

  /// - Parameter form: fields of it, in their order.
  func post(_ path: String..., form: [(String, String)] = [], mayAct: Bool = true) async -> InspectorReply {
    var request = InspectorRequest()
    request.method = .post
    request.segments = path
    request.form = InspectorFields(form.map { .init(name: $0.0, value: $0.1) })
    request.caller = InspectorCaller(user: 1_000, mayAct: mayAct)
    return await answer(request)
  }
}

extension InspectorReply {
  /// Of a page; empty where it is none.
  var html: String {
    guard case .page(let page) = content else { return "" }
    return String(decoding: page.bytes, as: UTF8.self)
  }
}
