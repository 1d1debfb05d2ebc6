public import Formats

/// What commands ask about the quarantine: `quarantine` and an object, in one line.
public struct QuarantineRequest: JSONCodedObject, Equatable {
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

  static let lineBytesMax = QueueRequest.lineBytesMax
  /// Rows of one page.
  public static let pageMax = 1_000

  static let word = "quarantine "

  init?(line: String) {
    guard line.hasPrefix(Self.word),
      let json = JSONValue(reading: Array(line.dropFirst(Self.word.count).utf8))
    else { return nil }
    self.init(json)
  }

  /// As it goes over the socket, its end included.
  var requestLine: String { Self.word + json + "\n" }
}

extension ControlClient {
  /// What is released waits for a disk.
  private static let quarantineSecondsMax = 60

  public func ask(_ request: QuarantineRequest) throws(Failure) -> QuarantineAnswer {
    let bytes = try bytes(request.requestLine, secondsMax: Self.quarantineSecondsMax)
    guard let answer = QuarantineAnswer(bytes) else { throw foreign }
    return answer
  }
}
