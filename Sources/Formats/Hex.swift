/// Hexadecimal: digits of either case on the way in, lower case on the way out.
public enum Hex {
  /// The digit of a value below 16; of any other, that of its last four bits.
  @inlinable
  public static func digit(_ value: UInt8) -> UInt8 {
    let value = value & 15
    return value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
  }

  /// The value of one digit, nil for any other byte.
  @inlinable @inline(__always)
  public static func value(of digit: UInt8) -> UInt8? {
    let decimal = digit &- UInt8(ascii: "0")
    if decimal < 10 { return decimal }
    let letter = (digit | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter &+ 10 : nil
  }

  /// Two digits for each byte.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes { append(byte, to: &text) }
    return String(decoding: text, as: UTF8.self)
  }

  /// All digits of the value, with the leading zeros of its width: eight for 32 bits.
  public static func encode(_ value: some FixedWidthInteger & UnsignedInteger) -> String {
    withUnsafeBytes(of: value.bigEndian) { encode($0) }
  }

  /// Appends the two digits of a byte.
  public static func append(_ byte: UInt8, to text: inout [UInt8]) {
    text.append(digit(byte >> 4))
    text.append(digit(byte))
  }

  /// Writes the sixteen digits of a value; they must fit behind `start`.
  public static func write(_ value: UInt64, to target: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    precondition(start >= 0 && target.count - start >= 16)
    let place = UnsafeMutableRawBufferPointer(target)
    place.storeBytes(of: digits(UInt32(value >> 32)).bigEndian, toByteOffset: start, as: UInt64.self)
    place.storeBytes(
      of: digits(UInt32(truncatingIfNeeded: value)).bigEndian, toByteOffset: start + 8, as: UInt64.self)
  }

  /// Eight digits at once, a byte each, the first in the highest: every delivery has five such numbers.
  private static func digits(_ value: UInt32) -> UInt64 {
    var nibbles = UInt64(value)
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
    // 1 where it is a letter: from ten on the sum reaches sixteen.
    let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
  }

  /// Calls `emit` for each decoded byte until it returns false; false then, and when the text is not whole pairs of
  /// digits.
  @inlinable
  public static func decode(
    _ text: UnsafeRawBufferPointer, emit: (UInt8) -> Bool
  ) -> Bool {
    guard text.count > 0, text.count.isMultiple(of: 2) else { return false }
    for index in stride(from: 0, to: text.count, by: 2) {
      guard let high = value(of: text[index]), let low = value(of: text[index + 1]) else { return false }
      guard emit(high << 4 | low) else { return false }
    }
    return true
  }
}
