internal import Formats

/// HTTP's dates (RFC 9110, 5.6.7): the one that is sent today, and the two that a recipient has to know as well.
/// The day's name is not compared: a wrong one makes the date no less clear.
enum HTTPDate {
  /// - Parameter now: whose century two digits of a year belong to.
  static func unixMilliseconds(_ bytes: UnsafeRawBufferPointer, now: Int64) -> Int64? {
    guard bytes.count <= 40, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
    let words = bytes.split(whereSeparator: { $0 == 0x20 || $0 == 0x2D }).map { word in Array(word) }
    switch words.count {
    // Sun, 06 Nov 1994 08:49:37 GMT
    case 6 where words[3].count == 4 && words[5] == gmt:
      return instant(year: number(words[3]), month: words[2], day: words[1], time: words[4])
    // Sunday, 06-Nov-94 08:49:37 GMT
    case 6 where words[3].count == 2 && words[5] == gmt:
      let year = number(words[3]).map { fullYear($0, now: now) }
      return instant(year: year, month: words[2], day: words[1], time: words[4])
    // Sun Nov  6 08:49:37 1994
    case 5 where words[4].count == 4:
      return instant(year: number(words[4]), month: words[1], day: words[2], time: words[3])
    default: return nil
    }
  }

  private static let gmt = Array("GMT".utf8)
  private static let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)

  /// What would lie more than 50 years ahead is of the century before.
  private static func fullYear(_ twoDigits: Int, now: Int64) -> Int {
    let days = UnixTime.nearest(now).floorDivided(by: 86_400_000).quotient
    let present = Int(CivilDate(daysSinceEpoch: days).year)
    let year = present - present % 100 + twoDigits
    return year > present + 50 ? year - 100 : year
  }

  private static func instant(year: Int?, month: [UInt8], day: [UInt8], time: [UInt8]) -> Int64? {
    let parts = time.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Array($0) }
    guard let year, day.count <= 2, let day = number(day), (1...2).contains(parts.map(\.count).max() ?? 0),
      parts.count == 3,
      let hour = number(parts[0]), let minute = number(parts[1]), let second = number(parts[2]),
      let month = (0..<12).first(where: { Array(months[$0 * 3..<$0 * 3 + 3]) == month })
    else { return nil }
    let text =
      [padded(year, 4), "-", padded(month + 1, 2), "-", padded(day, 2), "T"]
      + [padded(hour, 2), ":", padded(minute, 2), ":", padded(second, 2), "Z"]
    // It knows how long months are.
    return Array(text.joined().utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
  }

  private static func number(_ digits: [UInt8]) -> Int? {
    guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy({ $0.isASCIIDigit }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
