public import Gateway
internal import Synchronization

/// What happened since the start, in numbers. Any thread may count.
public final class Counters: Sendable {
  private let forwarded = Atomic(0)
  private let observed = Atomic(0)
  private let refused = Atomic(0)
  private let failed = Atomic(0)
  private let abandoned = Atomic(0)
  private let reloadsTaken = Atomic(0)
  private let reloadsFailed = Atomic(0)
  // Labels come from `Rejection`, whose cases bound their number.
  private let reasons = Mutex<[String: Int]>([:])

  public init() {}

  public func count(_ record: ExchangeRecord) {
    add(1, to: record.outcome)
    guard let reason = record.reason else { return }
    reasons.withLock { $0[reason, default: 0] += 1 }
  }

  public func countReload(taken: Bool) {
    if taken {
      reloadsTaken.wrappingAdd(1, ordering: .relaxed)
    } else {
      reloadsFailed.wrappingAdd(1, ordering: .relaxed)
    }
  }

  public func count(of outcome: ExchangeRecord.Outcome) -> Int {
    switch outcome {
    case .forwarded: forwarded.load(ordering: .relaxed)
    case .observed: observed.load(ordering: .relaxed)
    case .refused: refused.load(ordering: .relaxed)
    case .failed: failed.load(ordering: .relaxed)
    case .abandoned: abandoned.load(ordering: .relaxed)
    }
  }

  /// By a rejection's label.
  public var countsByReason: [String: Int] { reasons.withLock { $0 } }

  /// One sentence for the last log line.
  public func summary(logLinesDropped: Int) -> String {
    let outcomes = ExchangeRecord.Outcome.allCases.map { "\(count(of: $0)) \($0.rawValue)" }
    let reasons = countsByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) \($0.key)" }
    return outcomes.joined(separator: ", ")
      + (reasons.isEmpty ? "" : " (" + reasons.joined(separator: ", ") + ")")
      + "; reloads: \(reloadsTaken.load(ordering: .relaxed)) taken, "
      + "\(reloadsFailed.load(ordering: .relaxed)) failed; \(logLinesDropped) log lines dropped"
  }

  private func add(_ count: Int, to outcome: ExchangeRecord.Outcome) {
    switch outcome {
    case .forwarded: forwarded.wrappingAdd(count, ordering: .relaxed)
    case .observed: observed.wrappingAdd(count, ordering: .relaxed)
    case .refused: refused.wrappingAdd(count, ordering: .relaxed)
    case .failed: failed.wrappingAdd(count, ordering: .relaxed)
    case .abandoned: abandoned.wrappingAdd(count, ordering: .relaxed)
    }
  }
}
