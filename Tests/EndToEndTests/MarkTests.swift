import TestSupport
import Testing

/// A receive ends at a mark among the bytes (TCP's urgent pointer), whatever lies behind it.
@Suite(.ownThread) struct MarkTests {
  @Test func `an answer with a mark in it is read to its end`() throws {
    let fixture = try GatewayFixture(route: "total-seconds-max: 20") { _ in
      UpstreamReply([
        .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345".utf8)),
        .sendMarked(UInt8(ascii: "!")),
        .send(Array("67890".utf8)),
      ])
    }
    for _ in 0..<20 {
      #expect(try fixture.gateway.exchange(SignedRequest().bytes, seconds: 60).text == "1234567890")
    }
  }

  @Test func `a request with a mark in it is read to its end`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest(String(repeating: "x", count: 3_000)).bytes
    for place in [10, 200, 1_000, request.count - 1] {
      let client = try fixture.gateway.connect()
      try client.send(Array(request[..<place]))
      try client.sendMarked(UInt8(ascii: "!"))
      try client.send(Array(request[place...]))
      #expect(try client.response().status == 200, "\(place)")
    }
  }
}
