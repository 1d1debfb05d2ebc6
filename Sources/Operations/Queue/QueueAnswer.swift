public import Formats

/// What the daemon says of stored deliveries.
public struct QueueAnswer: StoreAnswer, Equatable {
  public var ok = true
  /// Why it is not, or what there is to say beside it.
  public var message = ""
  /// What it is for a command's exit code, where that matters.
  public var refusal: Refusal?
  /// How many there are, or to how many something was done.
  public var count = 0
  public var jobs: [Job] = []
  /// Where the next page begins; nil behind the last.
  public var before: Int64?
  /// Where the page of newer ones begins; nil before the first.
  public var after: Int64?
  /// How many bodies were looked through for a text.
  public var looked: Int?
  /// It ends at a bound, or where time was over: there may be more behind `before`, or more than were counted.
  public var isCut = false
  public var replays: [Replay] = []
  public var part: Part?

  public init() {}

  /// Why not, as far as a command behaves accordingly.
  public enum Refusal: String, Sendable, JSONCoded {
    /// It is not for his eyes who asks.
    case permission
    /// There is no such thing, or no longer.
    case absent
    /// It is there, and is not what was stored.
    case unsealed

    public func write(to json: inout JSONWriter) { json.string(rawValue) }

    public init?(_ json: JSONValue) {
      guard let value = json.text.flatMap(Refusal.init(rawValue:)) else { return nil }
      self = value
    }
  }

  public static func refused(_ message: String, _ refusal: Refusal? = nil) -> QueueAnswer {
    var answer = QueueAnswer()
    answer.ok = false
    answer.message = message
    answer.refusal = refusal
    return answer
  }

  public static let fields: [JSONField<QueueAnswer>] = [
    .required("ok", \.ok), .required("message", \.message), .init("count", \.count), .init("jobs", \.jobs),
    .init("before", \.before), .init("refusal", \.refusal), .unlessEmpty("replays", \.replays),
    .init("part", \.part), .init("after", \.after), .init("looked", \.looked), .init("cut", \.isCut),
  ]

  /// One delivery on its way to one upstream, or to whichever of a route's takes it first.
  public struct Job: JSONCodedObject, Equatable {
    public var id = ""
    public var route = ""
    public var state = ""
    /// Unix milliseconds, as `next` and `ended`.
    public var accepted: Int64 = 0
    public var attempts = 0
    /// When it is sent next.
    public var next: Int64?
    /// While the app fails nothing is sent.
    public var pausedUntil: Int64?
    public var ended: Int64?
    /// Empty where any of the route's may take it.
    public var upstream = ""
    public var status: Int?
    public var reason: String?
    /// The fingerprint of the secret that proved it.
    public var secret = ""
    public var bodyBytes = 0
    /// The last twenty, the first first; of `show` alone.
    public var tries: [Attempt] = []

    public init() {}

    public static let fields: [JSONField<Job>] = [
      .required("id", \.id), .init("route", \.route), .init("state", \.state), .init("accepted", \.accepted),
      .init("attempts", \.attempts), .init("next", \.next), .init("pausedUntil", \.pausedUntil),
      .init("ended", \.ended),
      .init("upstream", \.upstream), .init("status", \.status), .init("reason", \.reason),
      .init("secret", \.secret), .init("bodyBytes", \.bodyBytes), .unlessEmpty("tries", \.tries),
    ]
  }

  public struct Attempt: JSONCodedObject, Equatable {
    public var number = 0
    public var at: Int64 = 0
    public var milliseconds: Int64 = 0
    public var status: Int?
    public var reason: String?
    /// Which of several it ended with; nil where there was no choice.
    public var upstream: String?
    /// The beginning of the app's answer, where whoever asks may see bodies.
    public var answer: String?

    public init() {}

    public static let fields: [JSONField<Attempt>] = [
      .init("number", \.number), .init("at", \.at), .init("milliseconds", \.milliseconds),
      .init("status", \.status), .init("reason", \.reason), .init("upstream", \.upstream),
      .init("answer", \.answer),
    ]
  }
}
