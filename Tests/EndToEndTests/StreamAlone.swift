import Foundation
import TestSupport
import Testing

/// What a large answer takes of memory.
@Suite(.ownThread) struct StreamAlone {
  @Test func `a 100 MB answer to a slow reader stays out of memory, and others are served`() throws {
    let fixture = try GatewayFixture(workers: 1, StreamTests.reply)
    #expect(try fixture.gateway.exchange(SignedRequest("warm").bytes).status == 200)
    let before = fixture.gateway.residentBytes
    let slow = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 65_536)
    try slow.send(SignedRequest("large").with { $0.lines.append("Connection: close") }.bytes)
    let first = slow.take(1_000)
    var received = first.count
    var highest = 0
    while slow.end == nil {
      // Slow at first, while another sender is served; in a hurry once that is shown.
      let isSlow = received < 2_000_000
      let part = slow.take(isSlow ? 16_384 : 1_048_576)
      received += part.count
      if part.isEmpty { break }
      highest = max(highest, fixture.gateway.residentBytes)
      guard isSlow else { continue }
      usleep(5_000)
      if received < 200_000 {
        #expect(try fixture.gateway.exchange(SignedRequest("other").bytes).text == "ok")
      }
    }
    let head = try #require(first.firstIndex(of: Array("\r\n\r\n".utf8))) + 4
    #expect(received == head + StreamTests.large)
    #expect(highest - before < 40 * 1_048_576, "\((highest - before) / 1_048_576) MiB more")
  }
}
