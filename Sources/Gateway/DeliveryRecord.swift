public import Formats
internal import HTTP

/// What became of one request: the facts that its log line and its counters are made of. It holds no body
/// but the members that are to be shown of a verified one, no signature and no secret; `content` is the exception, and
/// not for logs.
public struct DeliveryRecord: Sendable {
  public enum Outcome: String, Sendable, CaseIterable {
    /// Verified, and an upstream's answer was handed back.
    case forwarded
    /// Not verified, forwarded with the failed mark because the route observes, whether an upstream answered
    /// or not.
    case observed
    /// Answered by the gateway itself, nothing reached an upstream.
    case refused
    /// Verified, but no upstream gave a complete answer.
    case failed
    /// Verified, and what an upstream answered was handed back: a 5xx.
    case appError = "app-error"
    /// The sender went away before its answer was complete.
    case abandoned
    /// Verified, and on disk: the app gets it from there.
    case stored
    /// Verified, and known already: nothing was stored.
    case duplicate
  }

  public var requestID: String
  public var outcome: Outcome
  /// The status that the sender got, 0 when it got none.
  public var status: Int
  /// The route's name, nil when none matched.
  public var route: String?
  /// The route itself; a reload may have replaced it meanwhile.
  public var matched: Route?
  /// When the head arrived.
  public var arrived = Moment(unixMilliseconds: 0, uptimeNanoseconds: 0)
  /// The sender's address, read from a trusted proxy's headers where there is one.
  public var remote: String
  public var method: String
  /// The request's path, without its query. These are the sender's bytes: escape them.
  public var path: String { head?.pathText ?? ownPath }
  private let ownPath: String
  /// Where the path stands: not every record is written.
  private let head: RequestHead?
  /// The sender's trace, or the one that began here with the delivery's forwarding.
  public var trace: TraceID?
  /// Of the body, as far as it was taken in.
  public var bodyBytes = 0
  /// Fields of the sender's that were not forwarded for a character of their name.
  public var fieldsLeftBehind = 0
  /// A rejection's label and detail.
  public var reason: String?
  public var detail: String?
  /// What it is known by was another's already: the sender gives two events one id, or a key merges what differs.
  public var hasOtherBody = false
  /// Which of the secret file's secrets matched, counted from 0.
  public var secretPosition: Int?
  public var secretFingerprint: String?
  /// Seconds between the signed timestamp and the arrival.
  public var ageSeconds: Int?
  /// Of a verified body; see `DeliveryFields`.
  public var fields: [BodyField] = []
  /// Whether the gateway made it itself, to try the route.
  public var isTest = false
  /// Of a verified one, where its route keeps bodies; else nil.
  public var content: DeliveryContent?
  /// The upstream whose answer was handed back, or that failed last.
  public var upstream: String?
  /// The one that was stored; of a duplicate, the first.
  public var delivery: PublicID?
  /// Attempts at upstreams that were begun.
  public var attempts = 0
  /// Nil where no upstream's answer counts.
  public var upstreamStatus: Int?
  /// From the body's end to the dispatch or the store, or to the end where there is neither: looks and waits included.
  public var verifyNanoseconds: UInt64 = 0
  /// From the dispatch to the end.
  public var upstreamNanoseconds: UInt64 = 0
  /// From the verdict to what the store says, on a durable route.
  public var keepNanoseconds: UInt64 = 0
  /// From the head's arrival to the end.
  public var totalNanoseconds: UInt64 = 0

  public init(
    requestID: String, outcome: Outcome, status: Int, route: String? = nil, remote: String,
    method: String, path: String
  ) {
    self.requestID = requestID
    self.outcome = outcome
    self.status = status
    self.route = route
    self.remote = remote
    self.method = method
    ownPath = path
    head = nil
  }

  init(_ head: RequestHead, requestID: String, outcome: Outcome, status: Int, remote: String) {
    self.requestID = requestID
    self.outcome = outcome
    self.status = status
    self.remote = remote
    self.head = head
    method = head.method
    ownPath = ""
  }
}
