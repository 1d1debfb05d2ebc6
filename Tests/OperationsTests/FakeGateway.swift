import Configuration
import Formats
import Foundation
import Gateway
import Synchronization
import Telemetry
import TestSupport

@testable import Operations

/// A gateway that takes no deliveries: what operators are told of one, and what they ask of it.
final class FakeGateway: OperatedGateway {
  struct Facts: Sendable {
    var phase = ServicePhase.listening
    var state: GatewayState
    var logLines = LogLineCounts(dropped: 0, leftOut: 0)
    var counters = Counters()
    var store: StatusSnapshot.Store?
    var reload = ReloadOutcome(isTaken: true, sentence: "1 route, generation 2")
    /// How often it is still said that deliveries are judged by older secrets.
    var turnsByOlderSecrets = 0
    var asked: [String] = []
  }

  let facts: Mutex<Facts>
  let admission = Admission()
  private let directory: TemporaryDirectory

  /// Of a configuration with one route, `/hook`, and what a test says besides.
  init(_ route: String = "") throws {
    directory = try TemporaryDirectory()
    let (config, secret) = (directory.path + "/vesigate.yaml", directory.path + "/secret")
    try "the-secret-of-the-test\n".write(toFile: secret, atomically: true, encoding: .utf8)
    chmod(secret, 0o600)
    try """
    routes:
      - path: /hook
        secret-file: \(secret)
        upstreams: ["http://127.0.0.1:9/"]
    \(route.isEmpty ? "" : "    \(route)")
    """.write(toFile: config, atomically: true, encoding: .utf8)
    let loaded = try Loader.load(configPath: config)
    facts = Mutex(
      Facts(
        state: GatewayState(
          loaded: loaded, summary: "1 route, generation 1", reloads: StatusSnapshot.Reloads(),
          readAt: [secret: 1_000], untaken: [:], restartsPending: [])))
  }

  var secretFile: String { directory.path + "/secret" }
  var phase: ServicePhase { facts.withLock { $0.phase } }
  var state: GatewayState { facts.withLock { $0.state } }
  var logLines: LogLineCounts { facts.withLock { $0.logLines } }
  var storeStatus: StatusSnapshot.Store? { facts.withLock { $0.store } }
  var asked: [String] { facts.withLock { $0.asked } }

  func counters() async -> Counters { facts.withLock { $0.counters } }

  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer {
    facts.withLock { $0.asked.append("queue \(request.verb)") }
    return .refused("no route is durable")
  }

  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer {
    facts.withLock { $0.asked.append("quarantine \(request.verb)") }
    return .refused("no route is durable")
  }

  func sendTest(_ route: String, event: String?, by caller: QueueCaller) async -> TestDeliveryOutcome {
    facts.withLock { $0.asked.append("test \(route) \(event ?? "")") }
    return TestDeliveryOutcome(refusal: "this gateway takes no deliveries")
  }

  func reload() async -> ReloadOutcome {
    facts.withLock { facts in
      facts.asked.append("reload")
      return facts.reload
    }
  }

  func recheckSecrets() async { facts.withLock { $0.asked.append("recheck") } }

  func judgesByOlderSecrets() async -> Bool {
    facts.withLock { facts in
      facts.asked.append("judges?")
      facts.turnsByOlderSecrets -= 1
      return facts.turnsByOlderSecrets >= 0
    }
  }

  /// Milliseconds after 1970 that a test's clock shows.
  static let now: Int64 = 1_795_296_000_000

  func collector() -> StatusCollector {
    StatusCollector(
      self,
      program: ProgramFacts(
        version: "1.2.3", libraries: "none", listen: ["127.0.0.1:1"], startedAt: Self.now - 120_000),
      now: { Moment(unixMilliseconds: Self.now, uptimeNanoseconds: 1) })
  }

  func handler() -> ControlHandler { ControlHandler(self, collector: collector()) }
}
