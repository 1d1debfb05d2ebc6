import Testing

/// Bytes that must be read, with the bodies that must come out, in order.
struct AcceptedRequest: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  var bodies: [String]

  init(_ name: String, _ bytes: [UInt8], bodies: [String] = [""]) {
    self.name = name
    self.bytes = bytes
    self.bodies = bodies
  }

  init(_ name: String, _ text: String, bodies: [String] = [""]) {
    self.init(name, Array(text.utf8), bodies: bodies)
  }

  var testDescription: String { name }

  static let all = heads + fixedBodies + chunkedBodies + pipelines
}

/// A POST to `/` of a.example with these further lines.
func post(_ lines: String, _ rest: String = "") -> String {
  "POST / HTTP/1.1\r\nHost: a.example\r\n\(lines)\r\n\(rest)"
}

/// A chunked POST with this body.
func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n", body) }

extension AcceptedRequest {
  static let heads: [AcceptedRequest] = [
    .init("GET without a body", "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    .init("POST without length or chunks", post("")),
    .init("OPTIONS of a path", "OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("DELETE", "DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("a query", "GET /a/b?c=d&e=/f HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("two question marks", "GET /a?b?c HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("a backslash in the query", "GET /a?b\\c HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("percent escapes stay", "GET /%2e%2E/%00?%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("all visible bytes", "GET /!\"$%&'()*+,-.09:;<=>@AZ[]^_`az{|}~ HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("a path of two slashes", "GET //b.example/x HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("one empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    .init("HTTP/1.0 with a Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
    .init("HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n"),
    .init("HTTP/1.0 with keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    .init(
      "100 names in Connection",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: a" + String(repeating: ",a", count: 99) + "\r\n\r\n"),
    .init("Connection: close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    .init("a Host with a port", "GET / HTTP/1.1\r\nHost: a.example:8480\r\n\r\n"),
    .init("a Host that is an address", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n"),
    .init("a Host that is an IPv6 address", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
    .init("a Host that is an IPv6 address with a port", "GET / HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n"),
    .init("a Host with an underscore", "GET / HTTP/1.1\r\nHost: my_host\r\n\r\n"),
    .init("HOST in capitals", "GET / HTTP/1.1\r\nHOST: a\r\n\r\n"),
    .init("an empty value", "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Blank: \t \r\n\r\n"),
    .init("no blank after the colon", "GET / HTTP/1.1\r\nHost:a\r\nX:y\r\n\r\n"),
    .init("blanks around a value", "GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n"),
    .init("a tab within a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n"),
    .init("colons in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a: b: c\r\n\r\n"),
    .init("every token byte in a name", "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09AZaz: x\r\n\r\n"),
    .init("a repeated unknown field", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n"),
    .init("an Upgrade, ignored", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n"),
    .init("Trailer and TE announced", "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: X\r\n\r\n"),
    .init("Content-Length: 0", post("Content-Length: 0\r\n")),
    .init("GET with Content-Length: 0", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
    .init(
      "bytes that are not UTF-8 in a value",
      Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0xC3, 0x28, 0x80] + Array("\r\n\r\n".utf8)),
    .init(
      "a name that begins like Content-Length",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length-X: 5\r\nX-Content-Length: 5\r\n\r\n"),
    .init("an underscore for the hyphen", "GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n"),
  ]

  static let fixedBodies: [AcceptedRequest] = [
    .init("a body of 5", post("Content-Length: 5\r\n", "hello"), bodies: ["hello"]),
    .init("a length with zeros before it", post("Content-Length: 005\r\n", "hello"), bodies: ["hello"]),
    .init("a length with blanks around it", post("Content-Length:  5 \r\n", "hello"), bodies: ["hello"]),
    .init("a lower-case length", post("content-length: 2\r\n", "{}"), bodies: ["{}"]),
    .init("a body of line ends", post("Content-Length: 4\r\n", "\r\n\r\n"), bodies: ["\r\n\r\n"]),
    .init(
      "a body that looks like a request", post("Content-Length: 18\r\n", "GET / HTTP/1.1\r\n\r\n"),
      bodies: ["GET / HTTP/1.1\r\n\r\n"]),
    .init("a GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", bodies: ["x"]),
    .init("HTTP/1.0 with a body", "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", bodies: ["x"]),
    .init(
      "100-continue", post("Content-Length: 2\r\nExpect: 100-continue\r\n", "{}"), bodies: ["{}"]),
    .init(
      "100-Continue in capitals", post("Expect: 100-CONTINUE\r\nContent-Length: 2\r\n", "{}"), bodies: ["{}"]),
  ]

  static let chunkedBodies: [AcceptedRequest] = [
    .init("one chunk", chunked("5\r\nhello\r\n0\r\n\r\n"), bodies: ["hello"]),
    .init("no chunk", chunked("0\r\n\r\n")),
    .init("two chunks", chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), bodies: ["hello world"]),
    .init("chunks of one byte", chunked("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"), bodies: ["abc"]),
    .init(
      "capital and small hex digits", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
      bodies: ["01234567890123456789"]),
    .init("zeros before a size", chunked("0005\r\nhello\r\n0000\r\n\r\n"), bodies: ["hello"]),
    .init("16 digits", chunked("0000000000000005\r\nhello\r\n0\r\n\r\n"), bodies: ["hello"]),
    .init("an extension", chunked("5;a\r\nhello\r\n0;b\r\n\r\n"), bodies: ["hello"]),
    .init("extensions with values", chunked("5;a=b;c=d\r\nhello\r\n0\r\n\r\n"), bodies: ["hello"]),
    .init("a quoted extension", chunked("5;a=\"b \\\" ;\"\r\nhello\r\n0\r\n\r\n"), bodies: ["hello"]),
    .init("a quoted extension, then another", chunked("5;a=\"\";b\r\nhello\r\n0\r\n\r\n"), bodies: ["hello"]),
    .init(
      "Chunked in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", "1\r\nx\r\n0\r\n\r\n"), bodies: ["x"]),
    .init("a trailer", chunked("1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n"), bodies: ["x"]),
    .init(
      "a trailer that would frame", chunked("1\r\nx\r\n0\r\nX-Verified: true\r\nHost: b\r\n\r\n"),
      bodies: ["x"]),
    .init("chunk data of line ends", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n"), bodies: ["\r\n\r\n"]),
    .init("chunk data like a last chunk", chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), bodies: ["0\r\n\r\n"]),
    .init(
      "a chunked GET", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      bodies: ["x"]),
  ]

  static let pipelines: [AcceptedRequest] = [
    .init(
      "two GETs", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", bodies: ["", ""]),
    .init(
      "eight POSTs", (0..<8).map { post("Content-Length: 1\r\n", "\($0)") }.joined(),
      bodies: (0..<8).map { "\($0)" }),
    .init(
      "length, chunks, none, length",
      post("Content-Length: 2\r\n", "ab") + chunked("1\r\nc\r\n0\r\n\r\n") + post("")
        + post("Content-Length: 1\r\n", "d"),
      bodies: ["ab", "c", "", "d"]),
    .init(
      "an empty line after each body",
      post("Content-Length: 1\r\n", "a") + "\r\n" + post("Content-Length: 1\r\n", "b"), bodies: ["a", "b"]),
  ]
}
