internal import Formats
internal import Glibc

/// The wall clock as log lines show it: UTC, RFC 3339, milliseconds.
enum LogTime {
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixTime.milliseconds(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
  }

  /// Appends `2025-11-21T20:37:00.123Z`. Plain arithmetic, without a cached second: a few divisions cost
  /// less than the lock that a cache shared by several threads would need.
  static func append(_ unixMilliseconds: Int64, to bytes: inout [UInt8]) {
    let (days, millisecond) = CivilDate.floorDivided(unixMilliseconds, by: 86_400_000)
    let (year, month, day) = CivilDate.of(daysSinceEpoch: days)
    appendTwoDigits(year / 100, to: &bytes)
    appendTwoDigits(year % 100, before: "-", to: &bytes)
    appendTwoDigits(month, before: "-", to: &bytes)
    appendTwoDigits(day, before: "T", to: &bytes)
    appendTwoDigits(millisecond / 3_600_000, before: ":", to: &bytes)
    appendTwoDigits(millisecond / 60_000 % 60, before: ":", to: &bytes)
    appendTwoDigits(millisecond / 1000 % 60, before: ".", to: &bytes)
    appendThreeDigits(millisecond % 1000, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// The value is from 0 to 999.
  static func appendThreeDigits(_ value: Int64, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 100))
    appendTwoDigits(value % 100, to: &bytes)
  }

  /// The value is from 0 to 99.
  private static func appendTwoDigits(
    _ value: Int64, before separator: Unicode.Scalar? = nil, to bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    if let separator { bytes.append(UInt8(ascii: separator)) }
  }
}
