/// Instants as RFC 3339, section 5.6, writes them; so do log lines and commands, in UTC.
public enum RFC3339 {
  /// The instant of one complete date-time, in milliseconds since 1970; nil where it is none, or not alone.
  public static func unixMilliseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard (20...35).contains(bytes.count) else { return nil }
    guard
      let year = number(bytes, 0, 4), bytes[4] == UInt8(ascii: "-"),
      let month = number(bytes, 5, 2), bytes[7] == UInt8(ascii: "-"), let day = number(bytes, 8, 2),
      let date = CivilDate(year: year, month: month, day: day),
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
    let minutes = (date.daysSinceEpoch * 24 + hour) * 60 + minute - offset
    return (minutes * 60 + second) * 1000 + milliseconds
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
    guard start + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for byte in bytes[start..<start + count] {
      guard byte.isASCIIDigit else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
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
  private static func offsetMinutes(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int64? {
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
}

extension RFC3339 {
  /// Whole seconds: `2026-11-21T21:17:26Z`.
  public static func text(unixMilliseconds: Int64) -> String {
    var bytes: [UInt8] = []
    append(unixMilliseconds, separator: "T", to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends `2026-11-21T21:17:26.123Z`. Plain arithmetic, without a cached second: a few divisions cost less than
  /// the lock that a cache shared by several threads would need.
  public static func appendMilliseconds(_ unixMilliseconds: Int64, to bytes: inout [UInt8]) {
    let millisecond = append(unixMilliseconds, separator: "T", to: &bytes)
    bytes.append(UInt8(ascii: "."))
    Digits.appendThree(millisecond, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Appends date and time to the second; what is left of it is returned. An instant beyond the years of four digits
  /// is the nearest within them.
  @discardableResult
  static func append(
    _ unixMilliseconds: Int64, separator: Unicode.Scalar, to bytes: inout [UInt8]
  ) -> Int64 {
    let (days, millisecond) = UnixTime.nearest(unixMilliseconds).floorDivided(by: 86_400_000)
    let date = CivilDate(daysSinceEpoch: days)
    Digits.appendTwo(date.year / 100, to: &bytes)
    Digits.appendTwo(date.year % 100, before: "-", to: &bytes)
    Digits.appendTwo(date.month, before: "-", to: &bytes)
    Digits.appendTwo(date.day, before: separator, to: &bytes)
    Digits.appendTwo(millisecond / 3_600_000, before: ":", to: &bytes)
    Digits.appendTwo(millisecond / 60_000 % 60, before: ":", to: &bytes)
    Digits.appendTwo(millisecond / 1000 % 60, to: &bytes)
    return millisecond % 1000
  }
}
