import TestSupport
import Testing

/// Requests that two readers could take for different ones: answered, really closed, and nothing forwarded.
@Suite(.ownThread) struct BrokenFramingTests {
  /// Ten bytes, signed; `<signed>` in the texts stands for its signature's lines.
  private static let body = "0123456789"

  private static let heads: [(String, String)] = [
    (
      "length and coding",
      "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n"
    ),
    (
      "coding and length",
      "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n"
    ),
    (
      "two lengths",
      "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\nContent-Length: 9\r\n\r\n"
    ),
    (
      "two equal lengths",
      "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\nContent-Length: 10\r\n\r\n"
    ),
    ("a list of lengths", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10, 10\r\n\r\n"),
    ("a length with a plus", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: +10\r\n\r\n"),
    ("a negative length", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: -10\r\n\r\n"),
    ("a hexadecimal length", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 0xA\r\n\r\n"),
    ("a length in two", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 1 0\r\n\r\n"),
    ("an empty length", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length:\r\n\r\n"),
    ("an unknown coding", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: xchunked\r\n\r\n"),
    ("identity", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: identity\r\n\r\n"),
    (
      "chunked, identity",
      "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: chunked, identity\r\n\r\n"
    ),
    ("gzip, chunked", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: gzip, chunked\r\n\r\n"),
    (
      "chunked twice",
      "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
    ),
    ("a folded coding", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding:\r\n chunked\r\n\r\n"),
    ("a vertical tab", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Transfer-Encoding: \u{B}chunked\r\n\r\n"),
    ("chunked in HTTP/1.0", "POST /hook HTTP/1.0\r\nHost: a\r\n<signed>Transfer-Encoding: chunked\r\n\r\n"),
    ("a bare line feed", "POST /hook HTTP/1.1\r\nHost: a\n<signed>Content-Length: 10\r\n\r\n"),
    ("line feeds only", "POST /hook HTTP/1.1\nHost: a\nContent-Length: 10\n\n"),
    ("a bare carriage return", "POST /hook HTTP/1.1\r\nHost: a\rX: y\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("NUL in a value", "POST /hook HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("a blank before the colon", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length : 10\r\n\r\n"),
    ("a tab before the colon", "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length\t: 10\r\n\r\n"),
    ("a blank in a name", "POST /hook HTTP/1.1\r\nHost: a\r\nX Y: z\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("an empty name", "POST /hook HTTP/1.1\r\nHost: a\r\n: z\r\n<signed>Content-Length: 10\r\n\r\n"),
    (
      "a name beyond ASCII",
      "POST /hook HTTP/1.1\r\nHost: a\r\nX\u{E9}: z\r\n<signed>Content-Length: 10\r\n\r\n"
    ),
    (
      "a line without a colon",
      "POST /hook HTTP/1.1\r\nHost: a\r\nnonsense\r\n<signed>Content-Length: 10\r\n\r\n"
    ),
    ("no Host", "POST /hook HTTP/1.1\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("two Hosts", "POST /hook HTTP/1.1\r\nHost: a\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("a Host with a path", "POST /hook HTTP/1.1\r\nHost: u@h /x\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("two blanks", "POST  /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("no version", "POST /hook\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("absolute form", "POST http://a/hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
    ("a fragment", "POST /hook#x HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n"),
    ("no HTTP at all", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}\u{3}\u{3}\r\n\r\n"),
    ("empty lines first", "\r\n\r\nPOST /hook HTTP/1.1\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n"),
  ]

  private static func bytes(_ text: String) -> [UInt8] {
    let signed = SignedRequest(body).signatureLines.map { $0 + "\r\n" }.joined()
    let filled = text.split(separator: "<signed>", omittingEmptySubsequences: false).joined(separator: signed)
    return filled.unicodeScalars.map { UInt8($0.value) }
  }

  /// The answer, once the connection has been seen to be closed with nothing behind it.
  private func refused(_ fixture: GatewayFixture, _ bytes: [UInt8], _ name: String) throws -> RawResponse {
    let client = try fixture.gateway.connect()
    client.offer(bytes)
    let response = try client.response()
    #expect(response.head.value("connection") == "close", "\(name)")
    #expect(client.isClosedByPeer(), "\(name)")
    return response
  }

  @Test func `a broken head is answered with 400 and the end of the connection`() throws {
    let fixture = try GatewayFixture()
    for (name, head) in Self.heads {
      // A signed request behind it must not be taken for one.
      let bytes = Self.bytes(head) + Array(Self.body.utf8) + SignedRequest("smuggled").bytes
      #expect(try refused(fixture, bytes, name).status == 400, "\(name)")
    }
    try fixture.expectServing()
  }

  private static let chunks: [(String, String)] = [
    ("a size with 0x", "0xA\r\n0123456789\r\n0\r\n\r\n"),
    ("a size with a plus", "+A\r\n0123456789\r\n0\r\n\r\n"),
    ("a blank before the size", " A\r\n0123456789\r\n0\r\n\r\n"),
    ("no size", "\r\n0123456789\r\n0\r\n\r\n"),
    ("17 digits", "0000000000000000A\r\n0123456789\r\n0\r\n\r\n"),
    ("a huge size", "FFFFFFFFFFFFFFFF\r\n0123456789\r\n0\r\n\r\n"),
    ("data longer than its size", "5\r\n0123456789\r\n0\r\n\r\n"),
    ("no end after the data", "A\r\n01234567890\r\n\r\n"),
    ("a bare line feed after the size", "A\n0123456789\r\n0\r\n\r\n"),
    ("a bare line feed after the data", "A\r\n0123456789\n0\r\n\r\n"),
    ("a bare line feed in an extension", "A;x\n\r\n0123456789\r\n0\r\n\r\n"),
    ("a bare carriage return in an extension", "A;x\r\r\n0123456789\r\n0\r\n\r\n"),
    ("a bare line feed after the last size", "A\r\n0123456789\r\n0\n\r\n"),
    ("a broken trailer", "A\r\n0123456789\r\n0\r\nX y: z\r\n\r\n"),
  ]

  @Test func `broken chunks are answered with 400 and the end of the connection`() throws {
    let fixture = try GatewayFixture()
    for (name, body) in Self.chunks {
      let head = SignedRequest(Self.body).with { $0.chunks = [10] }.head
      let bytes = head + Array(body.utf8) + SignedRequest("smuggled").bytes
      #expect(try refused(fixture, bytes, name).status == 400, "\(name)")
    }
    try fixture.expectServing()
  }

  @Test func `chunk overhead without data is cut off`() throws {
    let fixture = try GatewayFixture()
    let extensions = String(repeating: ";x=\"" + String(repeating: "y", count: 1000) + "\"", count: 40)
    for overhead in [
      "A" + extensions + "\r\n",
      String(repeating: "1;" + String(repeating: "e", count: 90) + "\r\nx\r\n", count: 400),
    ] {
      let bytes = SignedRequest(Self.body).with { $0.chunks = [10] }.head + Array(overhead.utf8)
      #expect(try refused(fixture, bytes, String(overhead.prefix(40))).status == 400)
    }
    try fixture.expectServing()
  }

  @Test(arguments: [
    "POST /hook HTTP/1.2\r\nHost: a\r\n\r\n", "POST /hook HTTP/2.0\r\nHost: a\r\n\r\n",
    "POST /hook HTTP/0.9\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ])
  func `another version of HTTP is answered with 505`(text: String) throws {
    let fixture = try GatewayFixture()
    #expect(try refused(fixture, Array(text.utf8), text).status == 505)
    try fixture.expectServing()
  }

  @Test func `an unknown path is 404 and another method 405 with what is allowed, both before the body`()
    throws
  {
    let fixture = try GatewayFixture(route: "methods: [POST, PUT]")
    // Neither sends its body: the answer does not wait for it.
    let lost = SignedRequest().with { $0.target = "/hook/else" }.head
    #expect(try refused(fixture, lost, "path").status == 404)
    let fetched = SignedRequest().with { $0.method = "DELETE" }.head
    let response = try refused(fixture, fetched, "method")
    #expect(response.status == 405)
    #expect(response.head.value("allow") == "POST, PUT")
    try fixture.expectServing()
  }

  @Test func `an expectation other than 100-continue is 417`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest().with { $0.lines.append("Expect: a-miracle") }
    #expect(try refused(fixture, request.head, "expect").status == 417)
    try fixture.expectServing()
  }

  @Test func `a body cut off by the sender's end or reset reaches nobody`() throws {
    let fixture = try GatewayFixture()
    for request in [SignedRequest("0123456789"), SignedRequest("0123456789").with { $0.chunks = [4] }] {
      let part = request.head + request.framedBody.dropLast(4)
      let halfClosing = try fixture.gateway.connect()
      try halfClosing.send(Array(part))
      halfClosing.halfClose()
      let answer = try halfClosing.readToEnd()
      #expect(answer.isEmpty || answer.contains("HTTP/1.1 400") || answer.contains("HTTP/1.1 408"))
      let resetting = try fixture.gateway.connect()
      try resetting.send(Array(part))
      resetting.reset()
    }
    try fixture.expectServing()
  }

  @Test func `refused connections give their descriptors back`() throws {
    let fixture = try GatewayFixture()
    try fixture.expectServing()
    let before = fixture.gateway.descriptorCount
    var clients: [RawClient] = []
    for _ in 0..<40 {
      let client = try fixture.gateway.connect()
      client.offer(Array("nonsense\r\n\r\n".utf8))
      #expect(try client.response().status == 400)
      // It stays open on this side: the gateway has to end it by itself.
      clients.append(client)
    }
    #expect(eventually(within: 20) { fixture.gateway.descriptorCount <= before + 2 })
    #expect(clients.count == 40)
  }
}
