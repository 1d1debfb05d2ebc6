public import Gateway
public import Logging
internal import POSIX
internal import Signing

/// One finished exchange: one log line. Its words stand here and nowhere else.
public struct DeliveryLog: Recorder, Sendable {
  /// Which exchanges get a line.
  public enum Deliveries: String, Sendable, CaseIterable {
    case all
    /// All but those that went as they should.
    case refused
  }

  let sink: LogSink
  let format: LogFormat
  let level: Logger.Level
  let deliveries: Deliveries
  /// Nil where nothing is left out.
  private let limit: RefusalLimit?
  /// Of each route's refusals one a minute says how to find out why.
  private let hints = RefusalLimit(linesMax: 1)
  /// Options that name the daemon to a command, each behind a blank.
  private let commandOptions: String

  /// - Parameters:
  ///   - level: less important lines are left out.
  ///   - commandOptions: what the commands of a hint need besides.
  ///   - refusedPerMinuteMax: lines for one route's refusals for one reason; nil is no limit.
  public init(
    sink: LogSink, format: LogFormat, level: Logger.Level = .info, deliveries: Deliveries = .all,
    refusedPerMinuteMax: Int? = nil, commandOptions: String = ""
  ) {
    self.sink = sink
    self.format = format
    self.level = level
    self.deliveries = deliveries
    self.commandOptions = commandOptions
    limit = refusedPerMinuteMax.map(RefusalLimit.init)
  }

  public func record(_ record: DeliveryRecord) {
    guard isLogged(record) else { return }
    let now = Clocks.unixMilliseconds()
    guard isWithinLimit(record, now) else { return }
    sink.append(
      DeliveryLog.line(for: record, hint: hint(for: record, now), format: format, unixMilliseconds: now))
  }

  private func hint(for record: DeliveryRecord, _ now: Int64) -> String? {
    guard record.outcome == .refused, record.reason == DeliveryLog.mismatchLabel, let route = record.route,
      hints.admits(.init(route: route, reason: record.reason), unixMilliseconds: now)
    else { return nil }
    // A route's name is its path, behind its host where it has one.
    return "vesigate capture --route \(route.drop { $0 != "/" })\(commandOptions), then vesigate diagnose"
      + commandOptions
  }

