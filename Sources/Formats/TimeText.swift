/// Times as people read them.
public enum TimeText {
  /// `2026-11-21 21:17:26 UTC`
  public static func utc(unixMilliseconds: Int64) -> String {
    var bytes: [UInt8] = []
    RFC3339.append(unixMilliseconds, separator: " ", to: &bytes)
    return String(decoding: bytes, as: UTF8.self) + " UTC"
  }

  /// From one instant to a later one: `3 d`, `5 h`, `7 min`, `12 s`. They may come from anywhere.
  public static func age(from earlier: Int64, to later: Int64) -> String {
    age(milliseconds: later.subtractingSaturated(earlier))
  }

  /// `3 d`, `5 h`, `7 min`, `12 s`
  public static func age(milliseconds: Int64) -> String {
    let seconds = max(milliseconds / 1000, 0)
    return switch seconds {
    case 172_800...: "\(seconds / 86_400) d"
    case 7_200...: "\(seconds / 3_600) h"
    case 120...: "\(seconds / 60) min"
    default: "\(seconds) s"
    }
  }
}
