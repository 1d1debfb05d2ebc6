/// Transfer-Encoding in every disguise that has been seen to split two readers: rows H01, H03 and H04.
enum CodingCases {
  private static let length = "Content-Length: 10"
  private static let refused = RawCase.Expected.refused([400])

  /// Both framings at once, in either order, signed for either reading.
  static let both: [RawCase] = {
    var cases: [RawCase] = []
    for (name, lines) in [
      ("CL, TE", "Content-Length: 20\r\nTransfer-Encoding: chunked"),
      ("TE, CL", "Transfer-Encoding: chunked\r\nContent-Length: 20"),
      ("CL 0, TE", "Content-Length: 0\r\nTransfer-Encoding: chunked"),
      ("TE, CL 0", "Transfer-Encoding: chunked\r\nContent-Length: 0"),
      ("CL, TE far apart", "Content-Length: 20\r\nX: y\r\nX: y\r\nTransfer-Encoding: chunked"),
      ("CL, TE identity", "Content-Length: 20\r\nTransfer-Encoding: identity"),
      ("CL, TE empty", "Content-Length: 20\r\nTransfer-Encoding:"),
      ("TE empty, CL", "Transfer-Encoding:\r\nContent-Length: 20"),
      ("CL, TE in capitals", "CONTENT-LENGTH: 20\r\nTRANSFER-ENCODING: CHUNKED"),
      ("CL, TE, CL", "Content-Length: 20\r\nTransfer-Encoding: chunked\r\nContent-Length: 20"),
      ("CL not a number, TE", "Content-Length: x\r\nTransfer-Encoding: chunked"),
      ("CL empty, TE", "Content-Length:\r\nTransfer-Encoding: chunked"),
      (
        "TE named by Connection, CL",
        "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\(length)"
      ),
      ("CL named by Connection, TE", "Connection: Content-Length\r\n\(length)\r\nTransfer-Encoding: chunked"),
    ] {
      for (reading, signed) in [("chunks", RawCase.body), ("length", RawCase.chunkedBody), ("nothing", "")] {
        cases.append(
          RawCase(
            "H01", "\(name), signed as \(reading)", refused, text: RawCase.post(lines, RawCase.chunkedBody),
            signed: signed))
      }
    }
    return cases
  }()

