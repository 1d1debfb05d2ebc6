internal import Formats

/// The value of Retry-After (RFC 9110, 10.2.3): seconds, or an HTTP date in any of its three forms.
public enum RetryAfter {
  /// How long is asked for, milliseconds, never below 0; nil where the value is neither.
  public static func milliseconds(_ value: UnsafeRawBufferPointer, now unixMilliseconds: Int64) -> Int64? {
    if let seconds = seconds(value) {
      return seconds.multipliedReportingOverflow(by: 1000).overflow ? .max : seconds * 1000
    }
    guard let date = HTTPDate.unixMilliseconds(value, now: unixMilliseconds) else { return nil }
    return max(0, date.subtractingSaturated(unixMilliseconds))
  }

  /// Digits alone; more than fit are a long time all the same.
  private static func seconds(_ value: UnsafeRawBufferPointer) -> Int64? {
    guard value.count > 0, value.allSatisfy({ $0.isASCIIDigit }) else { return nil }
    var seconds: Int64 = 0
    for byte in value {
      let (tens, tooMany) = seconds.multipliedReportingOverflow(by: 10)
      guard !tooMany else { return .max }
      seconds = tens.addingSaturated(Int64(byte - UInt8(ascii: "0")))
    }
    return seconds
  }
}
