/// Content-Length as no two readers agree on it.
enum LengthCases {
  private static let refused = RawCase.Expected.refused([400])
  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))

  private static let lines = RawText.rows(
    #"""
    Content-Length: 10\r\nContent-Length: 9
    Content-Length: 9\r\nContent-Length: 10
    Content-Length: 10\r\nContent-Length: 10
    Content-Length: 10\r\nContent-Length: 0
    Content-Length: 0\r\nContent-Length: 10
    Content-Length: 10\r\ncontent-length: 10
    Content-Length: 10\r\nContent-Length:
    Content-Length: 10\r\nX: y\r\nContent-Length: 10
    Content-Length: 10\r\n Content-Length: 9
    Content-Length: 10\r\nContent-Length: 10\r\nContent-Length: 10
    Content-Length : 10
    Content-Length\t: 10
    \x20Content-Length: 10
    Content Length: 10
    Content-Length 10
    Content-Length\x00: 10
    Content-Length\x0b: 10
    \x0bContent-Length: 10
    Content\r-Length: 10
    X: y\rContent-Length: 10
    X: y\nContent-Length: 10
    Content-Length\r\n: 10
    \xffContent-Length: 10
    C\xf3ntent-Length: 10
    Content-Length:: 10
    :Content-Length: 10
    Content-Length=10
    Content-Length(x): 10
    Content-Length: 10\r\nContent-Length : 9
    Content-Length: 10\r\nContent-Length\t: 9
    Content-Length: 10\nContent-Length: 9
    Content-Length: 10\rContent-Length: 9
    """#)

  private static let values = RawText.rows(
    #"""
    10, 10
    10,10
    10, 9
    10,
    ,10
    10 10
    1 0
    +10
    -10
    -0
    --10
    ++10
    0x0a
    0xA
    0X0A
    0o12
    0b1010
    a
    A
    1e1
    1E1
    10.0
    10.
    .10
    1_0
    1'0
    10L
    10u
    10;
    10;x
    (10)
    "10"
    '10'
    [10]
    =10
    10%
    %31%30
    \xd9\xa1\xd9\xa0
    \xef\xbc\x91\xef\xbc\x90
    \xb90
    NaN
    Infinity
    null
    true
    10\t
    \t10
    10\x00
    \x0b10
    10\xa0
    \xa010
    \x8510
    10\x7f

    \x20\x20
    10 bytes
    ten
    10#
    10/10
    10:10
    1,0
    10&
    $10
    10 ,10
    10\r
    1\r0
    1\n0
    10\n
    \r\n 10
    10\r\n\x20
    1\r\n 0
    -18446744073709551606
    4294967306x
    018446744073709551626x
    """#)

  /// Numbers that 32 or 64 bits would cut to a small one.
  private static let huge: [String] =
    RawText.rows(
      #"""
      1048577
      4294967306
      2147483658
      9223372036854775807
      9223372036854775808
      9223372036854775818
      18446744073709551616
      18446744073709551626
      340282366920938463463374607431768211466
      0000000000000010
      """#) + [String(repeating: "9", count: 4_000), String(repeating: "0", count: 300) + "10"]

  private static let plain = RawText.rows(
    #"""
    Content-Length: 10
    content-length:10
    CONTENT-LENGTH:    10
    Content-Length: 10\x20\x20
    Content-Length: 010
    Content-Length: 0000010
    Content-Length: 10\r\nContent_Length: 5
    Content-Length: 10\r\nX-Content-Length: 5
    Content-Length: 10\r\nContent-Length-X: 5
    Content-Length: 10\r\nContentLength: 5
    """#)

  static let all: [RawCase] =
    lines.map { RawCase(.length, $0, refused, text: RawCase.post($0.unescaped)) }
    + values.map {
      RawCase(.length, "CL \($0)", refused, text: RawCase.post("Content-Length: \($0.unescaped)"))
    }
    + huge.map {
      RawCase(.length, "CL \($0.prefix(40))", .refused([413]), text: RawCase.post("Content-Length: \($0)"))
    } + plain.map { RawCase(.length, "\($0) frames", delivered, text: RawCase.post($0.unescaped)) }
}
