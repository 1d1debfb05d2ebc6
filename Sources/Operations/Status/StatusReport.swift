internal import Formats
internal import Gateway

/// How things stand, for people and machines. docs/operations.md shows its keys, which stay as they are:
/// later versions only add to them. Instants are Unix milliseconds, 0 or null where there was none yet.
public struct StatusReport: Sendable {
  public typealias Counts = [(name: String, count: UInt64)]

  public struct Route: Sendable {
    public struct Stretch: Sendable {
      public var milliseconds: Int64
      public var outcomes: Counts

      public init(milliseconds: Int64, outcomes: Counts) {
        self.milliseconds = milliseconds
        self.outcomes = outcomes
      }
    }

    public var name = ""
    public var observe = false
    public var secretFile = ""
    public var fingerprints: [String] = []
    public var previous: [(fingerprint: String, until: Int64)] = []
    public var secretModifiedAt: Int64 = 0
    public var secretGeneration = 0
    public var toleranceSeconds: Int?
    public var outcomes: Counts = []
    public var refusals: Counts = []
    public var lastMinute = Stretch(milliseconds: 0, outcomes: [])
    public var lastFiveMinutes = Stretch(milliseconds: 0, outcomes: [])
    public var lastVerifiedAt: Int64 = 0
    /// `ageSeconds` is how old a stale one was, negative where it was signed in the future.
    public var lastRefusal: (reason: String, at: Int64, ageSeconds: Int?)?
    public var clock: (skewSeconds: Int, isAlarming: Bool, finding: String)?
    /// By name; what is known of them stands in the report's own list.
    public var upstreams: [String] = []

    public init() {}
  }

  public struct Upstream: Sendable {
    public var name = ""
    public var isFailing = false
    public var lastAnsweredAt: Int64 = 0
    public var lastStatus = 0
    public var lastFailedAt: Int64 = 0
    public var lastFailure: String?
    public var attempts: Counts = []

    public init() {}
  }

  public var version = ""
  public var pid: Int32 = 0
  public var now: Int64 = 0
  public var startedAt: Int64 = 0
  /// `starting`, `listening` or `draining`.
  public var phase = ""
  public var listen: [String] = []
  public var generation = 0
  public var reloadsTaken = 0
  public var reloadsRefused = 0
  public var isLastReloadTaken = true
  public var reloadTakenAt: Int64 = 0
  public var isClockSynchronised: Bool?
  public var inFlight = 0
  public var inFlightBytes = 0
  public var held = 0
  public var connections = 0
  public var logLinesDropped = 0
  /// What is in force and should not stay so, as sentences.
  public var remarks: [String] = []
  /// What led to no route, by reason.
  public var noRoute: Counts = []
  public var routes: [Route] = []
  /// Routes beyond those that are listed.
  public var routesOmitted = 0
  public var upstreams: [Upstream] = []

  public init() {}

  /// One line of JSON, with its line end.
  public var line: String { json + "\n" }
}

extension StatusReport {
  /// A daemon's line, without its end, with what a command knows besides: what is wrong with the file as it stands.
  public static func line(_ line: String, fileProblem: String?) -> String {
    guard line.hasSuffix("}") else { return line }
    return "\(line.dropLast()),\"fileProblem\":\(fileProblem.map(JSONText.string) ?? "null")}"
  }

  private var json: String {
    JSONText.object([
      ("version", JSONText.string(version)), ("pid", "\(pid)"), ("now", "\(now)"),
      ("startedAt", "\(startedAt)"),
      ("phase", JSONText.string(phase)), ("listen", JSONText.array(listen.map(JSONText.string))),
      ("generation", "\(generation)"),
      (
        "reload",
        JSONText.object([
          ("taken", "\(reloadsTaken)"), ("refused", "\(reloadsRefused)"),
          ("isLastTaken", "\(isLastReloadTaken)"), ("takenAt", "\(reloadTakenAt)"),
        ])
      ),
      ("isClockSynchronised", isClockSynchronised.map { "\($0)" } ?? "null"), ("inFlight", "\(inFlight)"),
      ("inFlightBytes", "\(inFlightBytes)"), ("held", "\(held)"), ("connections", "\(connections)"),
      ("logLinesDropped", "\(logLinesDropped)"), ("remarks", JSONText.array(remarks.map(JSONText.string))),
      ("noRoute", JSONText.counts(noRoute)), ("routes", JSONText.array(routes.map(\.json))),
      ("routesOmitted", "\(routesOmitted)"), ("upstreams", JSONText.array(upstreams.map(\.json))),
    ])
  }
}

extension StatusReport.Route {
  fileprivate var json: String {
    JSONText.object([
      ("name", JSONText.string(name)), ("observe", "\(observe)"), ("secretFile", JSONText.string(secretFile)),
      ("fingerprints", JSONText.array(fingerprints.map(JSONText.string))),
      (
        "previous",
        JSONText.array(
          previous.map {
            JSONText.object([("fingerprint", JSONText.string($0.fingerprint)), ("until", "\($0.until)")])
          })
      ),
      ("secretModifiedAt", "\(secretModifiedAt)"), ("secretGeneration", "\(secretGeneration)"),
      ("toleranceSeconds", toleranceSeconds.map(String.init) ?? "null"),
      ("outcomes", JSONText.counts(outcomes)), ("refusals", JSONText.counts(refusals)),
      ("lastMinute", lastMinute.json), ("lastFiveMinutes", lastFiveMinutes.json),
      ("lastVerifiedAt", "\(lastVerifiedAt)"), ("lastRefusal", lastRefusalJSON), ("clock", clockJSON),
      ("upstreams", JSONText.array(upstreams.map(JSONText.string))),
    ])
  }

  private var lastRefusalJSON: String {
    guard let lastRefusal else { return "null" }
    return JSONText.object([
      ("reason", JSONText.string(lastRefusal.reason)), ("at", "\(lastRefusal.at)"),
      ("ageSeconds", lastRefusal.ageSeconds.map { "\($0)" } ?? "null"),
    ])
  }

  private var clockJSON: String {
    guard let clock else { return "null" }
    return JSONText.object([
      ("skewSeconds", "\(clock.skewSeconds)"), ("isAlarming", "\(clock.isAlarming)"),
      ("finding", JSONText.string(clock.finding)),
    ])
  }
}

extension StatusReport.Route.Stretch {
  fileprivate var json: String {
    JSONText.object([("milliseconds", "\(milliseconds)"), ("outcomes", JSONText.counts(outcomes))])
  }
}

extension StatusReport.Upstream {
  fileprivate var json: String {
    JSONText.object([
      ("name", JSONText.string(name)), ("isFailing", "\(isFailing)"), ("lastAnsweredAt", "\(lastAnsweredAt)"),
      ("lastStatus", "\(lastStatus)"), ("lastFailedAt", "\(lastFailedAt)"),
      ("lastFailure", lastFailure.map(JSONText.string) ?? "null"), ("attempts", JSONText.counts(attempts)),
    ])
  }
}

extension JSONText {
  fileprivate static func counts(_ counts: StatusReport.Counts) -> String {
    object(counts.map { ($0.name, "\($0.count)") })
  }
}
