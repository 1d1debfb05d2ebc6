/// One complete date-time of RFC 3339, section 5.6, and nothing around it.
public enum RFC3339 {
  /// Nil where it is none.
  public static func unixMilliseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard (20...35).contains(bytes.count) else { return nil }
    guard
      let year = number(bytes, 0, 4), bytes[4] == UInt8(ascii: "-"),
      let month = number(bytes, 5, 2), (1...12).contains(month), bytes[7] == UInt8(ascii: "-"),
      let day = number(bytes, 8, 2), (1...daysIn(month: month, year: year)).contains(day),
      bytes[10].asciiLowercased == UInt8(ascii: "t"),
      let hour = number(bytes, 11, 2), hour <= 23, bytes[13] == UInt8(ascii: ":"),
      let minute = number(bytes, 14, 2), minute <= 59, bytes[16] == UInt8(ascii: ":"),
      let second = number(bytes, 17, 2), second <= 60
    else { return nil }
    var index = 19
    var milliseconds: Int64 = 0
    if bytes[index] == UInt8(ascii: ".") {
      guard let (value, end) = fraction(bytes, from: index + 1) else { return nil }
      milliseconds = value
      index = end
    }
    guard let offset = offsetMinutes(bytes, from: index) else { return nil }
    let days = Int64(daysSinceEpoch(year: year, month: month, day: day))
    let minutes = (days * 24 + Int64(hour)) * 60 + Int64(minute) - Int64(offset)
    return (minutes * 60 + Int64(second)) * 1000 + milliseconds
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int? {
    guard start + count <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[start..<start + count] {
      guard byte.isASCIIDigit else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }

  /// One to nine digits after the dot.
  private static func fraction(_ bytes: UnsafeRawBufferPointer, from start: Int) -> (Int64, end: Int)? {
    var end = start
    var milliseconds: Int64 = 0
    while end < bytes.count, bytes[end].isASCIIDigit {
      if end - start < 3 { milliseconds = milliseconds * 10 + Int64(bytes[end] - UInt8(ascii: "0")) }
      end += 1
    }
    let digits = end - start
    guard (1...9).contains(digits) else { return nil }
    for _ in stride(from: digits, to: 3, by: 1) { milliseconds *= 10 }
    return (milliseconds, end)
  }

  /// `Z` or `+hh:mm` up to the very end.
  private static func offsetMinutes(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count else { return nil }
    if bytes[start].asciiLowercased == UInt8(ascii: "z") { return start + 1 == bytes.count ? 0 : nil }
    guard bytes[start] == UInt8(ascii: "+") || bytes[start] == UInt8(ascii: "-"),
      start + 6 == bytes.count, bytes[start + 3] == UInt8(ascii: ":"),
      let hours = number(bytes, start + 1, 2), hours <= 23,
      let minutes = number(bytes, start + 4, 2), minutes <= 59
    else { return nil }
    let total = hours * 60 + minutes
    return bytes[start] == UInt8(ascii: "-") ? -total : total
  }

  private static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
  private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    // One cycle of 400 years up, so that year 0's January divides like any other.
    let shifted = (month <= 2 ? year - 1 : year) + 400
    let monthFromMarch = (month + 9) % 12
    let leapDays = shifted / 4 - shifted / 100 + shifted / 400
    return shifted * 365 + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468 - 146_097
  }
}

extension RFC3339 {
  /// Whole seconds in UTC.
  public static func text(unixMilliseconds: Int64) -> String {
    let (days, seconds) = CivilDate.floorDivided(unixMilliseconds / 1000, by: 86_400)
    let (year, month, day) = CivilDate.of(daysSinceEpoch: days)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return "\(date)T\(time.joined(separator: ":"))Z"
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
