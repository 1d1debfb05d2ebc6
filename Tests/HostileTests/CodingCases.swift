/// Transfer-Encoding in every disguise that has been seen to split two readers.
enum CodingCases {
  private static let length = "Content-Length: 10"
  private static let refused = RawCase.Expected.refused([400])

  private static let bothTogether = RawText.rows(
    #"""
    Content-Length: 20\r\nTransfer-Encoding: chunked
    Transfer-Encoding: chunked\r\nContent-Length: 20
    Content-Length: 0\r\nTransfer-Encoding: chunked
    Transfer-Encoding: chunked\r\nContent-Length: 0
    Content-Length: 20\r\nX: y\r\nX: y\r\nTransfer-Encoding: chunked
    Content-Length: 20\r\nTransfer-Encoding: identity
    Content-Length: 20\r\nTransfer-Encoding:
    Transfer-Encoding:\r\nContent-Length: 20
    CONTENT-LENGTH: 20\r\nTRANSFER-ENCODING: CHUNKED
    Content-Length: 20\r\nTransfer-Encoding: chunked\r\nContent-Length: 20
    Content-Length: x\r\nTransfer-Encoding: chunked
    Content-Length:\r\nTransfer-Encoding: chunked
    Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 20
    Connection: Content-Length\r\nContent-Length: 20\r\nTransfer-Encoding: chunked
    Connection: close\r\nContent-Length: 20\r\nTransfer-Encoding: chunked
    Expect: 100-continue\r\nContent-Length: 20\r\nTransfer-Encoding: chunked
    """#)

  /// Both framings at once, in either order, signed for either reading.
  static let both: [RawCase] = {
    var cases: [RawCase] = []
    for lines in bothTogether {
      for (reading, signed) in [("chunks", RawCase.body), ("length", RawCase.chunkedBody), ("nothing", "")] {
        cases.append(
          RawCase(
            .bothFramings, "\(lines), signed as \(reading)", refused,
            text: RawCase.post(lines.unescaped, RawCase.chunkedBody), signed: signed))
      }
    }
    return cases
  }()

  /// Lines that one reader takes for `Transfer-Encoding: chunked` and another does not.
  private static let disguised = RawText.rows(
    #"""
    Transfer-Encoding: xchunked
    Transfer-Encoding: chunkedx
    Transfer-Encoding: chunk
    Transfer-Encoding: identity
    Transfer-Encoding: gzip
    Transfer-Encoding:
    Transfer-Encoding:\x20\x20
    Transfer-Encoding: chunked, identity
    Transfer-Encoding: identity, chunked
    Transfer-Encoding: gzip, chunked
    Transfer-Encoding: chunked, gzip
    Transfer-Encoding: chunked, cow
    Transfer-Encoding: cow, chunked
    Transfer-Encoding: chunked, chunked
    Transfer-Encoding: cow chunked bar
    Transfer-Encoding: , chunked
    Transfer-Encoding: chunked,
    Transfer-Encoding: chunked;
    Transfer-Encoding: chunked;q=1
    Transfer-Encoding: "chunked"
    Transfer-Encoding: 'chunked'
    Transfer-Encoding: [chunked]
    Transfer-Encoding:\tchunked
    Transfer-Encoding: chunked\t
    Transfer-Encoding\t:\tchunked
    Transfer-Encoding: chun ked
    Transfer-Encoding : chunked
    Transfer-Encoding  : chunked
    Transfer Encoding: chunked
    \x20Transfer-Encoding: chunked
    \tTransfer-Encoding: chunked
    Transfer-Encoding:\x0bchunked
    Transfer-Encoding:\x0cchunked
    Transfer-Encoding: \x00chunked
    Transfer-Encoding: chunked\x00
    Transfer\x00-Encoding: chunked
    Transfer-Encoding:\x85chunked
    Transfer-Encoding:\xa0chunked
    Transfer-Encoding:\xffchunked
    Transfer-Encoding: chunked\xa0
    Transfer-Encoding: \xef\xbb\xbfchunked
    Transfer-Encoding: \xe3\x80\x80chunked
    Transf\x82r-Encoding: chunked
    Transfer-Encoding: chunk\xe8d
    Transfer-Encod\xc4\xb1ng: chunked
    Transfer-Encoding: chun\xe2\x84\xaaed
    Transfer-Encoding: \xef\xbd\x83hunked
    Transfer-Encoding:\r\n chunked
    Transfer-Encoding:\r\n\tchunked
    Transfer-Encoding: chunked\r\n\x20
    Transfer-Encoding: chunked\r\n , identity
    Transfer-Encoding:\r\n \r\n chunked
    Transfer-Encoding:\n chunked
    Transfer-Encoding: \n\x0bchunked
    Transfer-Encoding:\r chunked
    Transfer-Encoding\n : chunked
    Transfer-Encoding\r\n: chunked
    Transfer\r-Encoding: chunked
    X: y\rTransfer-Encoding: chunked
    X: y\nTransfer-Encoding: chunked
    X: y\r\r\nTransfer-Encoding: chunked
    X: y\n\rTransfer-Encoding: chunked
    Transfer-Encoding: chunked\rX: y
    Transfer-Encoding: chunked\nX: y
    Transfer-Encoding: chunked\r
    Transfer-Encoding:: chunked
    Transfer-Encoding chunked
    Transfer-Encoding=chunked
    Transfer-Encoding: identity\r\nTransfer-Encoding: chunked
    Transfer-Encoding: chunked\r\nTransfer-Encoding: identity
    Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked
    Transfer-Encoding: chunked\r\nTransfer-encoding: cow
    Transfer-Encoding: chunked\r\nTransfer-Encoding:
    X: y\r\n z\r\nTransfer-Encoding: chunked
    Transfer-Encoding(x): chunked
    Transfer-Encoding: Y2h1bmtlZA==
    Transfer-Encoding: %63hunked
    Transfer-Encoding: chunked (x)
    Transfer-Encoding: deflate
    Transfer-Encoding: trailers
    Transfer-Encoding: x-chunked
    Transfer-Encoding: chunked\\
    """#)

  /// Each alone, and on either side of a length that would be right.
  static let disguises: [RawCase] = disguised.flatMap { row in
    let line = row.unescaped
    return [
      RawCase(.coding, "\(row)", refused, text: RawCase.post(line, RawCase.chunkedBody)),
      RawCase(.coding, "\(row), then CL", refused, text: RawCase.post("\(line)\r\n\(length)")),
      RawCase(.coding, "CL, then \(row)", refused, text: RawCase.post("\(length)\r\n\(line)")),
    ]
  }

  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))

  /// Other fields, however alike: the length frames, and none of them is forwarded as a coding.
  static let others = RawText.rows(
    #"""
    Transfer_Encoding: chunked
    TransferEncoding: chunked
    X-Transfer-Encoding: chunked
    Transfer-Encodin: chunked
    Transfer-Encodingg: chunked
    Transfer.Encoding: chunked
    Transfer-%45ncoding: chunked
    Transfer--Encoding: chunked
    Content-Encoding: chunked
    TE: chunked
    TE: trailers, chunked
    Transfer-Encoding-: chunked
    HTTP-Transfer-Encoding: chunked
    HTTP_TRANSFER_ENCODING: chunked
    Transfer~Encoding: chunked
    'Transfer-Encoding': chunked
    Transfer-Encoding`: chunked
    |Transfer-Encoding: chunked
    """#
  ).map { RawCase(.coding, "\($0) is no coding", delivered, text: RawCase.post("\($0)\r\n\(length)")) }

  /// What is one coding to everybody.
  static let plain = RawText.rows(
    #"""
    Transfer-Encoding: chunked
    transfer-encoding:chunked
    TRANSFER-ENCODING: CHUNKED
    TrAnSFer-EnCODinG: cHuNkeD
    Transfer-Encoding:   chunked
    Transfer-Encoding: chunked\x20\x20
    """#
  ).map {
    RawCase(.coding, "\($0) frames", delivered, text: RawCase.post($0.unescaped, RawCase.chunkedBody))
  }

  static let oldVersion = RawText.rows(
    #"""
    Transfer-Encoding: chunked
    Transfer-Encoding: chunked\r\nConnection: keep-alive
    Transfer-Encoding: identity
    Content-Length: 10\r\nTransfer-Encoding: chunked
    """#
  ).map { row in
    let text = "POST /hook HTTP/1.0\r\nHost: a\r\n<signed>\(row.unescaped)\r\n\r\n\(RawCase.chunkedBody)"
    return RawCase(.oldCoding, "HTTP/1.0, \(row)", refused, text: text)
  }
}
