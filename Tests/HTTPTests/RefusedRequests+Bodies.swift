import HTTP

/// Lengths, codings, chunks and what else is about the body.
extension RefusedRequest {
  private static let tab = RequestFault.malformed("a tab in Content-Length or Transfer-Encoding")
  private static let both = RequestFault.malformed("both Content-Length and Transfer-Encoding")
  private static let notNumber = RequestFault.malformed("a Content-Length that is not a number")
  private static let manyLengths = RequestFault.malformed("more than one Content-Length")

  static let lengths: [RefusedRequest] = [
    .init(
      "length, then chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), both),
    .init(
      "chunked, then length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), both),
    .init(
      "chunked and length 0", post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), both),
    .init("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), manyLengths),
    .init("two equal lengths", post("Content-Length: 5\r\ncontent-length: 5\r\n", "hello"), manyLengths),
    .init("a list of lengths", post("Content-Length: 5, 6\r\n"), notNumber),
    .init("a list of equal lengths", post("Content-Length: 5, 5\r\n"), notNumber),
    .init("+5", post("Content-Length: +5\r\n"), notNumber),
    .init("-5", post("Content-Length: -5\r\n"), notNumber),
    .init("-0", post("Content-Length: -0\r\n"), notNumber),
    .init("0x5", post("Content-Length: 0x5\r\n"), notNumber),
    .init("5 5", post("Content-Length: 5 5\r\n"), notNumber),
    .init("5.0", post("Content-Length: 5.0\r\n"), notNumber),
    .init("5e0", post("Content-Length: 5e0\r\n"), notNumber),
    .init("5_0", post("Content-Length: 5_0\r\n"), notNumber),
    .init("5,", post("Content-Length: 5,\r\n"), notNumber),
    .init("a quoted length", post("Content-Length: \"5\"\r\n"), notNumber),
    .init("an empty length", post("Content-Length:\r\n"), notNumber),
    .init("full-width digits", post("Content-Length: ５\r\n"), notNumber),
    .init("a tab before the length", post("Content-Length:\t5\r\n", "hello"), tab),
    .init("a tab after the length", post("Content-Length: 5\t\r\n", "hello"), tab),
    .init("2^63", post("Content-Length: 9223372036854775808\r\n"), .bodyTooLarge),
    .init("2^64 + 5", post("Content-Length: 18446744073709551621\r\n"), .bodyTooLarge),
    .init("16 digits", post("Content-Length: 1000000000000000\r\n"), .bodyTooLarge),
    .init("too long and no number", post("Content-Length: 9223372036854775808x\r\n"), notNumber),
  ]

  private static let badCoding = RequestFault.malformed("a Transfer-Encoding other than chunked")
  private static let manyCodings = RequestFault.malformed("more than one Transfer-Encoding")

  private static func coding(_ value: String) -> String {
    post("Transfer-Encoding: \(value)\r\n", "0\r\n\r\n")
  }

  static let codings: [RefusedRequest] = [
    .init("xchunked", coding("xchunked"), badCoding),
    .init("chunkedx", coding("chunkedx"), badCoding),
    .init("identity", coding("identity"), badCoding),
    .init("gzip", coding("gzip"), badCoding),
    .init("chunked, identity", coding("chunked, identity"), badCoding),
    .init("identity, chunked", coding("identity, chunked"), badCoding),
    .init("gzip, chunked", coding("gzip, chunked"), badCoding),
    .init("chunked, chunked", coding("chunked, chunked"), badCoding),
    .init("chunked,", coding("chunked,"), badCoding),
    .init(", chunked", coding(", chunked"), badCoding),
    .init("chunked;q=1", coding("chunked;q=1"), badCoding),
    .init("quoted chunked", coding("\"chunked\""), badCoding),
    .init("an empty coding", coding(""), badCoding),
    .init("a dotless i", coding("chunkıd"), badCoding),
    .init("0x0B before chunked", coding("\u{0B}chunked"), control),
    .init("0x0C after chunked", coding("chunked\u{0C}"), control),
    .init("a folded coding", coding("\r\n chunked"), badCoding),
    .init("a tab before the coding", coding("\tchunked"), tab),
    .init("a tab after the coding", coding("chunked\t"), tab),
    .init(
      "two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      manyCodings),
    .init(
      "chunked, then identity", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
      manyCodings),
    .init(
      "identity, then chunked", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
      badCoding),
    .init(
      "an empty coding beside a length", post("Transfer-Encoding:\r\nContent-Length: 5\r\n", "hello"),
      badCoding),
    .init(
      "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      .malformed("Transfer-Encoding in HTTP/1.0")),
  ]

  private static let noSize = RequestFault.malformed("a chunk without a size")
  private static let sizeByte = RequestFault.malformed("a forbidden byte in a chunk's size line")
  private static let sizeLF = RequestFault.malformed("bare LF in a chunk's size line")
  private static let sizeCR = RequestFault.malformed("bare CR in a chunk's size line")
  private static let tooLarge = RequestFault.malformed("a chunk size too large")
  private static let noCRLF = RequestFault.malformed("chunk data that does not end in CRLF")
  private static let noExtension = RequestFault.malformed("a chunk extension without a name")

  static let chunks: [RefusedRequest] = [
    .init("size 0x5", chunked("0x5\r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("size +5", chunked("+5\r\nhello\r\n0\r\n\r\n"), noSize),
    .init("size -5", chunked("-5\r\nhello\r\n0\r\n\r\n"), noSize),
    .init("a blank before the size", chunked(" 5\r\nhello\r\n0\r\n\r\n"), noSize),
    .init("a blank after the size", chunked("5 \r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("a tab after the size", chunked("5\t\r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("a blank before the semicolon", chunked("5 ;a\r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("size 5_0", chunked("5_0\r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("size g", chunked("g\r\nhello\r\n0\r\n\r\n"), noSize),
    .init("an empty size", chunked("\r\nhello\r\n0\r\n\r\n"), noSize),
    .init("an extension without a size", chunked(";a\r\nhello\r\n0\r\n\r\n"), noSize),
    .init("17 digits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), tooLarge),
    .init("17 digits f", chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), tooLarge),
    .init("2^64 + 5", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), tooLarge),
    .init("2^63", chunked("8000000000000000\r\nhello\r\n0\r\n\r\n"), tooLarge),
    .init("2^53 + 1", chunked("20000000000001\r\nhello\r\n0\r\n\r\n"), tooLarge),
    .init("data longer than the size", chunked("4\r\nhello\r\n0\r\n\r\n"), noCRLF),
    .init("data shorter than the size", chunked("6\r\nhello\r\n0\r\n\r\n"), noCRLF),
    .init("nothing after the data", chunked("5\r\nhello0\r\n\r\n"), noCRLF),
    .init("LF after the data", chunked("5\r\nhello\n0\r\n\r\n"), noCRLF),
    .init("CR after the data", chunked("5\r\nhello\r0\r\n\r\n"), noCRLF),
    .init("two bytes for CRLF after the data", chunked("5\r\nhelloXX0\r\n\r\n"), noCRLF),
    .init("LF after the size", chunked("5\nhello\r\n0\r\n\r\n"), sizeLF),
    .init("CR after the size", chunked("5\rhello\r\n0\r\n\r\n"), sizeCR),
    .init("LF after the last size", chunked("5\r\nhello\r\n0\n\r\n"), sizeLF),
    .init("LF in an extension's name", chunked("5;a\nhello\r\n0\r\n\r\n"), sizeLF),
    .init("LF in an extension's value", chunked("5;a=b\nhello\r\n0\r\n\r\n"), sizeLF),
    .init("LF after the semicolon", chunked("5;\nhello\r\n0\r\n\r\n"), noExtension),
    .init("CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), sizeCR),
    .init(
      "LF in a quoted extension", chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
      .malformed("a control character in a chunk extension")),
    .init(
      "CR LF in a quoted extension", chunked("5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"),
      .malformed("a control character in a chunk extension")),
    .init(
      "CR in a quoted pair", chunked("5;a=\"\\\r\n\"\r\nhello\r\n0\r\n\r\n"),
      .malformed("a control character in a chunk extension")),
    .init("bytes after a quoted extension", chunked("5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("an extension without a name", chunked("5;\r\nhello\r\n0\r\n\r\n"), noExtension),
    .init(
      "an extension without a value", chunked("5;a=\r\nhello\r\n0\r\n\r\n"),
      .malformed("a chunk extension without a value")),
    .init("a NUL in an extension", chunked("5;a\0\r\nhello\r\n0\r\n\r\n"), sizeByte),
    .init("a trailer without a colon", chunked("0\r\nX\r\n\r\n"), noColon),
    .init("a folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), folded),
    .init("a NUL in a trailer", chunked("0\r\nX: \0\r\n\r\n"), control),
    .init("a blank before a trailer's colon", chunked("0\r\nX : a\r\n\r\n"), blank),
    .init("LF after a trailer", chunked("0\r\nX: a\n\r\n"), fieldLF),
    .init("LF ends the trailers", chunked("0\r\n\n"), fieldLF),
    .init("CR ends the trailers", chunked("0\r\n\rX"), fieldCR),
    .init("a request where the trailers end", chunked("0\r\nGET / HTTP/1.1\r\n\r\n"), blank),
  ]

  static let others: [RefusedRequest] = [
    .init("an unknown expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n", "x"), .expectationFailed),
    .init("an empty expectation", post("Expect:\r\nContent-Length: 1\r\n", "x"), .expectationFailed),
    .init(
      "a list of expectations", post("Expect: 100-continue, x\r\nContent-Length: 1\r\n", "x"),
      .expectationFailed),
    .init(
      "101 names in Connection",
      post("Connection: close\r\nConnection: a" + String(repeating: ",a", count: 99) + "\r\n"),
      .malformed("too many options in Connection")),
    .init("two expectations", post("Expect: 100-continue\r\nExpect: 100-continue\r\n"), .expectationFailed),
    .init("an unknown expectation of HTTP/1.0", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", .expectationFailed),
    .init(
      "broken framing beside an unknown expectation",
      post("Expect: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"), both),
    .init("a valid request, then garbage", post("Content-Length: 1\r\n", "x") + "\u{1}", noMethod),
    .init("a body longer than its length", post("Content-Length: 1\r\n", "x{}"), noMethod),
  ]
}
