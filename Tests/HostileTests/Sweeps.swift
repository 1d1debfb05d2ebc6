/// Every byte there is at one place of a request that is sound otherwise.
struct Sweep: Sendable {
  let topic: HostileTopic
  let place: String
  private let text: String
  private let expected: @Sendable (UInt8) -> RawCase.Expected?

  /// `text` has `<b>` where the byte goes; `expected` says what becomes of it, nil to leave the byte out.
  init(
    _ topic: HostileTopic, _ place: String, _ text: String,
    _ expected: @escaping @Sendable (UInt8) -> RawCase.Expected?
  ) {
    self.topic = topic
    self.place = place
    self.text = text
    self.expected = expected
  }

  var cases: [RawCase] {
    (UInt8.min...UInt8.max).compactMap { byte in
      expected(byte).map { expected in
        let filled = text.replacing("<b>", with: String(Unicode.Scalar(byte)))
        return RawCase(topic, "byte 0x\(String(byte, radix: 16))", expected, text: filled)
      }
    }
  }
}

/// What a byte is good for at its place is written down anew, from the grammar of RFC 9110 and RFC 9112.
enum Sweeps {
  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))
  private static let refused = RawCase.Expected.refused([400])

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

  static var codings: [Sweep] {
    [
      Sweep(.coding, "before chunked", RawCase.post("Transfer-Encoding: <b>chunked", RawCase.chunkedBody)) {
        verdict($0 == space)
      },
      Sweep(.coding, "behind chunked", RawCase.post("Transfer-Encoding: chunked<b>", RawCase.chunkedBody)) {
        verdict($0 == space)
      },
      Sweep(.coding, "before Transfer-Encoding", framed("<b>Transfer-Encoding: chunked")) {
        verdict(isToken($0))
      },
      Sweep(.coding, "behind Transfer-Encoding", framed("Transfer-Encoding<b>: chunked")) {
        verdict(isToken($0))
      },
      Sweep(.coding, "for its hyphen", framed("Transfer<b>Encoding: chunked")) {
        $0 == 0x2D ? nil : verdict(isToken($0) || $0 == colon)
      },
    ]
  }

  static var lengths: [Sweep] {
    let zero = UInt8(ascii: "0")
    return [
      Sweep(.length, "before a length", RawCase.post("Content-Length: <b>10")) {
        isDigit($0) && $0 != zero ? nil : verdict($0 == zero || $0 == space)
      },
      Sweep(.length, "behind a length", RawCase.post("Content-Length: 10<b>")) {
        isDigit($0) ? nil : verdict($0 == space)
      },
      Sweep(.length, "within a length", RawCase.post("Content-Length: 1<b>0")) {
        isDigit($0) ? nil : refused
      },
      Sweep(.length, "behind Content-Length", RawCase.post("Content-Length: 10\r\nContent-Length<b>: 9")) {
        verdict(isToken($0))
      },
    ]
  }

  static var chunks: [Sweep] {
    let end = "0123456789\r\n0\r\n\r\n"
    return [
      Sweep(.chunks, "before a size", chunked("<b>a\r\n\(end)")) {
        isHexDigit($0) && $0 != 0x30 ? nil : verdict($0 == 0x30)
      },
      Sweep(.chunks, "behind a size", chunked("a<b>\r\n\(end)")) { isHexDigit($0) ? nil : refused },
      Sweep(.chunks, "for the CR of a size", chunked("a<b>\n\(end)")) {
        isHexDigit($0) ? nil : verdict($0 == 13)
      },
      Sweep(.chunks, "for the LF of a size", chunked("a\r<b>\(end)")) { verdict($0 == 10) },
      Sweep(.chunks, "for the CR behind data", chunked("a\r\n0123456789<b>\n0\r\n\r\n")) {
        verdict($0 == 13)
      },
      Sweep(.chunks, "for the LF behind data", chunked("a\r\n0123456789\r<b>0\r\n\r\n")) {
        verdict($0 == 10)
      },
      Sweep(.chunks, "as an extension's name", chunked("a;<b>\r\n\(end)")) { verdict(isToken($0)) },
      Sweep(.chunks, "as an extension's value", chunked("a;x=<b>\r\n\(end)")) { verdict(isToken($0)) },
      Sweep(.chunks, "in a quoted extension", chunked("a;x=\"<b>\"\r\n\(end)")) {
        verdict(isText($0) && $0 != 0x22 && $0 != 0x5C)
      },
      Sweep(.chunks, "behind the last size", chunked("a\r\n0123456789\r\n0<b>\r\n\r\n")) {
        $0 == 0x30 ? delivered : isHexDigit($0) ? nil : refused
      },
      Sweep(.chunks, "for the last LF but one", chunked("a\r\n0123456789\r\n0\r<b>\r\n")) {
        verdict($0 == 10)
      },
      Sweep(.chunks, "for the last LF", chunked("a\r\n0123456789\r\n0\r\n\r<b>")) { verdict($0 == 10) },
      Sweep(.trailers, "in a trailer's name", chunked("a\r\n0123456789\r\n0\r\nX<b>: y\r\n\r\n")) {
        verdict(isToken($0) || $0 == colon)
      },
      Sweep(.trailers, "in a trailer's value", chunked("a\r\n0123456789\r\n0\r\nX: y<b>z\r\n\r\n")) {
        verdict(isText($0))
      },
    ]
  }

  static var fields: [Sweep] {
    [
      Sweep(.fields, "in a name", framed("X<b>Y: z")) { verdict(isToken($0) || $0 == colon) },
      Sweep(.fields, "before the colon", framed("X<b>: z")) { verdict(isToken($0) || $0 == colon) },
      Sweep(.fields, "for the colon", framed("X<b>z")) { verdict($0 == colon) },
      Sweep(.fields, "before a name", framed("<b>X: y")) { verdict(isToken($0)) },
      Sweep(.fields, "in a value", framed("X: y<b>z")) { verdict(isText($0)) },
      Sweep(.fields, "at a value's end", framed("X: y<b>")) { verdict(isText($0)) },
      Sweep(.lineEnds, "for a line's CR", framed("X: y<b>\nZ: z")) { verdict($0 == 13) },
      Sweep(.lineEnds, "for a line's LF", framed("X: y\r<b>Z: z")) { verdict($0 == 10) },
      Sweep(
        .requestLine, "in Host",
        "POST /hook HTTP/1.1\r\nHost: a<b>b\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
      ) {
        verdict(isLetterOrDigit($0) || ".-_".utf8.contains($0))
      },
      Sweep(
        .lineEnds, "for the head's last LF",
        "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r<b>\(RawCase.body)"
      ) {
        verdict($0 == 10)
      },
    ]
  }

  static var requestLines: [Sweep] {
    [
      Sweep(.requestLine, "behind the method", started("POST<b>/hook HTTP/1.1")) { verdict($0 == space) },
      Sweep(.requestLine, "before the method", started("<b>POST /hook HTTP/1.1")) {
        isToken($0) ? .refused([405]) : refused
      },
      Sweep(.requestLine, "in the method", started("PO<b>ST /hook HTTP/1.1")) {
        isToken($0) ? .refused([405]) : refused
      },
      Sweep(.requestLine, "before the target", started("POST <b>/hook HTTP/1.1")) {
        $0 == 0x2F ? .refused([404]) : refused
      },
      Sweep(.requestLine, "behind the path", started("POST /hook<b> HTTP/1.1")) { byte in
        if byte == UInt8(ascii: "?") { return delivered }
        return (0x21...0x7E).contains(byte) && byte != 0x23 && byte != 0x5C ? .refused([404]) : refused
      },
      Sweep(.requestLine, "in the query", started("POST /hook?a<b>b HTTP/1.1")) {
        verdict((0x21...0x7E).contains($0) && $0 != 0x23)
      },
      Sweep(.requestLine, "before the version", started("POST /hook<b>HTTP/1.1")) { byte in
        if byte == UInt8(ascii: "?") { return refused }
        return verdict(byte == space)
      },
      Sweep(.requestLine, "as major version", started("POST /hook HTTP/<b>.1")) {
        $0 == 0x31 ? delivered : isDigit($0) ? .refused([505]) : refused
      },
      Sweep(.requestLine, "as minor version", started("POST /hook HTTP/1.<b>")) {
        $0 == 0x31 || $0 == 0x30 ? delivered : isDigit($0) ? .refused([505]) : refused
      },
      Sweep(.requestLine, "for the version's dot", started("POST /hook HTTP/1<b>1")) {
        verdict($0 == UInt8(ascii: "."))
      },
      Sweep(.requestLine, "behind the version", started("POST /hook HTTP/1.1<b>")) { _ in refused },
      Sweep(
        .lineEnds, "for the line's CR",
        "POST /hook HTTP/1.1<b>\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
      ) {
        verdict($0 == 13)
      },
      Sweep(
        .lineEnds, "for the line's LF",
        "POST /hook HTTP/1.1\r<b>Host: a\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
      ) {
        verdict($0 == 10)
      },
    ]
  }

  static var marks: [Sweep] {
    [
      Sweep(.markSpelling, "for the mark's hyphen", framed("X<b>Verified: true")) {
        verdict(isToken($0) || $0 == colon)
      },
      Sweep(.markSpelling, "behind the mark's name", framed("X-Verified<b>: true")) {
        verdict(isToken($0) || $0 == colon)
      },
      Sweep(.markSpelling, "before the mark's name", framed("<b>X-Verified: true")) { verdict(isToken($0)) },
      Sweep(.markSpelling, "in the mark's name", framed("X-Veri<b>fied: true")) {
        verdict(isToken($0) || $0 == colon)
      },
    ]
  }
}
