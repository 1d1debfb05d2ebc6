public import Formats

extension QueueAnswer {
  /// Many deliveries that are sent again, a few at a time.
  public struct Replay: JSONCodedObject, Equatable {
    public var replay: Int64 = 0
    /// `running`, `paused`, `failing` (paused by itself), `done` or `stopped`.
    public var state = ""
    /// How many it was about when it was asked for.
    public var total = 0
    public var moved = 0
    /// Those that died again, or could not be moved.
    public var failed = 0
    /// A second, at most.
    public var rate = 0
    /// Whom it waits for: a route, or one of its upstreams, that fails or is behind.
    public var waits: String?
    /// When it was asked for, Unix milliseconds, and by which user id.
    public var began: Int64 = 0
    public var user: Int64?
    /// The filter.
    public var route: String?
    public var upstream: String?
    public var of = ""
    public var status: Int?
    public var reason: String?
    public var secret: String?
    public var since: Int64?
    public var until: Int64?

    public init() {}

    public static let fields: [JSONField<Replay>] = [
      .required("replay", \.replay), .init("state", \.state), .init("total", \.total),
      .init("moved", \.moved),
      .init("failed", \.failed), .init("rate", \.rate), .init("waits", \.waits), .init("began", \.began),
      .init("user", \.user), .init("route", \.route), .init("upstream", \.upstream), .init("of", \.of),
      .init("reason", \.reason), .init("secret", \.secret), .init("since", \.since), .init("until", \.until),
      .init("status", \.status),
    ]
  }
}
