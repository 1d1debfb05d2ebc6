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
    appendDigits(year, count: 4, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    appendDigits(month, count: 2, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    appendDigits(day, count: 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    appendDigits(millisecond / 3_600_000, count: 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    appendDigits(millisecond / 60_000 % 60, count: 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    appendDigits(millisecond / 1000 % 60, count: 2, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    appendDigits(millisecond % 1000, count: 3, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
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

/// Appends the last `count` decimal digits of a value that is not negative.
func appendDigits(_ value: Int64, count: Int, to bytes: inout [UInt8]) {
  var divisor: Int64 = 1
  for _ in 1..<count { divisor *= 10 }
  while divisor > 0 {
    bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
    divisor /= 10
  }
}
