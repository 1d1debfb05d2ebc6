public import Formats
public import Gateway

/// What happened on one route.
public struct RouteCounters: Sendable {
  struct Reason: Sendable, Hashable {
    let outcome: DeliveryRecord.Outcome
    let reason: String
  }

  public struct Refusal: Sendable {
    public let reason: String
    public let arrived: Moment
    /// Of one that is stale, how long before its arrival it was signed.
    public let ageSeconds: Int?
  }

  /// The route's name, or one of the two that stand for no route of their own.
  public let name: String
  private(set) var outcomes = [UInt64](repeating: 0, count: DeliveryRecord.Outcome.allCases.count)
  /// Their labels stand in the sources, which bounds their number.
  private(set) var reasons: [Reason: UInt64] = [:]
  private(set) var bodyBytes: UInt64 = 0
  private(set) var verify = Histogram(.verify)
  private(set) var upstream = Histogram(.delivery)
  private(set) var total = Histogram(.delivery)
  private(set) var age = Histogram(.age)
  public private(set) var ages = AgeWindow()
  /// When the last delivery that verified arrived, Unix milliseconds; 0 before the first.
  public private(set) var lastVerifiedAt: Int64 = 0
  public private(set) var lastRefusal: Refusal?
  /// Attempts of kept deliveries, by the upstream that they ended with and what came of them.
  private(set) var queued: [String: [QueuedAttemptRecord.Outcome: UInt64]] = [:]
  /// Of those that are dead, by the reason.
  private(set) var dead: [String: UInt64] = [:]
  /// From the verdict to what the store said.
  private(set) var commit = Histogram(.verify)
  /// From the acceptance to the app's 2xx.
  private(set) var latency = Histogram(.delivery)

  /// Ten years: a clock that was set must not spoil the sum.
  private static let latencyMillisecondsMax: Int64 = 315_360_000_000

  init(name: String) { self.name = name }

  mutating func count(_ record: DeliveryRecord) {
    outcomes[record.outcome.position] &+= 1
    bodyBytes &+= UInt64(record.bodyBytes)
    total.add(Int64(clamping: record.totalNanoseconds))
    if record.verifyNanoseconds != 0 { verify.add(Int64(clamping: record.verifyNanoseconds)) }
    if record.keepNanoseconds != 0 { commit.add(Int64(clamping: record.keepNanoseconds)) }
    if record.upstreamNanoseconds != 0 { upstream.add(Int64(clamping: record.upstreamNanoseconds)) }
    if let seconds = record.ageSeconds { age.add(Int64(seconds)) }
    if record.secretPosition != nil { countVerified(record) }
    if let reason = record.reason { count(reason, of: record) }
  }

  /// Where kept deliveries go. Those beyond the bound count together, however often a reload brings others.
  mutating func adopt(upstreams: [String]) {
    for name in upstreams where queued[name] == nil && queued.count < Self.queuedUpstreamsMax {
      queued[name] = [:]
    }
  }

  private static let queuedUpstreamsMax = 32

  mutating func count(_ attempt: QueuedAttemptRecord) {
    // What is not what it was when it was stored goes nowhere.
    let known = queued[attempt.upstream] != nil ? attempt.upstream : Counters.others
    let upstream = attempt.upstream.isEmpty ? Counters.noRoute : known
    queued[upstream, default: [:]][attempt.outcome, default: 0] &+= 1
    switch attempt.outcome {
    case .delivered:
      latency.add(min(max(0, attempt.millisecondsSinceAccepted), Self.latencyMillisecondsMax) * 1_000_000)
    case .dead: dead[attempt.reason ?? "status", default: 0] &+= 1
    case .retried, .cancelled: break
    }
  }

  private mutating func countVerified(_ record: DeliveryRecord) {
    let arrived = record.arrived.unixMilliseconds
    lastVerifiedAt = arrived
    // Not those that are stale: anyone can send a captured delivery again, and would move the estimate.
    if let seconds = record.ageSeconds { ages.add(ageSeconds: seconds, at: arrived) }
  }

  private mutating func count(_ reason: String, of record: DeliveryRecord) {
    reasons[Reason(outcome: record.outcome, reason: reason), default: 0] &+= 1
    if record.outcome == .refused || record.outcome == .observed {
      lastRefusal = Refusal(
        reason: reason, arrived: record.arrived, ageSeconds: record.ageSeconds)
    }
  }

  public func count(of outcome: DeliveryRecord.Outcome) -> UInt64 { outcomes[outcome.position] }

  /// The refused by reason, the most frequent first.
  public var refusals: [(reason: String, count: UInt64)] {
    reasons.filter { $0.key.outcome == .refused }.map { ($0.key.reason, $0.value) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
  }

  mutating func add(_ other: RouteCounters) {
    for index in outcomes.indices { outcomes[index] &+= other.outcomes[index] }
    reasons.merge(other.reasons) { $0 &+ $1 }
    bodyBytes &+= other.bodyBytes
    verify.add(other.verify)
    upstream.add(other.upstream)
    total.add(other.total)
    age.add(other.age)
    ages.add(other.ages)
    queued.merge(other.queued) { $0.merging($1) { $0 &+ $1 } }
    dead.merge(other.dead) { $0 &+ $1 }
    commit.add(other.commit)
    latency.add(other.latency)
    lastVerifiedAt = max(lastVerifiedAt, other.lastVerifiedAt)
    // By the finer clock of the two, which is the same for all loops: two may refuse in one millisecond.
    if let refusal = other.lastRefusal,
      refusal.arrived.uptimeNanoseconds >= lastRefusal?.arrived.uptimeNanoseconds ?? 0
    {
      lastRefusal = refusal
    }
  }
}

extension DeliveryRecord.Outcome {
  /// Its place in `allCases`.
  var position: Int {
    switch self {
    case .forwarded: 0
    case .observed: 1
    case .refused: 2
    case .failed: 3
    case .appError: 4
    case .abandoned: 5
    case .stored: 6
    case .duplicate: 7
    }
  }
}

extension RouteCounters {
  /// Whether it has delivered anything out of the store.
  var hasQueued: Bool { queued.values.contains { !$0.isEmpty } }
}
