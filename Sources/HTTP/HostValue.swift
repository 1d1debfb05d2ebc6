internal import Formats

/// The value of `Host`: `uri-host [ ":" port ]` (RFC 9110, section 7.2), with less than RFC 3986 allows in a
/// name. Percent-encoding and sub-delimiters are in no real host name, and user information or a path in it
/// is a way to make two readers route differently.
enum HostValue {
  static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
    let end = value.first == UInt8(ascii: "[") ? literalEnd(value) : nameEnd(value)
    return end > 0 && (end == value.count || isPort(value, from: end))
  }

  private static func nameEnd(_ value: UnsafeRawBufferPointer) -> Int {
    var index = 0
    while index < value.count, isNameByte(value[index]) { index += 1 }
    return index
  }

  /// Where `[` address `]` ends, 0 when it is none.
  private static func literalEnd(_ value: UnsafeRawBufferPointer) -> Int {
    var index = 1
    while index < value.count, isAddressByte(value[index]) { index += 1 }
    guard index > 2, index < value.count, value[index] == UInt8(ascii: "]") else { return 0 }
    return index + 1
  }

  private static func isPort(_ value: UnsafeRawBufferPointer, from colon: Int) -> Bool {
    guard value[colon] == UInt8(ascii: ":"), 1...5 ~= value.count - colon - 1 else { return false }
    for index in colon + 1..<value.count where !value[index].isASCIIDigit { return false }
    return true
  }

  @inline(__always)
  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "_")
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    byte.isHexDigit || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
  }
}
