public import Gateway
internal import Synchronization

/// Deliveries that were over lately, so that the inspector has something to show of routes without a store: facts of
/// all, bodies of those routes that say so. It is bounded in number and in bytes; the oldest give way, of each route's
/// its own first, and what was refused never pushes out what was verified.
public final class RecentDeliveries: Sendable {
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
    public var content: Content?

    public init() {}
  }

  /// What a delivery brought.
  public struct Content: Sendable, Equatable {
    /// Request line and fields as they came.
    public var head: [UInt8]
    public var body: [UInt8]
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
}
