/// Decimal numbers of a fixed width.
public enum Digits {
  /// The value is from 0 to 999.
  public static func appendThree(_ value: Int64, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 100))
    appendTwo(value % 100, to: &bytes)
  }

  /// The value is from 0 to 99.
  static func appendTwo(_ value: Int64, before separator: Unicode.Scalar? = nil, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    if let separator { bytes.append(UInt8(ascii: separator)) }
  }
}
