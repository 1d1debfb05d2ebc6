public import Formats
public import Gateway

/// A delivery at a glance, as `vesigate tail` gets it and short log lines show it: what became of it, where, and how
/// long that took. Its keys stay as they are; later versions only add some.
public struct Glance: JSONCodedObject, Equatable {
  /// Members of a verified body, by name and in an order: an object.
  public struct Fields: JSONCoded, Equatable {
    public var all: [BodyField] = []

    public func write(to json: inout JSONWriter) {
      json.object { json in for field in all { json.member(field.name) { $0.string(field.value) } } }
    }

    public init(_ all: [BodyField] = []) { self.all = all }

    public init?(_ json: JSONValue) {
      guard let members = json.members else { return nil }
      all = members.compactMap { name, value in
        value.text.map { BodyField(name: name, value: $0, isLogged: true) }
      }
    }
  }

  /// When it was over, Unix milliseconds.
  public var at: Int64 = 0
  /// Of an attempt to deliver what is stored, that one's.
  public var outcome = ""
  /// What the sender got, 0 where it got nothing; of an attempt, what the app answered.
  public var status = 0
  public var reason: String?
  public var route: String?
  public var requestID: String?
  /// What was stored; of a duplicate the first one.
  public var delivery: String?
  /// Which attempt it is to deliver what is stored, from 1; nil of a delivery that comes.
  public var attempt: Int?
  public var upstream: String?
  public var microseconds = 0
  public var fields = Fields()

  public init() {}

  /// - Parameter showsBody: whether members count that the operator has not named for the log.
  public init(_ record: DeliveryRecord, at unixMilliseconds: Int64, showsBody: Bool) {
    at = unixMilliseconds
    outcome = record.outcome.rawValue
    status = record.status
    reason = record.reason
    route = record.route
    requestID = record.requestID
    delivery = record.delivery?.description
    upstream = record.upstream
    microseconds = Int(clamping: record.totalNanoseconds / 1000)
    fields.all = showsBody ? record.fields : record.fields.filter(\.isLogged)
  }

  public init(_ attempt: QueuedAttemptRecord, at unixMilliseconds: Int64) {
    at = unixMilliseconds
    outcome = attempt.outcome.rawValue
    status = attempt.status ?? 0
    reason = attempt.reason
    route = attempt.route
    delivery = attempt.delivery.description
    self.attempt = attempt.attempt
    upstream = attempt.upstream.isEmpty ? nil : attempt.upstream
    microseconds = Int(clamping: attempt.nanoseconds / 1000)
  }

  public static let fields: [JSONField<Glance>] = [
    .required("at", \.at), .required("outcome", \.outcome), .init("status", \.status),
    .init("reason", \.reason), .init("route", \.route), .init("requestId", \.requestID),
    .init("delivery", \.delivery), .init("attempt", \.attempt), .init("upstream", \.upstream),
    .init("microseconds", \.microseconds), .init("fields", \.fields),
  ]

  /// What stands before a body's member in a log line.
  static let fieldPrefix = "field."
}

// MARK: For people

extension Glance {
  public enum Tone: Sendable {
    case good
    case warning
    case problem
  }

  public var tone: Tone {
    switch outcome {
    case "forwarded", "stored", "duplicate", "delivered": .good
    case "failed", "app-error", "dead": .problem
    default: .warning
    }
  }

  /// `2026-11-21 21:17:26`, UTC.
  public static func time(_ unixMilliseconds: Int64) -> String {
    String(TimeText.utc(unixMilliseconds: unixMilliseconds).prefix(19))
  }

  /// What stands behind status and time, on one line whatever is in it: the route, the fields' values, what did not go
  /// as it should, and how long it took.
  public var words: String {
    let values = fields.all.map { Self.escaped($0.value) }
    let ending = [trouble, duration].compactMap { $0 }
    return ([Self.escaped(route ?? "-")] + values + ending).joined(separator: " ")
  }

  /// Three digits, or as many dashes.
  public var statusText: String { status == 0 ? "---" : "\(status)" }

  private var trouble: String? {
    let why = reason.map { "\(outcome): \($0)" } ?? outcome
    if let attempt { return "attempt \(attempt) \(Self.bare(why))" }
    return outcome == "forwarded" ? nil : Self.bare(why)
  }

  private var duration: String {
    let tenths = microseconds / 100
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : "\(microseconds / 1000) ms"
  }

  func logLine(hint: String?) -> [UInt8] {
    Array("\(Self.time(at)) \(statusText) \(words)\(hint.map { " (\(Self.bare($0)))" } ?? "")\n".utf8)
  }

  /// In quotes where it could be taken for more than one word.
  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    LogEscape.appendLogfmt(text, bytesMax: LogLine.valueBytesMax, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func bare(_ text: String) -> String {
    var bytes: [UInt8] = []
    LogEscape.appendBare(text, bytesMax: LogLine.valueBytesMax, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
