/// Every byte there is at one place of a request that is sound otherwise. What a byte is good for there is
/// written down anew, from the grammar of RFC 9110 and RFC 9112.
enum Sweeps {
  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))
  private static let refused = RawCase.Expected.refused([400])

  /// `text` has `<b>` where the byte goes; `expected` says what becomes of it, nil to leave the byte out.
  private static func sweep(
    _ id: String, _ text: String, _ expected: (UInt8) -> RawCase.Expected?
  ) -> [RawCase] {
    (UInt8.min...UInt8.max).compactMap { byte in
      expected(byte).map { expected in
        let filled = text.replacing("<b>", with: String(Unicode.Scalar(byte)))
        return RawCase(id, "byte 0x\(String(byte, radix: 16))", expected, text: filled)
      }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
  private static func isToken(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
  /// VCHAR, obs-text and the two blanks.
  private static func isText(_ byte: UInt8) -> Bool { byte == 9 || (byte >= 0x20 && byte != 0x7F) }

  private static func verdict(_ isSound: Bool) -> RawCase.Expected { isSound ? delivered : refused }

  private static let colon = UInt8(ascii: ":")
  private static let space = UInt8(ascii: " ")

  private static func framed(_ line: String) -> String { RawCase.post("\(line)\r\nContent-Length: 10") }
  private static func chunked(_ body: String) -> String { RawCase.post("Transfer-Encoding: chunked", body) }
  private static func started(_ line: String) -> String {
    "\(line)\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
  }

  static var codings: [(String, [RawCase])] {
    [
      (
        "before chunked",
        sweep("H03", RawCase.post("Transfer-Encoding: <b>chunked", RawCase.chunkedBody)) {
          verdict($0 == space)
        }
      ),
      (
        "behind chunked",
        sweep("H03", RawCase.post("Transfer-Encoding: chunked<b>", RawCase.chunkedBody)) {
          verdict($0 == space)
        }
      ),
      (
        "before Transfer-Encoding",
        sweep("H03", framed("<b>Transfer-Encoding: chunked")) { verdict(isToken($0)) }
      ),
      (
        "behind Transfer-Encoding",
        sweep("H03", framed("Transfer-Encoding<b>: chunked")) { verdict(isToken($0)) }
      ),
      (
        "for its hyphen",
        sweep("H03", framed("Transfer<b>Encoding: chunked")) {
          $0 == 0x2D ? nil : verdict(isToken($0) || $0 == colon)
        }
      ),
    ]
  }

  static var lengths: [(String, [RawCase])] {
    let zero = UInt8(ascii: "0")
    return [
      (
        "before a length",
        sweep("H02", RawCase.post("Content-Length: <b>10")) {
          isDigit($0) && $0 != zero ? nil : verdict($0 == zero || $0 == space)
        }
      ),
      (
        "behind a length",
        sweep("H02", RawCase.post("Content-Length: 10<b>")) { isDigit($0) ? nil : verdict($0 == space) }
      ),
      (
        "within a length", sweep("H02", RawCase.post("Content-Length: 1<b>0")) { isDigit($0) ? nil : refused }
      ),
      (
        "behind Content-Length",
        sweep("H02", RawCase.post("Content-Length: 10\r\nContent-Length<b>: 9")) { verdict(isToken($0)) }
      ),
    ]
  }

  static var chunks: [(String, [RawCase])] {
    let end = "0123456789\r\n0\r\n\r\n"
    return [
      (
        "before a size",
        sweep("H05", chunked("<b>a\r\n\(end)")) { isHexDigit($0) && $0 != 0x30 ? nil : verdict($0 == 0x30) }
      ),
      ("behind a size", sweep("H05", chunked("a<b>\r\n\(end)")) { isHexDigit($0) ? nil : refused }),
      (
        "for the CR of a size",
        sweep("H05", chunked("a<b>\n\(end)")) { isHexDigit($0) ? nil : verdict($0 == 13) }
      ),
      ("for the LF of a size", sweep("H05", chunked("a\r<b>\(end)")) { verdict($0 == 10) }),
      (
        "for the CR behind data", sweep("H05", chunked("a\r\n0123456789<b>\n0\r\n\r\n")) { verdict($0 == 13) }
      ),
      (
        "for the LF behind data", sweep("H05", chunked("a\r\n0123456789\r<b>0\r\n\r\n")) { verdict($0 == 10) }
      ),
      ("as an extension's name", sweep("H05", chunked("a;<b>\r\n\(end)")) { verdict(isToken($0)) }),
      ("as an extension's value", sweep("H05", chunked("a;x=<b>\r\n\(end)")) { verdict(isToken($0)) }),
      (
        "in a quoted extension",
        sweep("H05", chunked("a;x=\"<b>\"\r\n\(end)")) { verdict(isText($0) && $0 != 0x22 && $0 != 0x5C) }
      ),
      (
        "behind the last size",
        sweep("H05", chunked("a\r\n0123456789\r\n0<b>\r\n\r\n")) {
          $0 == 0x30 ? delivered : isHexDigit($0) ? nil : refused
        }
      ),
      (
        "for the last LF but one",
        sweep("H05", chunked("a\r\n0123456789\r\n0\r<b>\r\n")) { verdict($0 == 10) }
      ),
      ("for the last LF", sweep("H05", chunked("a\r\n0123456789\r\n0\r\n\r<b>")) { verdict($0 == 10) }),
      (
        "in a trailer's name",
        sweep("H20", chunked("a\r\n0123456789\r\n0\r\nX<b>: y\r\n\r\n")) {
          verdict(isToken($0) || $0 == colon)
        }
      ),
      (
        "in a trailer's value",
        sweep("H20", chunked("a\r\n0123456789\r\n0\r\nX: y<b>z\r\n\r\n")) { verdict(isText($0)) }
      ),
    ]
  }

  static var fields: [(String, [RawCase])] {
    [
      ("in a name", sweep("H07", framed("X<b>Y: z")) { verdict(isToken($0) || $0 == colon) }),
      ("before the colon", sweep("H07", framed("X<b>: z")) { verdict(isToken($0) || $0 == colon) }),
      ("for the colon", sweep("H07", framed("X<b>z")) { verdict($0 == colon) }),
      ("before a name", sweep("H07", framed("<b>X: y")) { verdict(isToken($0)) }),
      ("in a value", sweep("H07", framed("X: y<b>z")) { verdict(isText($0)) }),
      ("at a value's end", sweep("H07", framed("X: y<b>")) { verdict(isText($0)) }),
      ("for a line's CR", sweep("H06", framed("X: y<b>\nZ: z")) { verdict($0 == 13) }),
      ("for a line's LF", sweep("H06", framed("X: y\r<b>Z: z")) { verdict($0 == 10) }),
      (
        "in Host",
        sweep(
          "H08", "POST /hook HTTP/1.1\r\nHost: a<b>b\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
        ) {
          verdict(isLetterOrDigit($0) || ".-_".utf8.contains($0))
        }
      ),
      (
        "for the head's last LF",
        sweep("H06", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r<b>\(RawCase.body)") {
          verdict($0 == 10)
        }
      ),
    ]
  }

  static var requestLines: [(String, [RawCase])] {
    [
      ("behind the method", sweep("H08", started("POST<b>/hook HTTP/1.1")) { verdict($0 == space) }),
      (
        "before the method",
        sweep("H08", started("<b>POST /hook HTTP/1.1")) { isToken($0) ? .refused([405]) : refused }
      ),
      (
        "in the method",
        sweep("H08", started("PO<b>ST /hook HTTP/1.1")) { isToken($0) ? .refused([405]) : refused }
      ),
      (
        "before the target",
        sweep("H08", started("POST <b>/hook HTTP/1.1")) { $0 == 0x2F ? .refused([404]) : refused }
      ),
      (
        "behind the path",
        sweep("H08", started("POST /hook<b> HTTP/1.1")) { byte in
          if byte == UInt8(ascii: "?") { return delivered }
          return (0x21...0x7E).contains(byte) && byte != 0x23 && byte != 0x5C ? .refused([404]) : refused
        }
      ),
      (
        "in the query",
        sweep("H08", started("POST /hook?a<b>b HTTP/1.1")) {
          verdict((0x21...0x7E).contains($0) && $0 != 0x23)
        }
      ),
      (
        "before the version",
        sweep("H08", started("POST /hook<b>HTTP/1.1")) { byte in
          if byte == UInt8(ascii: "?") { return refused }
          return verdict(byte == space)
        }
      ),
      (
        "as major version",
        sweep("H08", started("POST /hook HTTP/<b>.1")) {
          $0 == 0x31 ? delivered : isDigit($0) ? .refused([505]) : refused
        }
      ),
      (
        "as minor version",
        sweep("H08", started("POST /hook HTTP/1.<b>")) {
          $0 == 0x31 || $0 == 0x30 ? delivered : isDigit($0) ? .refused([505]) : refused
        }
      ),
      (
        "for the version's dot",
        sweep("H08", started("POST /hook HTTP/1<b>1")) { verdict($0 == UInt8(ascii: ".")) }
      ),
      ("behind the version", sweep("H08", started("POST /hook HTTP/1.1<b>")) { _ in refused }),
      (
        "for the line's CR",
        sweep("H06", "POST /hook HTTP/1.1<b>\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)") {
          verdict($0 == 13)
        }
      ),
      (
        "for the line's LF",
        sweep("H06", "POST /hook HTTP/1.1\r<b>Host: a\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)") {
          verdict($0 == 10)
        }
      ),
    ]
  }

  static var marks: [(String, [RawCase])] {
    [
      (
        "for the mark's hyphen",
        sweep("W08", framed("X<b>Verified: true")) { verdict(isToken($0) || $0 == colon) }
      ),
      (
        "behind the mark's name",
        sweep("W08", framed("X-Verified<b>: true")) { verdict(isToken($0) || $0 == colon) }
      ),
      ("before the mark's name", sweep("W08", framed("<b>X-Verified: true")) { verdict(isToken($0)) }),
      (
        "in the mark's name",
        sweep("W08", framed("X-Veri<b>fied: true")) { verdict(isToken($0) || $0 == colon) }
      ),
    ]
  }
}