  /// Nothing but its own line tells of this: the delivery's says what was answered.
  public func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound) {
    guard Logger.Level.notice >= level else { return }
    let now = Clocks.unixMilliseconds()
    let kind = RefusalLimit.Kind(route: nil, reason: bound.rawValue)
    guard limit?.admits(kind, unixMilliseconds: now) ?? true else { return }
    sink.append(DeliveryLog.line(for: answer, at: bound, format: format, unixMilliseconds: now))
  }

  /// How many refusals got no line since the start.
  public var linesLeftOut: Int { limit?.leftOutTotal ?? 0 }

  /// Writes how many refusals got no line: of the minutes that are over, or of all. To be called some times
  /// a minute.
  public func tellLeftOut(all: Bool = false) {
    let now = Clocks.unixMilliseconds()
    for (kind, count) in limit?.takeLeftOut(unixMilliseconds: now, all: all) ?? [] {
      sink.append(DeliveryLog.line(leftOut: count, kind, format: format, unixMilliseconds: now))
    }
  }

  /// Anyone can have a delivery refused; only who knows a secret can have it verified.
  private func isWithinLimit(_ record: DeliveryRecord, _ now: Int64) -> Bool {
    guard let limit, record.secretPosition == nil else { return true }
    guard record.outcome == .refused || record.outcome == .abandoned else { return true }
    return limit.admits(.init(route: record.route, reason: record.reason), unixMilliseconds: now)
  }

  private func isLogged(_ record: DeliveryRecord) -> Bool {
    if deliveries == .refused, DeliveryLog.isAsItShould(record) { return false }
    return DeliveryLog.level(of: record) >= level
  }

  private static func isAsItShould(_ record: DeliveryRecord) -> Bool {
    switch record.outcome {
    case .forwarded, .stored, .duplicate: !record.hasOtherBody
    case .observed, .refused, .failed, .appError, .abandoned: false
    }
  }

  static func line(
    for answer: UntakenAnswer, at bound: ConnectionBound, format: LogFormat, unixMilliseconds: Int64
  ) -> [UInt8] {
    var line = LogLine(format, level: .notice, unixMilliseconds: unixMilliseconds)
    line.add("msg", "a sender did not take its answer, the connection was reset; it may send again")
    line.add("reason", bound.rawValue)
    line.add("remote", answer.remote)
    line.add("request_id", answer.requestID)
    return line.finished()
  }

  static func level(of record: DeliveryRecord) -> Logger.Level {
    switch record.outcome {
    case .forwarded, .stored, .duplicate: record.hasOtherBody ? .warning : .info
    case .observed: .warning
    // The signature is right: a replay, or one of the two clocks is off. Someone has to look.
    case .refused: record.reason == staleLabel ? .warning : .notice
    case .failed: .error
    // The app has it, and says that it cannot cope.
    case .appError: .warning
    case .abandoned: .notice
    }
  }

  static func line(
    leftOut count: Int, _ kind: RefusalLimit.Kind, format: LogFormat, unixMilliseconds: Int64
  ) -> [UInt8] {
    let level: Logger.Level = kind.reason == staleLabel ? .warning : .notice
    var line = LogLine(format, level: level, unixMilliseconds: unixMilliseconds)
    line.add("msg", "refusals left out of the log")
    line.add("reason", kind.reason)
    line.add("route", kind.route)
    line.add("left_out", count)
    return line.finished()
  }

  private static let staleLabel = Unverified.stale(ageSeconds: 0).label
  private static let mismatchLabel = Unverified.mismatch.label

  static func line(
    for record: DeliveryRecord, hint: String? = nil, format: LogFormat, unixMilliseconds: Int64
  ) -> [UInt8] {
    if format == .short {
      let glance = Glance(record, at: unixMilliseconds, showsBody: false)
      return glance.logLine(hint: hint)
    }
    var line = LogLine(format, level: level(of: record), unixMilliseconds: unixMilliseconds)
    line.add("msg", "delivery")
    addAnswer(of: record, to: &line)
    addRequest(of: record, to: &line)
    addSignature(of: record, to: &line)
    addUpstream(of: record, to: &line)
    addDurations(of: record, to: &line)
    addFields(of: record, to: &line)
    line.add("hint", hint)
    return line.finished()
  }

  private static func addAnswer(of record: DeliveryRecord, to line: inout LogLine) {
    line.add("outcome", record.outcome.rawValue)
    if record.status != 0 { line.add("status", record.status) }
    line.add("reason", record.reason)
    line.add("detail", record.detail)
  }

  private static func addRequest(of record: DeliveryRecord, to line: inout LogLine) {
    line.add("route", record.route)
    line.add("method", record.method)
    line.add("path", record.path)
    line.add("remote", record.remote)
    line.add("request_id", record.requestID)
    line.add("delivery", record.delivery?.description)
    if record.isTest { line.add("test", "true") }
    if let trace = record.trace { line.addHex("trace_id", trace.high, trace.low) }
    line.add("body_bytes", record.bodyBytes)
    if record.fieldsLeftBehind != 0 { line.add("fields_left_behind", record.fieldsLeftBehind) }
  }

  private static func addSignature(of record: DeliveryRecord, to line: inout LogLine) {
    if let position = record.secretPosition, let fingerprint = record.secretFingerprint {
      line.addSecret("secret", position: position, fingerprint: fingerprint)
    }
    line.add("age_s", record.ageSeconds)
  }

  private static func addUpstream(of record: DeliveryRecord, to line: inout LogLine) {
    line.add("upstream", record.upstream)
    if record.attempts != 0 { line.add("attempts", record.attempts) }
    line.add("upstream_status", record.upstreamStatus)
  }

  /// Behind a prefix of their own, so that no member of a body is taken for a word of the gateway's.
  private static func addFields(of record: DeliveryRecord, to line: inout LogLine) {
    for field in record.fields where field.isLogged {
      line.add(key: Glance.fieldPrefix + field.name, field.value, bytesMax: LogLine.valueBytesMax)
    }
  }

  private static func addDurations(of record: DeliveryRecord, to line: inout LogLine) {
    if record.verifyNanoseconds != 0 {
      line.addMilliseconds("verify_ms", nanoseconds: record.verifyNanoseconds)
    }
    if record.upstreamNanoseconds != 0 {
      line.addMilliseconds("upstream_ms", nanoseconds: record.upstreamNanoseconds)
    }
    if record.keepNanoseconds != 0 { line.addMilliseconds("store_ms", nanoseconds: record.keepNanoseconds) }
    line.addMilliseconds("total_ms", nanoseconds: record.totalNanoseconds)
  }
}
