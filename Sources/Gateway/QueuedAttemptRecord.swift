/// What became of one attempt of a kept delivery: the facts that its log line and its counters are made of.
public struct QueuedAttemptRecord: Sendable {
  public enum Outcome: String, Sendable, CaseIterable {
    /// The app has taken it.
    case delivered
    /// It is sent again later.
    case retried
    /// It is kept and not sent again, unless somebody asks for it.
    case dead
    /// Cut off by the gateway's own end: the next start sends it again.
    case cancelled
  }

  public var delivery: PublicID
  public var route: String
  /// The one that it ended with.
  public var upstream: String
  /// Counts from 1.
  public var attempt: Int
  public var outcome: Outcome
  /// The app's; nil where it gave none.
  public var status: Int?
  /// Why there was no answer, or why it is dead.
  public var reason: String?
  public var detail: String?
  public var nanoseconds: UInt64
  /// From the acceptance to the end of this attempt, by the wall clock.
  public var millisecondsSinceAccepted: Int64
  /// Until the next attempt; nil where there is none.
  public var millisecondsToNext: Int64?

  public init(
    delivery: PublicID, route: String, upstream: String, attempt: Int, outcome: Outcome, status: Int? = nil,
    reason: String? = nil, detail: String? = nil, nanoseconds: UInt64, millisecondsSinceAccepted: Int64,
    millisecondsToNext: Int64? = nil
  ) {
    self.delivery = delivery
    self.route = route
    self.upstream = upstream
    self.attempt = attempt
    self.outcome = outcome
    self.status = status
    self.reason = reason
    self.detail = detail
    self.nanoseconds = nanoseconds
    self.millisecondsSinceAccepted = millisecondsSinceAccepted
    self.millisecondsToNext = millisecondsToNext
  }
}
