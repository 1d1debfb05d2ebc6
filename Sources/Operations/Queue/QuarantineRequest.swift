public import Formats

/// What commands ask about the quarantine: `quarantine` and an object, in one line.
public struct QuarantineRequest: StoreQuestion, Equatable {
  public enum Verb: String, Sendable, CaseIterable {
    /// What is kept, the newest first, a page at a time.
    case list
    case count
    /// One, with what it says of itself.
    case show
    /// Has them judged by the secrets in force, and queues what they verify; a page at a time, the oldest first.
    case release
    /// Throws them away; a page at a time.
    case drop
  }

  public var verb = ""
  public var id: String?
  public var route: String?
  public var reason: String?
  /// When it came, Unix milliseconds.
  public var since: Int64?
  public var until: Int64?
  /// The row that the page before ended with.
  public var from: Int64?
  public var limit = 50
  /// Only says what would come of it.
  public var isDry = false

  public init() {}

  public init(_ verb: Verb) { self.verb = verb.rawValue }

  public static let fields: [JSONField<QuarantineRequest>] = [
    .required("verb", \.verb), .init("id", \.id), .init("route", \.route), .init("reason", \.reason),
    .init("since", \.since), .init("until", \.until), .init("from", \.from), .init("limit", \.limit),
    .init("dry", \.isDry),
  ]

  /// Rows of one page.
  public static let pageMax = 1_000

  public typealias Answer = QuarantineAnswer

  public static let word = "quarantine "
  /// What is released waits for a disk.
  public static let secondsMax = 60
}
