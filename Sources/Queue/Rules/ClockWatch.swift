public import Formats

/// Whether the wall clock can be believed. It decides what is old, so a clock that jumps a week ahead would empty
/// the store; the monotonic clock beside it shows such a jump.
public struct ClockWatch: Sendable {
  /// Clocks that are further apart than this are not believed.
  public static let partedMilliseconds: Int64 = 3_600_000

  private var trusted: Moment

  /// A start confirms the clock: nothing is known that contradicts it.
  public init(startedAt moment: Moment) { trusted = moment }

  /// What the wall clock has gone ahead of (or, negative, behind) the monotonic one since they were trusted.
  public func jumpMilliseconds(at moment: Moment) -> Int64 {
    let wall = UnixTime.nearest(moment.unixMilliseconds) - UnixTime.nearest(trusted.unixMilliseconds)
    return wall - Int64(clamping: moment.nanoseconds(since: trusted) / 1_000_000)
  }

  /// False from a jump until the clock is back, or confirmed.
  public func isTrusted(at moment: Moment) -> Bool {
    (-Self.partedMilliseconds...Self.partedMilliseconds).contains(jumpMilliseconds(at: moment))
  }

  /// An operator says that the clock is right now.
  public mutating func confirm(at moment: Moment) { trusted = moment }
}

/// What clocks that were wrong have left on disk.
public enum StoredTime {
  /// The due time of a job that is read back: one further ahead than any wait could have brought it is due now.
  public static func due(_ due: Int64, now: Int64, longestDelayMilliseconds: Int64) -> Int64 {
    due > latestDue(now: now, longestDelayMilliseconds: longestDelayMilliseconds) ? now : due
  }

  /// No wait reaches further than this.
  public static func latestDue(now: Int64, longestDelayMilliseconds: Int64) -> Int64 {
    now.addingSaturated(longestDelayMilliseconds.addingSaturated(longestDelayMilliseconds))
  }
}
