internal import Formats

/// The grammar of what is signed along with the body. It is checked before any HMAC is computed: a `.` in
/// a timestamp would move the boundary between timestamp and body.
public enum SignedValue {
  /// Longest id that is accepted.
  public static let idBytesMax = 128

  static func isIDByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  /// `^[A-Za-z0-9_-]{1,128}$`
  public static func isID(_ bytes: UnsafeRawBufferPointer) -> Bool {
    (1...idBytesMax).contains(bytes.count) && bytes.allSatisfy(isIDByte)
  }

  /// The instant a timestamp names, in Unix milliseconds; nil unless it is exactly of the layout's grammar.
  public static func unixMilliseconds(
    _ bytes: UnsafeRawBufferPointer, unit: SignatureLayout.TimestampUnit, digits: Int?
  ) -> Int64? {
    if unit == .rfc3339 { return RFC3339.unixMilliseconds(bytes) }
    guard (1...15).contains(bytes.count), digits.map({ $0 == bytes.count }) ?? true else { return nil }
    var value: Int64 = 0
    for byte in bytes {
      guard byte.isASCIIDigit else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return unit == .seconds ? value * 1000 : value
  }
}
