/// Unix milliseconds, as clocks, files and people name instants.
///
/// A clock may say anything: a dead battery, a test's library, a file's date that somebody set. What does not
/// lie in the years 0 to 9999 becomes the nearest instant that does: such a one has a date in every calendar
/// here, and the difference of two of them, plus any time-out, is far from the end of 64 bits. So every reader
/// of a clock or a file's date goes through here, and what is calculated with the result cannot overflow.
public enum UnixTime {
  /// From 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
  public static let milliseconds: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999
  /// What a person may name: from 1970 on.
  public static let seconds: ClosedRange<Int64> = 0...253_402_300_799

  /// What a `timespec` says.
  public static func milliseconds(seconds: Int, nanoseconds: Int) -> Int64 {
    let (whole, overflow) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1000)
    guard !overflow else { return seconds < 0 ? milliseconds.lowerBound : milliseconds.upperBound }
    return nearest(whole.addingSaturated(Int64(clamping: nanoseconds) / 1_000_000))
  }

  /// The instant itself, or the end of the range that is nearer.
  public static func nearest(_ unixMilliseconds: Int64) -> Int64 {
    min(max(unixMilliseconds, milliseconds.lowerBound), milliseconds.upperBound)
  }
}

extension FixedWidthInteger {
  /// The sum, or the end of the range that it lies beyond.
  public func addingSaturated(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, or the end of the range that it lies beyond.
  public func subtractingSaturated(_ other: Self) -> Self {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}
