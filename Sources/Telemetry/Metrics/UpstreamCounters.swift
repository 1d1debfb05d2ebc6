public import Gateway

/// What happened at one upstream.
public struct UpstreamCounters: Sendable {
  /// Its URL as configured.
  public let name: String
  /// By the position of `results`.
  private(set) var counts = [UInt64](repeating: 0, count: UpstreamCounters.results.count)
  /// When the last delivery that it answered, or did not, arrived, Unix milliseconds; 0 before the first.
  public private(set) var lastAnsweredAt: Int64 = 0
  public private(set) var lastFailedAt: Int64 = 0
  public private(set) var lastStatus = 0
  public private(set) var lastFailure: ForwardFailure.Kind?
  /// Without those that the gateway gave up itself.
  public private(set) var recent = AnswerWindow()

  init(name: String) { self.name = name }

  /// The values of the label `result`: the class of an answer's status, or why there was none.
  static let results = ["1xx", "2xx", "3xx", "4xx", "5xx"] + ForwardFailure.Kind.allCases.map(\.rawValue)

  /// Whether its last attempt brought no answer. One that the gateway gave up itself says nothing.
  public var isFailing: Bool { lastFailedAt > 0 && lastFailedAt >= lastAnsweredAt }

  /// What the attempts came to, without those that never did.
  public var attempts: [(result: String, count: UInt64)] {
    zip(Self.results, counts).filter { $0.1 > 0 }.map { ($0.0, $0.1) }
  }

  mutating func count(_ end: AttemptEnd, arrival: Int64) {
    switch end {
    case .answered(let status):
      counts[min(max(status / 100, 1), 5) - 1] &+= 1
      lastStatus = status
      lastAnsweredAt = max(lastAnsweredAt, arrival)
      recent.add(isError: status >= 500, at: arrival)
    case .failed(let kind):
      let place = ForwardFailure.Kind.allCases.firstIndex(of: kind) ?? 0
      counts[5 + place] &+= 1
      guard kind != .cancelled else { return }
      lastFailure = kind
      lastFailedAt = max(lastFailedAt, arrival)
      recent.add(isError: false, at: arrival)
    }
  }

  mutating func add(_ other: UpstreamCounters) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    recent.add(other.recent)
    if other.lastAnsweredAt >= lastAnsweredAt {
      (lastAnsweredAt, lastStatus) = (other.lastAnsweredAt, other.lastStatus)
    }
    if other.lastFailedAt >= lastFailedAt {
      (lastFailedAt, lastFailure) = (other.lastFailedAt, other.lastFailure)
    }
  }
}