  /// Lines that one reader takes for `Transfer-Encoding: chunked` and another does not.
  private static let disguised: [(String, String)] = [
    ("xchunked", "Transfer-Encoding: xchunked"), ("chunkedx", "Transfer-Encoding: chunkedx"),
    ("chunk", "Transfer-Encoding: chunk"), ("identity", "Transfer-Encoding: identity"),
    ("gzip", "Transfer-Encoding: gzip"), ("empty", "Transfer-Encoding:"), ("blank", "Transfer-Encoding:  "),
    ("chunked, identity", "Transfer-Encoding: chunked, identity"),
    ("identity, chunked", "Transfer-Encoding: identity, chunked"),
    ("gzip, chunked", "Transfer-Encoding: gzip, chunked"),
    ("chunked, gzip", "Transfer-Encoding: chunked, gzip"),
    ("chunked, cow", "Transfer-Encoding: chunked, cow"),
    ("cow, chunked", "Transfer-Encoding: cow, chunked"),
    ("chunked twice", "Transfer-Encoding: chunked, chunked"),
    ("cow chunked bar", "Transfer-Encoding: cow chunked bar"), (", chunked", "Transfer-Encoding: , chunked"),
    ("chunked,", "Transfer-Encoding: chunked,"), ("chunked;", "Transfer-Encoding: chunked;"),
    ("chunked;q=1", "Transfer-Encoding: chunked;q=1"), ("quoted", "Transfer-Encoding: \"chunked\""),
    ("in apostrophes", "Transfer-Encoding: 'chunked'"), ("in brackets", "Transfer-Encoding: [chunked]"),
    ("a tab before", "Transfer-Encoding:\tchunked"), ("a tab after", "Transfer-Encoding: chunked\t"),
    ("a tab around the colon", "Transfer-Encoding\t:\tchunked"),
    ("a space in", "Transfer-Encoding: chun ked"),
    ("a space before the colon", "Transfer-Encoding : chunked"),
    ("two spaces before the colon", "Transfer-Encoding  : chunked"),
    ("a space for the hyphen", "Transfer Encoding: chunked"),
    ("a space before the name", " Transfer-Encoding: chunked"),
    ("a tab before the name", "\tTransfer-Encoding: chunked"),
    ("a vertical tab before", "Transfer-Encoding:\u{B}chunked"),
    ("a form feed before", "Transfer-Encoding:\u{C}chunked"), ("NUL before", "Transfer-Encoding: \0chunked"),
    ("NUL after", "Transfer-Encoding: chunked\0"), ("NUL in the name", "Transfer\0-Encoding: chunked"),
    ("0x85 before", "Transfer-Encoding:\u{85}chunked"), ("0xA0 before", "Transfer-Encoding:\u{A0}chunked"),
    ("0xFF before", "Transfer-Encoding:\u{FF}chunked"), ("0xA0 after", "Transfer-Encoding: chunked\u{A0}"),
    ("U+FEFF before", "Transfer-Encoding: \u{FEFF}chunked"),
    ("U+3000 before", "Transfer-Encoding: \u{3000}chunked"),
    ("0x82 in the name", "Transf\u{82}r-Encoding: chunked"), ("an accent", "Transfer-Encoding: chunk\u{E8}d"),
    ("a dotless i", "Transfer-Encod\u{131}ng: chunked"),
    ("a Kelvin sign", "Transfer-Encoding: chun\u{212A}ed"),
    ("full-width letters", "Transfer-Encoding: \u{FF43}hunked"),
    ("folded", "Transfer-Encoding:\r\n chunked"), ("folded with a tab", "Transfer-Encoding:\r\n\tchunked"),
    ("folded at its end", "Transfer-Encoding: chunked\r\n "),
    ("folded with more", "Transfer-Encoding: chunked\r\n , identity"),
    ("folded twice", "Transfer-Encoding:\r\n \r\n chunked"), ("folded by LF", "Transfer-Encoding:\n chunked"),
    ("folded by LF and 0x0B", "Transfer-Encoding: \n\u{B}chunked"),
    ("folded by CR", "Transfer-Encoding:\r chunked"),
    ("colon on the next line", "Transfer-Encoding\n : chunked"),
    ("colon after CRLF", "Transfer-Encoding\r\n: chunked"),
    ("CR in the name", "Transfer\r-Encoding: chunked"),
    ("after a bare CR", "X: y\rTransfer-Encoding: chunked"),
    ("after a bare LF", "X: y\nTransfer-Encoding: chunked"),
    ("after CR CR LF", "X: y\r\r\nTransfer-Encoding: chunked"),
    ("after LF CR", "X: y\n\rTransfer-Encoding: chunked"),
    ("before a bare CR", "Transfer-Encoding: chunked\rX: y"),
    ("before a bare LF", "Transfer-Encoding: chunked\nX: y"),
    ("ended by CR CR LF", "Transfer-Encoding: chunked\r"), ("two colons", "Transfer-Encoding:: chunked"),
    ("no colon", "Transfer-Encoding chunked"), ("an equals sign", "Transfer-Encoding=chunked"),
    ("identity, then chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
    ("chunked, then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    ("two lines alike", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    ("chunked, then cow", "Transfer-Encoding: chunked\r\nTransfer-encoding: cow"),
    ("chunked, then empty", "Transfer-Encoding: chunked\r\nTransfer-Encoding:"),
    ("after a folded line", "X: y\r\n z\r\nTransfer-Encoding: chunked"),
    ("a parenthesis in the name", "Transfer-Encoding(x): chunked"),
    ("base64", "Transfer-Encoding: Y2h1bmtlZA=="),
    ("percent-encoded", "Transfer-Encoding: %63hunked"), ("a comment", "Transfer-Encoding: chunked (x)"),
    ("deflate", "Transfer-Encoding: deflate"), ("trailers", "Transfer-Encoding: trailers"),
    ("x-chunked", "Transfer-Encoding: x-chunked"), ("a backslash", "Transfer-Encoding: chunked\\"),
  ]

  /// Each alone, and on either side of a length that would be right.
  static let disguises: [RawCase] = disguised.flatMap { name, line in
    [
      RawCase("H03", "TE \(name)", refused, text: RawCase.post(line, RawCase.chunkedBody)),
      RawCase("H03", "TE \(name), then CL", refused, text: RawCase.post("\(line)\r\n\(length)")),
      RawCase("H03", "CL, then TE \(name)", refused, text: RawCase.post("\(length)\r\n\(line)")),
    ]
  }

  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))

  /// Other fields, however alike: the length frames, and none of them is forwarded as a coding.
  static let others: [RawCase] = [
    "Transfer_Encoding: chunked", "TransferEncoding: chunked", "X-Transfer-Encoding: chunked",
    "Transfer-Encodin: chunked", "Transfer-Encodingg: chunked", "Transfer.Encoding: chunked",
    "Transfer-%45ncoding: chunked", "Transfer--Encoding: chunked", "Content-Encoding: chunked",
    "Te: chunked", "TE: trailers, chunked", "Transfer-Encoding-: chunked", "HTTP-Transfer-Encoding: chunked",
    "Transfer~Encoding: chunked", "\"Transfer\"Encoding: chunked".replacing("\"", with: "'"),
  ].map { RawCase("H03", "\($0) is no coding", delivered, text: RawCase.post("\($0)\r\n\(length)")) }

  /// What is one coding to everybody.
  static let plain: [RawCase] = [
    "Transfer-Encoding: chunked", "transfer-encoding:chunked", "TRANSFER-ENCODING: CHUNKED",
    "TrAnSFer-EnCODinG: cHuNkeD", "Transfer-Encoding:   chunked", "Transfer-Encoding: chunked  ",
  ].map { RawCase("H03", "\($0) frames", delivered, text: RawCase.post($0, RawCase.chunkedBody)) }

  static let oldVersion: [RawCase] = [
    "Transfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nConnection: keep-alive",
    "Transfer-Encoding: identity", "Content-Length: 10\r\nTransfer-Encoding: chunked",
  ].map { lines in
    let text = "POST /hook HTTP/1.0\r\nHost: a\r\n<signed>\(lines)\r\n\r\n\(RawCase.chunkedBody)"
    return RawCase("H04", "HTTP/1.0, \(lines)", refused, text: text)
  }
}
