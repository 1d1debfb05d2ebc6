internal import Formats

/// How many a replay may move now: its rate, evenly, so that what it did not use while it waited comes in no burst.
/// Times are of a monotonic clock, nanoseconds.
public struct ReplayPace: Sendable {
  /// Of the time that it has not used, this much is kept for it.
  static let savedNanosecondsMax: UInt64 = 250_000_000

  private let rate: Int
  /// Up to when it has used its time.
  private var used: UInt64

  /// - Parameter rate: a second, at least 1.
  public init(rate: Int, at now: UInt64) {
    self.rate = max(rate, 1)
    used = now
  }

  private var nanosecondsEach: UInt64 { 1_000_000_000 / UInt64(rate) }

  public mutating func allowance(at now: UInt64) -> Int {
    // What is slower than that is let through one by one.
    let saved = Self.savedNanosecondsMax + nanosecondsEach
    if now > saved { used = max(used, now - saved) }
    return now < used ? 0 : Int((now - used) / nanosecondsEach)
  }

  public mutating func move(_ count: Int) {
    used = used.addingSaturated(UInt64(max(count, 0)) * nanosecondsEach)
  }
}
