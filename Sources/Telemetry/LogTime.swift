internal import Glibc

/// The wall clock as log lines show it: UTC, RFC 3339, milliseconds.
enum LogTime {
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Appends `2025-11-21T20:37:00.123Z`. Plain arithmetic, without a cached second: a few divisions cost
  /// less than the lock that a cache shared by several threads would need.
  static func append(_ unixMilliseconds: Int64, to bytes: inout [UInt8]) {
    let (days, millisecond) = floorDivided(unixMilliseconds, by: 86_400_000)
    let (year, month, day) = civil(fromDays: days)
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

  /// The Gregorian date of a day number since 1970-01-01. Years are counted from March, so that the leap
  /// day comes last and a month's first day is a linear formula.
  private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivided(days + 719_468, by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivided(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
