public import Formats

/// What the daemon says of the quarantine.
public struct QuarantineAnswer: StoreAnswer, Equatable {
  public var ok = true
  /// Why it is not, or what there is to say beside it.
  public var message = ""
  /// How many there are, or to how many something was done.
  public var count = 0
  public var deliveries: [Delivery] = []
  /// Where the next page begins; nil behind the last.
  public var next: Int64?
  // Of a release: what was not queued, and why.
  public var duplicates = 0
  public var unverified = 0
  public var revoked = 0
  public var waiting = 0
  public var broken = 0

  public init() {}

  public static func refused(_ message: String) -> QuarantineAnswer {
    var answer = QuarantineAnswer()
    answer.ok = false
    answer.message = message
    return answer
  }

  public static let fields: [JSONField<QuarantineAnswer>] = [
    .required("ok", \.ok), .required("message", \.message), .init("count", \.count),
    .init("deliveries", \.deliveries), .init("next", \.next), .init("duplicates", \.duplicates),
    .init("unverified", \.unverified), .init("revoked", \.revoked),
    .init("waiting", \.waiting), .init("broken", \.broken),
  ]

  /// One that is kept, with nothing proven of it.
  public struct Delivery: JSONCodedObject, Equatable {
    public var id = ""
    public var route = ""
    /// Unix milliseconds.
    public var arrived: Int64 = 0
    /// Why it was not verified.
    public var reason = ""
    public var bodyBytes = 0
    // Of `show` alone.
    public var remote: String?
    public var requestID: String?
    /// Method and target, where whoever asks may see bodies.
    public var request: String?
    /// Fields of its head, likewise; signatures and passwords are not among them.
    public var fields: [String] = []
    public var remark: String?

    public init() {}

    public static let fields: [JSONField<Delivery>] = [
      .required("id", \.id), .init("route", \.route), .init("arrived", \.arrived), .init("reason", \.reason),
      .init("bodyBytes", \.bodyBytes), .init("remote", \.remote), .init("requestID", \.requestID),
      .init("request", \.request), .unlessEmpty("fields", \.fields), .init("remark", \.remark),
    ]
  }
}
