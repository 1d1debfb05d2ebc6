public import Gateway

/// What was counted at intervals of the last minutes: the difference to now is a rate.
public struct RateHistory: Sendable {
  /// What happened on one route in a stretch of time.
  public struct Stretch: Sendable {
    public var milliseconds: Int64
    /// In the order of `Outcome.allCases`.
    public var outcomes: [UInt64]

    public func count(of outcome: DeliveryRecord.Outcome) -> UInt64 { outcomes[outcome.position] }
  }

  private struct Sample {
    /// Unix milliseconds.
    let at: Int64
    let outcomes: [String: [UInt64]]
  }

  /// Five minutes of samples that come every ten seconds, and one before.
  private static let samplesMax = 31

  private var samples: [Sample] = []

  public init() {}

  public mutating func add(_ counters: Counters, at unixMilliseconds: Int64) {
    if samples.count == Self.samplesMax { samples.removeFirst() }
    let outcomes = counters.routes.map { ($0.name, $0.outcomes) }
    samples.append(Sample(at: unixMilliseconds, outcomes: Dictionary(uniqueKeysWithValues: outcomes)))
  }

  /// What has happened since the sample that is nearest to so many seconds ago.
  public func stretch(_ route: RouteCounters, seconds: Int64, at now: Int64, startedAt: Int64) -> Stretch {
    let wanted = now - seconds * 1000
    // Before the first sample lies the start, when everything was 0.
    guard let sample = samples.min(by: { abs($0.at - wanted) < abs($1.at - wanted) }),
      startedAt < wanted
    else { return Stretch(milliseconds: now - startedAt, outcomes: route.outcomes) }
    let before = sample.outcomes[route.name] ?? route.outcomes.map { _ in 0 }
    return Stretch(milliseconds: now - sample.at, outcomes: zip(route.outcomes, before).map { $0 &- $1 })
  }
}
