/// The escapes of JSON's strings, both ways (RFC 8259, section 7).
public enum JSONEscape {
  private static let all: [(letter: UInt8, byte: UInt8)] = [
    (UInt8(ascii: "\""), UInt8(ascii: "\"")), (UInt8(ascii: "\\"), UInt8(ascii: "\\")),
    (UInt8(ascii: "/"), UInt8(ascii: "/")), (UInt8(ascii: "b"), 0x08), (UInt8(ascii: "f"), 0x0C),
    (UInt8(ascii: "n"), 0x0A), (UInt8(ascii: "r"), 0x0D), (UInt8(ascii: "t"), 0x09),
  ]

  static func byte(of letter: UInt8) -> UInt8? { all.first { $0.letter == letter }?.byte }
  static func letter(of byte: UInt8) -> UInt8? { all.first { $0.byte == byte }?.letter }

  /// A character as itself, behind a backslash where it must be.
  public static func appendPlain(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    if scalar == "\"" || scalar == "\\" { bytes.append(UInt8(ascii: "\\")) }
    bytes.append(contentsOf: UTF8.encode(scalar)!)
  }

  /// `\uNNNN`, twice for a character beyond the first plane.
  public static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    for unit in UTF16.encode(scalar)! {
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(UInt8(ascii: "u"))
      for shift in stride(from: 12, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 15
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }
}
