public import Formats

/// How things stand, for people and machines: what the daemon tells, and what `vesigate status` reads.
/// docs/operations.md shows its keys, which stay as they are: later versions only add to them. Instants are Unix
/// milliseconds, 0 or null where there was none yet; counts of what happened are since the start.
public struct StatusReport: JSONCodedObject, Equatable {
  /// What came of reloads.
  public struct Reload: JSONCodedObject, Equatable {
    public var taken = 0
    public var refused = 0
    public var isLastTaken = true
    public var takenAt: Int64 = 0

    public init() {}

    public static let fields: [JSONField<Reload>] = [
      .init("taken", \.taken), .init("refused", \.refused), .init("isLastTaken", \.isLastTaken),
      .init("takenAt", \.takenAt),
    ]
  }

  public var version = ""
  public var pid = 0
  public var now: Int64 = 0
  public var startedAt: Int64 = 0
  /// `starting`, `listening` or `draining`.
  public var phase = ""
  public var listen: [String] = []
  public var generation = 0
  public var reload = Reload()
  /// This host's; nil where the kernel does not say.
  public var isClockSynchronised: Bool?
  /// Deliveries between their head and their answer, now.
  public var inFlight = 0
  /// Body bytes of those.
  public var inFlightBytes = 0
  /// Deliveries that wait for a new secret, now.
  public var held = 0
  /// Of senders, now.
  public var connections = 0
  public var logLinesDropped = 0
  /// What is in force and should not stay so, as sentences.
  public var remarks: [String] = []
  /// What led to no route, by reason.
  public var noRoute = Counts()
  public var routes: [Route] = []
  /// Routes beyond those that are listed.
  public var routesOmitted = 0
  public var upstreams: [Upstream] = []
  /// Nil where no route has been durable since the start.
  public var store: Store?

  public init() {}

  public static let fields: [JSONField<StatusReport>] = [
    .required("version", \.version), .init("pid", \.pid), .init("now", \.now),
    .init("startedAt", \.startedAt),
    .required("phase", \.phase), .init("listen", \.listen), .init("generation", \.generation),
    .required("reload", \.reload), .init("isClockSynchronised", \.isClockSynchronised),
    .init("inFlight", \.inFlight), .init("inFlightBytes", \.inFlightBytes), .init("held", \.held),
    .init("connections", \.connections), .init("logLinesDropped", \.logLinesDropped),
    .init("remarks", \.remarks), .init("noRoute", \.noRoute), .init("routes", \.routes),
    .init("routesOmitted", \.routesOmitted), .init("upstreams", \.upstreams),
    .init("store", \.store),
  ]

  /// The same with one route and its upstreams, by its name or its path; nil where there is none.
  public func reduced(to route: String) -> StatusReport? {
    let found = routes.filter { $0.name == route }
    let wanted = found.isEmpty ? routes.filter { $0.path == route } : found
    guard !wanted.isEmpty else { return nil }
    var report = self
    report.routes = wanted
    report.routesOmitted = 0
    report.noRoute = Counts()
    report.upstreams = upstreams.filter { upstream in wanted.contains { $0.upstreams.contains(upstream.name) }
    }
    return report
  }

  public func upstream(_ name: String) -> Upstream? { upstreams.first { $0.name == name } }

  /// A daemon's line, without its end, with what a command knows besides: what is wrong with the file as it stands.
  /// The rest is as it came: a later daemon tells more.
  public static func line(_ line: String, fileProblem: String?) -> String {
    guard line.hasSuffix("}") else { return line }
    return "\(line.dropLast()),\"fileProblem\":\(fileProblem.json)}"
  }
}
