import TestSupport
import Testing

/// Bytes of another protocol than HTTP: somebody has just put a front before the gateway, and reads the log.
@Suite(.ownThread) struct MisaddressedTests {
  private static let post = "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

  @Test(
    arguments: [
      ("PROXY TCP4 203.0.113.7 10.0.0.1 51008 443\r\n" + post, "PROXY protocol", "send-proxy"),
      ("PROXY TCP6 2001:db8::7 2001:db8::1 51008 443\r\n" + post, "PROXY protocol", "send-proxy"),
      ("PROXY UNKNOWN\r\n" + post, "PROXY protocol", "send-proxy"),
      ("\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0\u{C}" + post, "PROXY protocol", "send-proxy"),
      ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}\u{3}\u{3}", "TLS", "http://"),
    ])
  func `a preamble or a handshake is 400, and the log says what it is and what to do`(
    bytes: String, name: String, advice: String
  ) throws {
    let fixture = try GatewayFixture()
    let client = try fixture.gateway.connect()
    client.offer(bytes.unicodeScalars.map { UInt8($0.value) })
    #expect(try client.response().status == 400)
    let line = try fixture.gateway.waitForLog(containing: "reason=malformed")
    #expect(line.contains(name) && line.contains(advice), "\(line)")
    try fixture.expectServing()
  }

  @Test(arguments: ["\r\n\r\nPOST / HTTP/1.1\r\n", "\r\n\r\n\r\n", "\r\n\rP"])
  func `other empty lines are what they were`(bytes: String) throws {
    let fixture = try GatewayFixture()
    #expect(try fixture.gateway.exchange(Array(bytes.utf8)).status == 400)
    let line = try fixture.gateway.waitForLog(containing: "reason=malformed")
    #expect(line.contains("more than one empty line before the request line"))
  }
}
