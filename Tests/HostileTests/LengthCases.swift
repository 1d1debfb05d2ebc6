/// Content-Length as no two readers agree on it: row H02.
enum LengthCases {
  private static let refused = RawCase.Expected.refused([400])
  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))

  static let several: [RawCase] = [
    ("10 and 9", "Content-Length: 10\r\nContent-Length: 9"),
    ("9 and 10", "Content-Length: 9\r\nContent-Length: 10"),
    ("10 and 10", "Content-Length: 10\r\nContent-Length: 10"),
    ("10 and 0", "Content-Length: 10\r\nContent-Length: 0"),
    ("0 and 10", "Content-Length: 0\r\nContent-Length: 10"),
    ("10 and content-length", "Content-Length: 10\r\ncontent-length: 10"),
    ("10 and an empty one", "Content-Length: 10\r\nContent-Length:"),
    ("far apart", "Content-Length: 10\r\nX: y\r\nContent-Length: 10"),
    ("10 and a blank before the second", "Content-Length: 10\r\n Content-Length: 9"),
    ("three", "Content-Length: 10\r\nContent-Length: 10\r\nContent-Length: 10"),
  ].map { RawCase("H02", "CL \($0)", refused, text: RawCase.post($1)) }

  static let odd: [RawCase] = [
    "10, 10", "10,10", "10, 9", "10,", ",10", "10 10", "1 0", "+10", "-10", "-0", "--10", "++10", "0x0a",
    "0xA", "0X0A",
    "0o12", "0b1010", "a", "A", "1e1", "1E1", "10.0", "10.", ".10", "1_0", "1'0", "10L", "10u", "10;", "10;x",
    "(10)",
    "\"10\"", "'10'", "[10]", "=10", "10%", "%31%30", "\u{661}\u{660}", "\u{FF11}\u{FF10}", "\u{B9}0",
    "\u{2460}0",
    "NaN", "Infinity", "null", "true", "10\t", "\t10", "10\0", "\u{B}10", "10\u{A0}", "\u{A0}10", "\u{85}10",
    "10\u{7F}",
    "", "  ", "10 bytes", "ten", "10#", "10/10", "10:10", "1,0", "10&", "$10", "10 ,10", "10\r", "1\r0",
    "1\n0", "10\n",
    "\r\n 10", "10\r\n ", "1\r\n 0", "-18446744073709551606", "4294967306x", "018446744073709551626x",
  ].map { RawCase("H02", "CL \($0)", refused, text: RawCase.post("Content-Length: \($0)")) }

  static let names: [RawCase] = [
    "Content-Length : 10", "Content-Length\t: 10", " Content-Length: 10", "Content Length: 10",
    "Content-Length 10",
    "Content-Length\0: 10", "Content-Length\u{B}: 10", "\u{B}Content-Length: 10", "Content\r-Length: 10",
    "X: y\rContent-Length: 10", "X: y\nContent-Length: 10", "Content-Length\r\n: 10",
    "\u{FF}Content-Length: 10",
    "C\u{F3}ntent-Length: 10", "Content-Length:: 10", ":Content-Length: 10", "Content-Length=10",
  ].map { RawCase("H02", "CL name \($0)", refused, text: RawCase.post($0)) }

  /// Numbers that 32 or 64 bits would cut to a small one.
  static let huge: [RawCase] = [
    "1048577", "4294967306", "2147483658", "9223372036854775807", "9223372036854775808",
    "9223372036854775818",
    "18446744073709551616", "18446744073709551626", "340282366920938463463374607431768211466",
    String(repeating: "9", count: 4_000), "0000000000000010", String(repeating: "0", count: 300) + "10",
  ].map { value in
    RawCase("H02", "CL \(value.prefix(40))", .refused([413]), text: RawCase.post("Content-Length: \(value)"))
  }

  static let plain: [RawCase] = [
    "Content-Length: 10", "content-length:10", "CONTENT-LENGTH:    10", "Content-Length: 10   ",
    "Content-Length: 010",
    "Content-Length: 0000010", "Content-Length: 10\r\nContent_Length: 5",
    "Content-Length: 10\r\nX-Content-Length: 5",
    "Content-Length: 10\r\nContent-Length-X: 5", "Content-Length: 10\r\nContentLength: 5",
  ].map { RawCase("H02", "\($0) frames", delivered, text: RawCase.post($0)) }

  static let all = several + odd + names + huge + plain
}
