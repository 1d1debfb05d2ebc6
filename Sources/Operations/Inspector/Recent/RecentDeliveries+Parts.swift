public import Gateway

extension RecentDeliveries {
  /// One that is over.
  public struct Delivery: Sendable, Equatable {
    /// Counts up, and is never used again while the daemon runs.
    public var number: UInt64 = 0
    /// When it was over, Unix milliseconds.
    public var at: Int64 = 0
    /// As in the log: forwarded, refused, ...
    public var outcome = ""
    /// What its sender got; 0 where it got nothing.
    public var status = 0
    public var reason: String?
    public var detail: String?
    /// Nil where none matched.
    public var route: String?
    public var requestID = ""
    /// What was stored; of a duplicate the first one.
    public var delivery: String?
    public var remote = ""
    public var method = ""
    /// Without a query; the sender's bytes.
    public var path = ""
    public var bodyBytes = 0
    public var upstream: String?
    public var upstreamStatus: Int?
    public var attempts = 0
    public var ageSeconds: Int?
    /// The fingerprint of the secret that proved it.
    public var secret: String?
    public var isTest = false
    public var verifyMicroseconds = 0
    public var upstreamMicroseconds = 0
    public var totalMicroseconds = 0
    /// Of a verified one, where its route says `inspect: {bodies: true}`.
    public var content: DeliveryContent?
    /// It had one, which has given way to others'.
    public var hasLostContent = false

    public init() {}

    /// Also one that was turned away after that.
    public var isVerified: Bool { secret != nil }
  }

  /// What a list is narrowed to; nil is anything.
  public struct Filter: Sendable, Equatable {
    public var route: String?
    /// An outcome, or `verified` for all that were.
    public var outcome: String?
    public var status: Int?
    public var reason: String?
    /// Of the request or of what was stored, its beginning.
    public var id: String?
    /// Unix milliseconds.
    public var since: Int64?
    public var until: Int64?
    /// In the body.
    public var text: String?

    public init() {}
  }

  /// A part of a list, the newest first.
  public struct Page: Sendable, Equatable {
    public var deliveries: [Delivery] = []
    /// Where the next page begins; nil behind the last.
    public var before: UInt64?
    /// How many bodies were looked through for a text.
    public var looked = 0
    /// Whether the search ended at its bound: what is behind `before` has not been looked through.
    public var isCut = false

    public init() {}
  }
}
