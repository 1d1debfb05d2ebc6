internal import Diagnosis
internal import Formats
internal import Gateway
internal import HTTP
internal import Logging
internal import NIOPosix
internal import Signing
internal import Synchronization

/// The running gateway's own diagnosis: of a route that has never verified anything, the first few refused
/// deliveries are looked at, on a thread of its own, and what is found is logged. They stay refused.
final class SelfDiagnosis: RefusalObserver {
  /// Deliveries, for all routes together.
  static let perStartMax = 16
  static let spacingMilliseconds: Int64 = 1_000
  /// Copied and not looked at yet.
  static let waitingMax = 2
  static let bodyBytesMax = 262_144

  private struct State {
    var unverified: Set<String>
    var verified: Set<String> = []
    var left = SelfDiagnosis.perStartMax
    var waiting = 0
    var lastUnixMilliseconds = Int64.min
    /// What was said already, by route.
    var said: Set<String> = []
  }

  private let state: Mutex<State>
  /// False once every route has verified something, or enough was looked at: then nothing is locked.
  private let isWatching: Atomic<Bool>
  private let thread: NIOThreadPool
  private let logger: Logger

  init(routes: RouteTable, logger: Logger) {
    state = Mutex(State(unverified: Set(routes.all.map(\.name))))
    isWatching = Atomic(true)
    thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    self.logger = logger
  }

  func stop() async { try? await thread.shutdownGracefully() }

  /// Routes that a reload brought have verified nothing yet.
  func adopt(_ routes: RouteTable) {
    state.withLock { state in
      state.unverified.formUnion(Set(routes.all.map(\.name)).subtracting(state.verified))
      isWatching.store(state.left > 0 && !state.unverified.isEmpty, ordering: .relaxed)
    }
  }

  /// A delivery of this route was verified: its settings are right.
  func noteVerified(_ route: String) {
    guard isWatching.load(ordering: .relaxed) else { return }
    state.withLock { state in
      guard state.unverified.remove(route) != nil else { return }
      state.verified.insert(route)
      if state.unverified.isEmpty { isWatching.store(false, ordering: .relaxed) }
    }
  }

  /// Copies the delivery and has it looked at, where its turn has come.
  func refused(_ delivery: RefusedDelivery) {
    // While a secret is being replaced a failure says nothing about the settings.
    guard isWatching.load(ordering: .relaxed), delivery.secrets.rotation == nil,
      delivery.body.count <= Self.bodyBytesMax, takeTurn(delivery)
    else { return }
    let route = delivery.route.name
    let refused = RefusedCase(
      head: delivery.head, body: Array(delivery.body.bytes), layout: delivery.route.layout,
      secrets: delivery.secrets, arrival: delivery.arrival)
    thread.submit { [self] thread in
      if thread == .active { report(Diagnosis.of(refused, limits: .daemon), route: route) }
      state.withLock { $0.waiting -= 1 }
    }
  }

  private func takeTurn(_ delivery: RefusedDelivery) -> Bool {
    let now = delivery.arrival.unixMilliseconds
    return state.withLock { state in
      guard state.unverified.contains(delivery.route.name), state.waiting < Self.waitingMax else {
        return false
      }
      // A clock that was set back must not end it.
      guard abs(now &- state.lastUnixMilliseconds) >= Self.spacingMilliseconds else { return false }
      state.lastUnixMilliseconds = now
      state.waiting += 1
      state.left -= 1
      if state.left == 0 { isWatching.store(false, ordering: .relaxed) }
      return true
    }
  }

  /// The same finding is said once for each route.
  private func report(_ finding: Finding, route: String) {
    guard finding.kind != .verifies else { return }
    let setting = SettingLines.inOneLine(finding.settings)
    let isNew = state.withLock {
      $0.unverified.contains(route) && $0.said.insert("\(route) \(finding.kind) \(setting)").inserted
    }
    guard isNew else { return }
    var about: Logger.Metadata = ["route": "\(route)", "finding": "\(finding.kind.rawValue)"]
    if finding.kind == .settings { about["setting"] = "\(setting)" }
    let more = finding.kind == .settings ? "" : "; vesigate capture and vesigate diagnose tell more"
    logger.warning(
      "diagnosis of a refused delivery, as this route has verified none so far: \(finding.sentence)\(more)",
      metadata: about)
  }
}

/// Tells the diagnosis which routes verify, and hands every record on.
struct VerifiedWatch: Recorder, Sendable {
  let recorder: any Recorder & Sendable
  let selfDiagnosis: SelfDiagnosis

  func record(_ record: DeliveryRecord) {
    // What the gateway signed itself says nothing of a sender.
    if record.secretPosition != nil, !record.isTest, let route = record.route {
      selfDiagnosis.noteVerified(route)
    }
    recorder.record(record)
  }

  func record(_ attempt: QueuedAttemptRecord) { recorder.record(attempt) }

  func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound) {
    recorder.recordUntaken(answer, at: bound)
  }
}
