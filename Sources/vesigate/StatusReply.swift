internal import Control
internal import Formats
internal import Gateway

/// The daemon's report as `vesigate status` reads it.
struct StatusReply {
  typealias Counts = [(name: String, count: Int64)]

  struct Route {
    let name: String
    let observe: Bool
    let secretFile: String
    let fingerprints: [String]
    let previous: [(fingerprint: String, until: Int64)]
    let secretModifiedAt: Int64
    let toleranceSeconds: Int64?
    let outcomes: Counts
    let refusals: Counts
    let lastMinute: Counts
    let lastFiveMinutes: Counts
    let lastVerifiedAt: Int64
    let lastRefusal: (reason: String, at: Int64, ageSeconds: Int64?)?
    let clock: (isAlarming: Bool, finding: String)?
    let upstreams: [String]

    /// Its `path` setting: the name has the host before it.
    var path: String { String(name.drop { $0 != "/" }) }
  }

  struct Upstream {
    let name: String
    let isFailing: Bool
    let lastAnsweredAt: Int64
    let lastStatus: Int64
    let lastFailedAt: Int64
    let lastFailure: String?
  }

  /// As it came: one line of JSON.
  let bytes: [UInt8]
  let version: String
  let pid: Int64
  let now: Int64
  let startedAt: Int64
  let phase: String
  let listen: [String]
  let generation: Int64
  let reloads: Int64
  let isLastReloadTaken: Bool
  let reloadTakenAt: Int64
  let isClockSynchronised: Bool?
  let inFlight: Int64
  let inFlightBytes: Int64
  let held: Int64
  let connections: Int64
  let logLinesDropped: Int64
  let remarks: [String]
  let noRoute: Counts
  let routes: [Route]
  let routesOmitted: Int64
  let upstreams: [Upstream]

  /// Nil when the bytes are no report of a daemon's.
  init?(_ bytes: [UInt8]) {
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
  func json(fileProblem: String?) -> String {
    let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return StatusReport.line(line, fileProblem: fileProblem)
  }

  func upstream(_ name: String) -> Upstream? { upstreams.first { $0.name == name } }
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
