/// Chunks whose ends two readers see in different places.
enum ChunkCases {
  private static let broken = RawText.rows(
    #"""
    0xa\r\n0123456789\r\n0\r\n\r\n
    0Xa\r\n0123456789\r\n0\r\n\r\n
    xa\r\n0123456789\r\n0\r\n\r\n
    +a\r\n0123456789\r\n0\r\n\r\n
    -a\r\n0123456789\r\n0\r\n\r\n
    \x20a\r\n0123456789\r\n0\r\n\r\n
    \ta\r\n0123456789\r\n0\r\n\r\n
    a \r\n0123456789\r\n0\r\n\r\n
    a\t\r\n0123456789\r\n0\r\n\r\n
    a ;x\r\n0123456789\r\n0\r\n\r\n
    a; x\r\n0123456789\r\n0\r\n\r\n
    a;x =y\r\n0123456789\r\n0\r\n\r\n
    a;x= y\r\n0123456789\r\n0\r\n\r\n
    a;x=y \r\n0123456789\r\n0\r\n\r\n
    0_a\r\n0123456789\r\n0\r\n\r\n
    a_\r\n0123456789\r\n0\r\n\r\n
    \xef\xbc\xa1\r\n0123456789\r\n0\r\n\r\n
    a.0\r\n0123456789\r\n0\r\n\r\n
    a,a\r\n0123456789\r\n0\r\n\r\n
    "a"\r\n0123456789\r\n0\r\n\r\n
    (a)\r\n0123456789\r\n0\r\n\r\n
    ah\r\n0123456789\r\n0\r\n\r\n
    a\x00\r\n0123456789\r\n0\r\n\r\n
    \x00a\r\n0123456789\r\n0\r\n\r\n
    a\xa0\r\n0123456789\r\n0\r\n\r\n
    \r\n0123456789\r\n0\r\n\r\n
    \r\na\r\n0123456789\r\n0\r\n\r\n
    ;x\r\n0123456789\r\n0\r\n\r\n
    00000000000000000a\r\n0123456789\r\n0\r\n\r\n
    ffffffffffffffff\r\n0123456789\r\n0\r\n\r\n
    7fffffffffffffff\r\n0123456789\r\n0\r\n\r\n
    8000000000000000\r\n0123456789\r\n0\r\n\r\n
    1000000000000000a\r\n0123456789\r\n0\r\n\r\n
    fffffffffffffff6\r\n0123456789\r\n0\r\n\r\n
    5\r\n0123456789\r\n0\r\n\r\n
    a\r\n01234567890\r\n\r\n
    a\r\n0123456789X\r\n0\r\n\r\n
    a\r\n0123456789\r\r\n0\r\n\r\n
    a\r\n0123456789\n0\r\n\r\n
    a\r\n0123456789\r0\r\n\r\n
    a\r\n0123456789\rX0\r\n\r\n
    a\r\n0123456789\n\r\n0\r\n\r\n
    a\r\n0123456789XX0\r\n\r\n
    a\r\n0123456789\r\n\r\n0\r\n\r\n
    a\n0123456789\r\n0\r\n\r\n
    a\r0123456789\r\n0\r\n\r\n
    a\rX0123456789\r\n0\r\n\r\n
    a\n\r0123456789\r\n0\r\n\r\n
    a;\r\n0123456789\r\n0\r\n\r\n
    a;;x\r\n0123456789\r\n0\r\n\r\n
    a;=y\r\n0123456789\r\n0\r\n\r\n
    a;x=\r\n0123456789\r\n0\r\n\r\n
    a;x="y\r\n0123456789\r\n0\r\n\r\n
    a;x="y"z\r\n0123456789\r\n0\r\n\r\n
    a;x="\r\n"\r\n0123456789\r\n0\r\n\r\n
    a;x=y"z\r\n0123456789\r\n0\r\n\r\n
    a;x(y)\r\n0123456789\r\n0\r\n\r\n
    a;x\n\r\n0123456789\r\n0\r\n\r\n
    a;x\r\r\n0123456789\r\n0\r\n\r\n
    a;x\n0123456789\r\n0\r\n\r\n
    a;x\r0123456789\r\n0\r\n\r\n
    a;\n0123456789\r\n0\r\n\r\n
    a;x\nxx\r\n0123456789\r\n0\r\n\r\n
    a;x="\n"\r\n0123456789\r\n0\r\n\r\n
    a;x="\r"\r\n0123456789\r\n0\r\n\r\n
    a;x\x00\r\n0123456789\r\n0\r\n\r\n
    a;x=\x7f\r\n0123456789\r\n0\r\n\r\n
    a;\xff\r\n0123456789\r\n0\r\n\r\n
    a;x y\r\n0123456789\r\n0\r\n\r\n
    2;\n\r\n01\r\n8\r\n23456789\r\n0\r\n\r\n
    a\r\n0123456789\r\n0\n\r\n
    a\r\n0123456789\r\n0\r\r\n
    a\r\n0123456789\r\n0\n\n
    a\r\n0123456789\r\n0\r\n\n
    a\r\n0123456789\r\n0\r\n\rX
    a\r\n0123456789\r\n-0\r\n\r\n
    a\r\n0123456789\r\n+0\r\n\r\n
    a\r\n0123456789\r\n0x0\r\n\r\n
    a\r\n0123456789\r\n00000000000000000\r\n\r\n
    a\r\n0123456789\r\n 0\r\n\r\n
    a\r\n0123456789\r\n0 \r\n\r\n
    a\r\n0123456789\r\n0;\n\r\n\r\n
    a\r\n0123456789\r\n0;x=\n\r\n\r\n
    a\r\n0123456789\r\n\r\n
    a\r\n0123456789\r\nZ\r\n\r\n
    a\r\n0123456789\r\n0\r\nX\r\n\r\n
    a\r\n0123456789\r\n0\r\nX: y\n\r\n
    a\r\n0123456789\r\n0\r\nX: y\r\r\n\r\n
    a\r\n0123456789\r\n0\r\nX: y\r\n\n
    a\r\n0123456789\r\n0\r\nX : y\r\n\r\n
    a\r\n0123456789\r\n0\r\n X: y\r\n\r\n
    a\r\n0123456789\r\n0\r\nX: y\r\n z\r\n\r\n
    a\r\n0123456789\r\n0\r\n: y\r\n\r\n
    a\r\n0123456789\r\n0\r\nX: \x00\r\n\r\n
    a\r\n0123456789\r\n0\r\nX\xff: y\r\n\r\n
    a\r\n0123456789\r\n0\r\nPOST /hook HTTP/1.1\r\nHost: a\r\n\r\n
    """#)

  private static let whole = RawText.rows(
    #"""
    a\r\n0123456789\r\n0\r\n\r\n
    A\r\n0123456789\r\n0\r\n\r\n
    000000000000000a\r\n0123456789\r\n0000\r\n\r\n
    1\r\n0\r\n9\r\n123456789\r\n0\r\n\r\n
    a;x\r\n0123456789\r\n0;y\r\n\r\n
    a;x=y;z="a b;\\"\r\n0123456789\r\n0\r\n\r\n
    a;x="0\xff\t"\r\n0123456789\r\n0\r\n\r\n
    """#)

  /// Trailer fields of any name are dropped, and frame nothing.
  private static let trailers = RawText.rows(
    #"""
    X-Verified: true
    x_verified: true
    X-Verified-Failed: no
    Content-Length: 999
    Content-Length: 0
    Transfer-Encoding: chunked
    Transfer-Encoding: identity
    Host: b
    Connection: close
    Connection: keep-alive, X
    mor-signature: 00
    mor-timestamp: 1
    Authorization: Basic eA==
    Content-Type: text/html
    Cookie: a=b
    Expect: 100-continue
    Expect: a-miracle
    Upgrade: h2c
    X-Request-Id: trailer
    X-Forwarded-For: 6.6.6.6
    X: 1\r\nX: 2\r\nX: 3
    """#)

  static let all: [RawCase] =
    broken.map {
      RawCase(
        $0.contains("\\n") && $0.unescaped.hasBareLineEnd ? .lineEnds : .chunks, $0, .refused([400]),
        text: RawCase.post("Transfer-Encoding: chunked", $0.unescaped))
    }
    + whole.map {
      RawCase(
        .chunks, "\($0) is whole", .delivered(Array(RawCase.body.utf8)),
        text: RawCase.post("Transfer-Encoding: chunked", $0.unescaped))
    }
    + trailers.map {
      RawCase(
        .trailers, "trailer \($0)", .delivered(Array(RawCase.body.utf8)),
        text: RawCase.post(
          "Transfer-Encoding: chunked\r\nTrailer: X-Verified",
          "a\r\n0123456789\r\n0\r\n\($0.unescaped)\r\n\r\n"))
    }
}

extension String {
  /// Whether a CR stands without its LF, or an LF without its CR.
  var hasBareLineEnd: Bool {
    let bytes = latin1Bytes
    return bytes.indices.contains { index in
      switch bytes[index] {
      case 13: index + 1 == bytes.count || bytes[index + 1] != 10
      case 10: index == 0 || bytes[index - 1] != 13
      default: false
      }
    }
  }
}
