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
    return "\(line.dropLast()),\"fileProblem\":\(fileProblem.map(JSON.string) ?? "null")}"
  }

  private var json: String {
    JSON.object([
      ("version", JSON.string(version)), ("pid", "\(pid)"), ("now", "\(now)"), ("startedAt", "\(startedAt)"),
      ("phase", JSON.string(phase)), ("listen", JSON.array(listen.map(JSON.string))),
      ("generation", "\(generation)"),
      (
        "reload",
        JSON.object([
          ("taken", "\(reloadsTaken)"), ("refused", "\(reloadsRefused)"),
          ("isLastTaken", "\(isLastReloadTaken)"), ("takenAt", "\(reloadTakenAt)"),
        ])
      ),
      ("isClockSynchronised", isClockSynchronised.map { "\($0)" } ?? "null"), ("inFlight", "\(inFlight)"),
      ("inFlightBytes", "\(inFlightBytes)"), ("held", "\(held)"), ("connections", "\(connections)"),
      ("logLinesDropped", "\(logLinesDropped)"), ("remarks", JSON.array(remarks.map(JSON.string))),
      ("noRoute", JSON.counts(noRoute)), ("routes", JSON.array(routes.map(\.json))),
      ("routesOmitted", "\(routesOmitted)"), ("upstreams", JSON.array(upstreams.map(\.json))),
    ])
  }
}

extension StatusReport.Route {
  fileprivate var json: String {
    JSON.object([
      ("name", JSON.string(name)), ("observe", "\(observe)"), ("secretFile", JSON.string(secretFile)),
      ("fingerprints", JSON.array(fingerprints.map(JSON.string))),
      (
        "previous",
        JSON.array(
          previous.map {
            JSON.object([("fingerprint", JSON.string($0.fingerprint)), ("until", "\($0.until)")])
          })
      ),
      ("secretModifiedAt", "\(secretModifiedAt)"), ("secretGeneration", "\(secretGeneration)"),
      ("toleranceSeconds", toleranceSeconds.map(String.init) ?? "null"),
      ("outcomes", JSON.counts(outcomes)), ("refusals", JSON.counts(refusals)),
      ("lastMinute", lastMinute.json), ("lastFiveMinutes", lastFiveMinutes.json),
      ("lastVerifiedAt", "\(lastVerifiedAt)"), ("lastRefusal", lastRefusalJSON), ("clock", clockJSON),
      ("upstreams", JSON.array(upstreams.map(JSON.string))),
    ])
  }

  private var lastRefusalJSON: String {
    guard let lastRefusal else { return "null" }
    return JSON.object([
      ("reason", JSON.string(lastRefusal.reason)), ("at", "\(lastRefusal.at)"),
      ("ageSeconds", lastRefusal.ageSeconds.map { "\($0)" } ?? "null"),
    ])
  }

  private var clockJSON: String {
    guard let clock else { return "null" }
    return JSON.object([
      ("skewSeconds", "\(clock.skewSeconds)"), ("isAlarming", "\(clock.isAlarming)"),
      ("finding", JSON.string(clock.finding)),
    ])
  }
}

extension StatusReport.Route.Stretch {
  fileprivate var json: String {
    JSON.object([("milliseconds", "\(milliseconds)"), ("outcomes", JSON.counts(outcomes))])
  }
}

extension StatusReport.Upstream {
  fileprivate var json: String {
    JSON.object([
      ("name", JSON.string(name)), ("isFailing", "\(isFailing)"), ("lastAnsweredAt", "\(lastAnsweredAt)"),
      ("lastStatus", "\(lastStatus)"), ("lastFailedAt", "\(lastFailedAt)"),
      ("lastFailure", lastFailure.map(JSON.string) ?? "null"), ("attempts", JSON.counts(attempts)),
    ])
  }
}

extension JSON {
  fileprivate static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  fileprivate static func array(_ elements: [String]) -> String {
    "[" + elements.joined(separator: ",") + "]"
  }

  fileprivate static func counts(_ counts: StatusReport.Counts) -> String {
    object(counts.map { ($0.name, "\($0.count)") })
  }
}
