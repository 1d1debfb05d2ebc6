import HTTP
import Testing

/// An answer that must be read, and what of it must come out.
struct SoundResponse: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  var status: Int
  var body: String
  var framing: ResponseHead.Framing
  var isForHEAD: Bool

  init(
    _ name: String, _ text: String, _ status: Int = 200, body: String = "",
    framing: ResponseHead.Framing, isForHEAD: Bool = false
  ) {
    self.name = name
    bytes = Array(text.utf8)
    self.status = status
    self.body = body
    self.framing = framing
    self.isForHEAD = isForHEAD
  }

  var testDescription: String { name }
  var setting: ResponseTranscript.Setting { .init(isForHEAD: isForHEAD) }

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

  static let all: [SoundResponse] = [
    .init("a body of a length", ok + "Content-Length: 5\r\n\r\nhello", body: "hello", framing: .length(5)),
    .init("an empty body", ok + "Content-Length: 0\r\n\r\n", framing: .length(0)),
    .init(
      "zeros before a length", ok + "Content-Length: 005\r\n\r\nhello", body: "hello", framing: .length(5)),
    .init(
      "HTTP/1.0", "HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nab", 404, body: "ab",
      framing: .length(2)),
    .init("an empty reason", "HTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n", 201, framing: .length(0)),
    .init("the highest status", "HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", 599, framing: .length(0)),
    .init("one chunk", chunked + "5\r\nhello\r\n0\r\n\r\n", body: "hello", framing: .chunked),
    .init("no chunk", chunked + "0\r\n\r\n", framing: .chunked),
    .init("chunks", chunked + "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", body: "abc", framing: .chunked),
    .init("an extension", chunked + "5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n", body: "hello", framing: .chunked),
    .init(
      "trailers", chunked + "1\r\na\r\n0\r\nX-Sum: 1\r\nSet-Cookie: b\r\n\r\n", body: "a", framing: .chunked),
    .init("until it closes", ok + "X: y\r\n\r\nhello", body: "hello", framing: .close),
    .init("nothing until it closes", ok + "\r\n", framing: .close),
    .init("to HEAD", ok + "Content-Length: 5\r\n\r\n", framing: .none, isForHEAD: true),
    .init("to HEAD, in chunks", chunked, framing: .none, isForHEAD: true),
    .init("to HEAD, without a length", ok + "\r\n", framing: .none, isForHEAD: true),
    .init("204", "HTTP/1.1 204 No Content\r\n\r\n", 204, framing: .none),
    .init("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, framing: .none),
    .init("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, framing: .none),
    .init(
      "100 before it", "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 1\r\n\r\na", body: "a",
      framing: .length(1)),
    .init(
      "two interim answers with fields",
      "HTTP/1.1 102 Processing\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok
        + "Content-Length: 1\r\n\r\na", body: "a", framing: .length(1)),
  ]

  /// Forgiven, though nobody may send it so.
  static let forgiven: [SoundResponse] = [
    .init(
      "a length said twice alike", ok + "Content-Length: 2\r\ncontent-length: 2\r\n\r\nab", body: "ab",
      framing: .length(2)),
    .init("tabs around a length", ok + "Content-Length:\t2\t\r\n\r\nab", body: "ab", framing: .length(2)),
    .init("bare LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", body: "hello", framing: .length(5)),
    .init("bare LF in chunks", chunked + "5\nhello\n0\nX: y\n\n", body: "hello", framing: .chunked),
    .init("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", framing: .length(0)),
    .init("a fold", ok + "X: a\r\n  b\r\n\tc \r\nContent-Length: 0\r\n\r\n", framing: .length(0)),
    .init("padded sizes", chunked + "5       \r\nhello\r\n0\t\r\n\r\n", body: "hello", framing: .chunked),
    .init(
      "blanks beside a semicolon", chunked + "5 ; a = b c\r\nhello\r\n0\r\n\r\n", body: "hello",
      framing: .chunked),
    .init("a folded trailer", chunked + "0\r\nX: y\r\n z\r\n\r\n", framing: .chunked),
  ]
}

/// An answer that must be refused, and with which words.
struct UnsoundResponse: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var fault: MessageFault

  init(_ name: String, _ text: String, _ fault: MessageFault) {
    self.name = name
    self.text = text
    self.fault = fault
  }

  var testDescription: String { name }
  var bytes: [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
  private static let noLine = MessageFault.malformed("no status line of HTTP/1.1 or HTTP/1.0")
  private static let badStatus = MessageFault.malformed("a status that is not three digits and a space")
  private static let badRange = MessageFault.malformed("a status out of range")
  private static let cutLine = MessageFault.malformed("a status line that breaks off")
  private static let badLength = MessageFault.malformed("a Content-Length that is not a number")
  private static let badCoding = MessageFault.malformed("a Transfer-Encoding that is not chunked alone")
  private static let badFold = MessageFault.malformed("a folded line where readers see different ends")
  private static let badByte = MessageFault.malformed("a forbidden byte in a chunk's size line")
  private static let extensionLF = MessageFault.malformed("bare LF in a chunk's size line")

  /// Refused whatever is forgiven.
  static let all: [UnsoundResponse] = statusLines + fields + framings + chunks

  private static let statusLines: [UnsoundResponse] = [
    .init("nothing but a line end", "\r\n", cutLine), .init("a TLS alert", "\u{15}\u{3}\u{1}", noLine),
    .init("HTTP/0.9", "<html>", noLine), .init("a version alone", "HTTP/1.1\r\n", cutLine),
    .init("HTTP/2", "HTTP/2 200\r\n", noLine), .init("HTTP/1.2", "HTTP/1.2 200 OK\r\n", noLine),
    .init("HTTP/1.10", "HTTP/1.10 200 OK\r\n", noLine), .init("lower case", "http/1.1 200 OK\r\n", noLine),
    .init("a blank first", " HTTP/1.1 200 OK\r\n", noLine),
    .init("an empty line first", "\r\nHTTP/1.1 200 OK\r\n", cutLine),
    .init("a tab", "HTTP/1.1\t200 OK\r\n", noLine), .init("two blanks", "HTTP/1.1  200 OK\r\n", badStatus),
    .init("two digits", "HTTP/1.1 20 OK\r\n", badStatus),
    .init("two digits alone", "HTTP/1.1 20\r\n", cutLine),
    .init("four digits", "HTTP/1.1 2000 OK\r\n", badStatus), .init("glued", "HTTP/1.1 200OK\r\n", badStatus),
    .init("letters", "HTTP/1.1 2x0 OK\r\n", badStatus), .init("a sign", "HTTP/1.1 -20 OK\r\n", badStatus),
    .init("099", "HTTP/1.1 099 Low\r\n", badRange), .init("600", "HTTP/1.1 600 High\r\n", badRange),
    .init("NUL", "HTTP/1.1 200 a\0b\r\n", .malformed("a control character in the reason phrase")),
    .init("CR in the reason", "HTTP/1.1 200 a\rb\r\n", .malformed("bare CR in the status line")),
    .init("101", "HTTP/1.1 101 Switching\r\n\r\n", .malformed("a switch of protocols that nobody asked for")),
  ]

  private static let fields: [UnsoundResponse] = [
    .init("no colon", ok + "nonsense\r\n\r\n", .malformed("a header line without a colon")),
    .init("no name", ok + ": b\r\n\r\n", .malformed("an empty header name")),
    .init("a blank before the colon", ok + "X : b\r\n\r\n", .malformed("a blank in or after a header name")),
    .init("a name above ASCII", ok + "X-\u{E9}: b\r\n\r\n", .malformed("a header name that is no token")),
    .init("a control byte", ok + "X: a\u{1B}b\r\n\r\n", .malformed("a control character in a header value")),
    .init("NUL in a value", ok + "X: a\0b\r\n\r\n", .malformed("a control character in a header value")),
    .init("CR in a value", ok + "X: a\rSet-Cookie: c\r\n\r\n", .malformed("bare CR in the header section")),
    .init("CR CR LF", ok + "X: a\r\r\n\r\n", .malformed("bare CR in the header section")),
    .init("a fold before any field", ok + " X: a\r\n\r\n", .malformed("a folded header line")),
    .init("a fold that would be a length", ok + "Content-Length: 1\r\n 2\r\n\r\n", badFold),
    .init("a fold behind Transfer-Encoding", ok + "Transfer-Encoding: chunked\r\n\t\r\n\r\n", badFold),
    .init("a fold behind Connection", ok + "Connection: close\r\n , x\r\n\r\n", badFold),
  ]

  private static let framings: [UnsoundResponse] = [
    .init(
      "an interim answer with a length and chunks",
      "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      .malformed("both a length and chunked encoding")),
    .init("two lengths", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", .malformed("two lengths")),
    .init("a list of lengths", ok + "Content-Length: 2, 2\r\n\r\n", badLength),
    .init("a signed length", ok + "Content-Length: +2\r\n\r\n", badLength),
    .init("a length in hex", ok + "Content-Length: 0x2\r\n\r\n", badLength),
    .init("an empty length", ok + "Content-Length:\r\n\r\n", badLength),
    .init("a length folded away", ok + "Content-Length:\r\n 2\r\n\r\n", badLength),
    .init("a length of 19 digits", ok + "Content-Length: 1234567890123456789\r\n\r\n", badLength),
    .init("gzip", ok + "Transfer-Encoding: gzip\r\n\r\n", badCoding),
    .init("gzip, chunked", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", badCoding),
    .init("identity", ok + "Transfer-Encoding: identity\r\n\r\n", badCoding),
    .init(
      "chunked twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", badCoding),
    .init(
      "a length and chunks", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      .malformed("both a length and chunked encoding")),
  ]

  private static let chunks: [UnsoundResponse] = [
    .init("no size", chunked + "\r\n", .malformed("a chunk without a size")),
    .init("no size but LF", chunked + "\n", .malformed("a chunk without a size")),
    .init("a blank before a size", chunked + " 2\r\n", .malformed("a chunk without a size")),
    .init("0x2", chunked + "0x2\r\n", badByte), .init("junk behind a size", chunked + "2 junk\r\n", badByte),
    .init("a size in two parts", chunked + "1 2\r\n", badByte),
    .init("a signed size", chunked + "-2\r\n", .malformed("a chunk without a size")),
    .init("17 digits", chunked + "00000000000000002\r\n", .malformed("a chunk size too large")),
    .init("2^63", chunked + "8000000000000000\r\n", .malformed("a chunk size too large")),
    .init("a CR in a size line", chunked + "2\rx\r\n", .malformed("bare CR in a chunk's size line")),
    .init("an LF that ends an extension", chunked + "2;a\nab\r\n", extensionLF),
    .init("an LF behind a blank and an extension", chunked + "2 ;a\nab\r\n", extensionLF),
    .init(
      "ESC in an extension", chunked + "2;\u{1B}\r\n", .malformed("a control character in a chunk extension")),
    .init(
      "longer than its size", chunked + "2\r\nabc\r\n", .malformed("chunk data that does not end in CRLF")),
    .init(
      "CR CR LF behind data", chunked + "2\r\nab\r\r\n", .malformed("chunk data that does not end in CRLF")),
    .init(
      "a trailer without a colon", chunked + "0\r\nnonsense\r\n\r\n",
      .malformed("a header line without a colon")),
    .init("a trailer folded from nothing", chunked + "0\r\n z\r\n\r\n", .malformed("a folded header line")),
  ]
}
