public import Formats

/// What commands ask about stored deliveries: `queue` and an object, in one line.
public struct QueueRequest: StoreQuestion, Equatable {
  public enum Verb: String, Sendable, CaseIterable {
    /// Jobs, the newest first, a page at a time.
    case list
    /// How many jobs there are.
    case count
    /// One delivery's jobs, with their attempts.
    case show
    /// Sends jobs again that have ended; a page at a time.
    case replay
    /// Tries what waits now, whatever its time; a page at a time.
    case retry
    /// Calls off what waits; a page at a time.
    case cancel
    /// Deletes what has ended; a page at a time.
    case purge
    /// Takes up again what was called off; a page at a time.
    case resume
    /// A part of a delivery's body.
    case body
    /// A part of a delivery as a request that was saved.
    case export
    /// The request line and the fields of that alone, with what is known of the delivery beside its body.
    case head
    /// Says that the clock is right: what is old by it is deleted.
    case prune
    /// All replays that are known.
    case replays
    /// Begins a replay of a filter, at a rate.
    case replayBegin = "replay-begin"
    case replayPause = "replay-pause"
    case replayResume = "replay-resume"
    case replayStop = "replay-stop"
  }

  public var verb = ""
  /// Of deliveries; where there is one, nothing else counts.
  public var id: String?
  public var route: String?
  public var upstream: String?
  public var state: String?
  /// What the app answered last.
  public var status: Int?
  public var reason: String?
  /// The fingerprint of the secret that proved it.
  public var secret: String?
  /// When it was accepted, Unix milliseconds.
  public var since: Int64?
  public var until: Int64?
  /// In the body, byte for byte: of the newest 10,000 that the rest leaves. For those who may see bodies.
  public var text: String?
  /// Only what has its body still.
  public var withBody = false
  /// The job that the page before ended with.
  public var before: Int64?
  /// The job that the page behind began with; of a list alone, instead of `before`.
  public var after: Int64?
  public var limit = 50
  /// How far is counted.
  public var countMax: Int?
  /// Rather a part of the answer than a late one: it says so (`isCut`).
  public var isHurried = false
  /// How many a replay moves a second, at most.
  public var rate: Int?
  /// A replay's number.
  public var replay: Int64?
  /// Where the part of a delivery begins, bytes.
  public var offset: Int?

  public init() {}

  public init(_ verb: Verb) { self.verb = verb.rawValue }

  public static let fields: [JSONField<QueueRequest>] = [
    .required("verb", \.verb), .init("id", \.id), .init("route", \.route), .init("upstream", \.upstream),
    .init("state", \.state), .init("reason", \.reason), .init("since", \.since), .init("until", \.until),
    .init("before", \.before), .init("limit", \.limit), .init("rate", \.rate), .init("replay", \.replay),
    .init("offset", \.offset), .init("withBody", \.withBody), .init("secret", \.secret),
    .init("status", \.status), .init("text", \.text), .init("after", \.after),
    .init("countMax", \.countMax), .init("hurried", \.isHurried),
  ]

  /// Bytes of a text that is searched for.
  public static let textBytesMax = 256
  /// Jobs of one page.
  public static let pageMax = 1_000
  /// Deliveries that a replay moves a second.
  public static let rates = 1...1_000
  /// Bytes of a delivery that one answer brings.
  public static let partBytesMax = 1_048_576

  public typealias Answer = QueueAnswer

  public static let word = "queue "
  /// A page of a list is put together within two seconds; a page of changes may wait for a disk.
  public static let secondsMax = 30
}
