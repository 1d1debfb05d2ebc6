internal import Formats
internal import Gateway

/// The daemon's report as `vesigate status` reads it.
public struct StatusReply {
  public typealias Counts = [(name: String, count: Int64)]

  public struct Route {
    public let name: String
    public let observe: Bool
    public let secretFile: String
    public let fingerprints: [String]
    public let previous: [(fingerprint: String, until: Int64)]
    public let secretModifiedAt: Int64
    public let toleranceSeconds: Int64?
    public let outcomes: Counts
    public let refusals: Counts
    public let lastMinute: Counts
    public let lastFiveMinutes: Counts
    public let lastVerifiedAt: Int64
    public let lastRefusal: (reason: String, at: Int64, ageSeconds: Int64?)?
    public let clock: (isAlarming: Bool, finding: String)?
    public let upstreams: [String]

    /// Its `path` setting: the name has the host before it.
    public var path: String { String(name.drop { $0 != "/" }) }
  }

  public struct Upstream {
    public let name: String
    public let isFailing: Bool
    public let lastAnsweredAt: Int64
    public let lastStatus: Int64
    public let lastFailedAt: Int64
    public let lastFailure: String?
  }

  /// As it came: one line of JSON.
  public let bytes: [UInt8]
  public let version: String
  public let pid: Int64
  public let now: Int64
  public let startedAt: Int64
  public let phase: String
  public let listen: [String]
  public let generation: Int64
  public let reloads: Int64
  public let isLastReloadTaken: Bool
  public let reloadTakenAt: Int64
  public let isClockSynchronised: Bool?
  public let inFlight: Int64
  public let inFlightBytes: Int64
  public let held: Int64
  public let connections: Int64
  public let logLinesDropped: Int64
  public let remarks: [String]
  public let noRoute: Counts
  public let routes: [Route]
  public let routesOmitted: Int64
  public let upstreams: [Upstream]

  /// Nil when the bytes are no report of a daemon's.
  public init?(_ bytes: [UInt8]) {
    guard let json = JSON.read(bytes) else { return nil }
    let reader = ReportReader(json: json, bytes: bytes)
    guard let version = reader.text("version"), let phase = reader.text("phase"),
      let reload = reader["reload"]
    else { return nil }
    self.bytes = bytes
    self.version = version
    self.phase = phase
    pid = reader.number("pid")
    now = reader.number("now")
    startedAt = reader.number("startedAt")
    listen = reader.texts("listen")
    generation = reader.number("generation")
    reloads = reload.number("taken").addingSaturated(reload.number("refused"))
    isLastReloadTaken = reload.flag("isLastTaken") ?? true
    reloadTakenAt = reload.number("takenAt")
    isClockSynchronised = reader.flag("isClockSynchronised")
    inFlight = reader.number("inFlight")
    inFlightBytes = reader.number("inFlightBytes")
    held = reader.number("held")
    connections = reader.number("connections")
    logLinesDropped = reader.number("logLinesDropped")
    remarks = reader.texts("remarks")
    noRoute = reader.counts("noRoute")
    routes = reader.elements("routes").compactMap(Route.init)
    routesOmitted = reader.number("routesOmitted")
    upstreams = reader.elements("upstreams").compactMap(Upstream.init)
  }

  /// The daemon's own line, with what this command knows besides: what is wrong with the file as it stands.
  public func json(fileProblem: String?) -> String {
    let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return StatusReport.line(line, fileProblem: fileProblem)
  }

  public func upstream(_ name: String) -> Upstream? { upstreams.first { $0.name == name } }
}

extension StatusReply.Route {
  fileprivate init?(_ reader: ReportReader) {
    guard let name = reader.text("name") else { return nil }
    self.name = name
    observe = reader.flag("observe") ?? false
    secretFile = reader.text("secretFile") ?? ""
    fingerprints = reader.texts("fingerprints")
    previous = reader.elements("previous").compactMap { entry in
      entry.text("fingerprint").map { ($0, entry.number("until")) }
    }
    secretModifiedAt = reader.number("secretModifiedAt")
    toleranceSeconds = reader.optionalNumber("toleranceSeconds")
    outcomes = reader.counts("outcomes")
    refusals = reader.counts("refusals")
    lastMinute = reader["lastMinute"]?.counts("outcomes") ?? []
    lastFiveMinutes = reader["lastFiveMinutes"]?.counts("outcomes") ?? []
    lastVerifiedAt = reader.number("lastVerifiedAt")
    lastRefusal = reader["lastRefusal"].flatMap { entry in
      entry.text("reason").map { ($0, entry.number("at"), entry.optionalNumber("ageSeconds")) }
    }
    clock = reader["clock"].flatMap { entry in
      entry.text("finding").map { (entry.flag("isAlarming") ?? false, $0) }
    }
    upstreams = reader.texts("upstreams")
  }
}

extension StatusReply.Upstream {
  fileprivate init?(_ reader: ReportReader) {
    guard let name = reader.text("name") else { return nil }
    self.name = name
    isFailing = reader.flag("isFailing") ?? false
    lastAnsweredAt = reader.number("lastAnsweredAt")
    lastStatus = reader.number("lastStatus")
    lastFailedAt = reader.number("lastFailedAt")
    lastFailure = reader.text("lastFailure")
  }
}

/// One object of the report. What is missing reads as nothing: an older daemon knows less.
private struct ReportReader {
  let json: JSON
  let bytes: [UInt8]

  subscript(_ key: String) -> ReportReader? {
    guard let value = json[key], value.isObject else { return nil }
    return ReportReader(json: value, bytes: bytes)
  }

  func text(_ key: String) -> String? { json[key]?.text(in: bytes) }

  func optionalNumber(_ key: String) -> Int64? { json[key]?.integer(in: bytes) }

  func number(_ key: String) -> Int64 { optionalNumber(key) ?? 0 }

  func flag(_ key: String) -> Bool? { json[key]?.bool }

  func texts(_ key: String) -> [String] { json[key]?.elements.compactMap { $0.text(in: bytes) } ?? [] }

  func elements(_ key: String) -> [ReportReader] {
    json[key]?.elements.map { ReportReader(json: $0, bytes: bytes) } ?? []
  }

  func counts(_ key: String) -> StatusReply.Counts {
    guard case .object(let members) = json[key] else { return [] }
    return members.compactMap { member in member.value.integer(in: bytes).map { (member.key, $0) } }
  }
}
