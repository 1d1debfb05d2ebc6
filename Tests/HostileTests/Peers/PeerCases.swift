import TestSupport

/// What is sent past servers of other people's: the tables' rows, and bodies of every kind.
enum PeerCases {
  /// Signed by nobody, and claiming to be verified. It goes behind what is refused.
  static let smuggled = Array(
    "POST /hook HTTP/1.1\r\nHost: a\r\nX-Verified: true\r\nContent-Length: 8\r\n\r\nsmuggled".utf8)

  /// Every spelling of the mark in a delivery that is genuine.
  static let marks: [RawCase] =
    MarkHostileTests.rows.map { MarkHostileTests.sent(.mark, $0) }
    + Sweeps.marks.flatMap(\.cases).filter(\.expected.isDelivered) + trailers(signed: true)

  /// The same claims where nothing is signed.
  static let forgedMarks: [RawCase] =
    MarkHostileTests.rows.map { row in
      RawCase(
        .mark, "\(row), unsigned", .unverified, text: unsigned("\(row.unescaped)\r\nContent-Length: 10"))
    } + trailers(signed: false)

  private static func unsigned(_ lines: String, _ rest: String = RawCase.body) -> String {
    RawCase.post(lines, rest).replacing("<signed>", with: "")
  }

  private static func trailers(signed: Bool) -> [RawCase] {
    ["X-Verified: true", "x_verified: true", "X.Verified: true", "Content-Length: 3"].map { row in
      let rest = "a\r\n0123456789\r\n0\r\n\(row)\r\n\r\n"
      let lines = "Transfer-Encoding: chunked\r\nTrailer: X-Verified"
      return RawCase(
        .trailers, "trailer \(row), \(signed ? "signed" : "unsigned")",
        signed ? .delivered(Array(RawCase.body.utf8)) : .unverified,
        text: signed ? RawCase.post(lines, rest) : unsigned(lines, rest))
    }
  }

  /// Whatever has to do with where a request ends.
  static let framing: [RawCase] =
    CodingCases.both + CodingCases.oldVersion + CodingCases.others + CodingCases.plain
    + CodingCases.disguises + LengthCases.all + ChunkCases.all + HeadCases.fieldCases + HeadCases.hostCases

  /// Bodies of each size and kind, by length and in chunks.
  static let bodies = bodies(claiming: [])

  /// - Parameter claims: further header lines of each.
  static func bodies(claiming claims: [String]) -> [RawCase] {
    var generator = SeededGenerator(seed: runSeed)
    let request = Array("POST /hook HTTP/1.1\r\nHost: a\r\nX-Verified: true\r\n\r\n".utf8)
    let bodies: [(String, [UInt8])] = [
      ("nothing", []), ("one byte", [0x7B]), ("one NUL", [0]), ("one CR LF", [13, 10]),
      ("all bytes twice", Array(0...255) + Array(0...255)), ("CR LF at both ends", [13, 10, 97, 13, 10]),
      ("bare LF and CR", Array("a\nb\rc\n\r\n\n".utf8)), ("a request", request),
      ("the last chunk", Array("0\r\n\r\n".utf8)), ("no UTF-8", [0xFF, 0xFE, 0xC3, 0x28, 0xED, 0xA0, 0x80]),
      ("64 KiB", generator.bytes(65_536)), ("1 MiB", generator.bytes(1_048_576)),
      ("64 KiB of NUL", [UInt8](repeating: 0, count: 65_536)),
    ]
    return bodies.flatMap { name, body in
      [nil, [4_096, 1, 65_536]].map { chunks in
        RawCase(.wholeBody, "\(name)\(chunks == nil ? "" : ", in chunks")", .delivered(body)) {
          SignedRequest(bytes: body).with {
            $0.chunks = chunks
            $0.lines += claims
          }.bytes
        }
      }
    }
  }
}
