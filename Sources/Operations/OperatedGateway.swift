public import Configuration
public import Gateway
public import Telemetry

/// The running gateway as those see it who operate it: what they are told of it, and what they may have done.
public protocol OperatedGateway: Sendable {
  var phase: ServicePhase { get }
  var state: GatewayState { get }
  /// What is taken of the bounds, and what waits for secret files.
  var admission: Admission { get }
  var logLines: LogLineCounts { get }
  /// The store of durable routes; nil where there is none.
  var storeStatus: StatusSnapshot.Store? { get }

  /// What all event loops have counted since the start.
  func counters() async -> Counters

  /// Reads configuration and secret files again: the whole of it takes effect, or nothing.
  func reload() async -> ReloadOutcome

  /// What is stored, and what is to be done with it.
  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer

  /// What is quarantined, and what is to be done with it.
  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer

  /// Makes a test delivery and waits for its end, where the route says `test: true` when it begins.
  ///
  /// - Parameters:
  ///   - route: its name.
  ///   - event: as its senders call them; nil for the usual one.
  ///   - caller: is logged.
  func sendTest(_ route: String, event: String?, by caller: QueueCaller) async -> TestDeliveryOutcome

  /// Looks at all secret files now, and takes what has changed as it stands.
  func recheckSecrets() async

  /// Whether a delivery in flight can still be judged by secrets that are no longer in force.
  func judgesByOlderSecrets() async -> Bool
}

/// Whether deliveries are taken.
public enum ServicePhase: String, Sendable {
  case starting
  case listening
  case draining
}

/// What is in force, and what came of the changes since the start.
public struct GatewayState: Sendable {
  public var loaded: Loaded
  /// One sentence about it.
  public var summary: String
  public var reloads: StatusSnapshot.Reloads
  /// When each secret file was read last, Unix milliseconds.
  public var readAt: [String: Int64]
  /// Secret files that have changed and were not taken, each with a sentence for operators.
  public var untaken: [String: String]
  /// What has changed and waits for a restart, as sentences.
  public var restartsPending: [String]

  public init(
    loaded: Loaded, summary: String, reloads: StatusSnapshot.Reloads, readAt: [String: Int64],
    untaken: [String: String], restartsPending: [String]
  ) {
    self.loaded = loaded
    self.summary = summary
    self.reloads = reloads
    self.readAt = readAt
    self.untaken = untaken
    self.restartsPending = restartsPending
  }
}

/// Lines that the log does not have.
public struct LogLineCounts: Sendable {
  /// Whoever reads the log was too slow.
  public var dropped: Int
  /// Beyond the bound on refusals.
  public var leftOut: Int

  public init(dropped: Int, leftOut: Int) {
    self.dropped = dropped
    self.leftOut = leftOut
  }
}

/// What a reload came to.
public struct ReloadOutcome: Sendable {
  public var isTaken: Bool
  /// For the service manager, and for whoever asked.
  public var sentence: String
  /// What was logged beside it.
  public var warnings: [String]

  public init(isTaken: Bool, sentence: String, warnings: [String] = []) {
    self.isTaken = isTaken
    self.sentence = sentence
    self.warnings = warnings
  }
}

/// What does not change while the program runs.
public struct ProgramFacts: Sendable {
  public var version: String
  /// What it stands on, and their versions.
  public var libraries: String
  /// Where it listens, whatever the configuration says by now.
  public var listen: [String]
  /// Unix milliseconds.
  public var startedAt: Int64

  public init(version: String, libraries: String, listen: [String], startedAt: Int64) {
    self.version = version
    self.libraries = libraries
    self.listen = listen
    self.startedAt = startedAt
  }
}
