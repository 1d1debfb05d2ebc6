/// An instant as the edges read it from their clocks. The core is given one; it never looks.
public struct Moment: Sendable, Equatable {
  /// Wall clock, milliseconds since 1970-01-01T00:00:00Z: what timestamps are judged by.
  public var unixMilliseconds: Int64
  /// Monotonic clock, nanoseconds: what durations and deadlines are measured by.
  public var uptimeNanoseconds: UInt64

  public init(unixMilliseconds: Int64, uptimeNanoseconds: UInt64) {
    self.unixMilliseconds = unixMilliseconds
    self.uptimeNanoseconds = uptimeNanoseconds
  }

  /// Nanoseconds from `earlier` to this moment, 0 when the clocks disagree.
  public func nanoseconds(since earlier: Moment) -> UInt64 {
    uptimeNanoseconds > earlier.uptimeNanoseconds ? uptimeNanoseconds - earlier.uptimeNanoseconds : 0
  }
}
