import Foundation
import TestSupport
import Testing

/// What deaf readers and upstreams that stall cost the others, in seconds and in memory.
@Suite(.serialized, .ownThread) struct IsolationAlone {
  @Test func `deliveries that hang at one upstream do not slow another's`() throws {
    let fixture = try FaultFixture(route: "first-byte-seconds-max: 20") { _, _ in .hang }
    let waiting = try (0..<40).map { number in
      let client = try fixture.gateway.connect()
      try client.send(fixture.request("stalled-\(number)").bytes)
      return client
    }
    _ = eventually { fixture.upstream.requests.count == 40 }
    HostileTable.row(.isolation, "20 deliveries beside 40 that stall", expected: "each 200 within 2 s") {
      try slowest(of: 20, fixture) < 2 ? "each 200 within 2 s" : "one took longer"
    }
    #expect(waiting.allSatisfy { $0.end == nil })
  }

  @Test func `senders who never read their answers do not slow others`() throws {
    let large = UpstreamReply([
      .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n".utf8)), .sendZeros(8_388_608),
    ])
    let fixture = try FaultFixture { _, _ in large }
    let before = fixture.gateway.residentBytes
    let deaf = try (0..<40).map { number in
      let client = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 4_096)
      try client.send(fixture.request("deaf-\(number)").bytes)
      return client
    }
    _ = eventually { fixture.upstream.requests.count == 40 }
    usleep(300_000)
    HostileTable.row(
      .isolation, "20 deliveries beside 40 deaf senders of 8 MiB",
      expected: "each 200 within 2 s, under 64 MiB"
    ) {
      let seconds = try slowest(of: 20, fixture)
      let grown = fixture.gateway.residentBytes - before
      try FaultFixture.hold(grown < 64 << 20, "\(grown >> 20) MiB more")
      return seconds < 2 ? "each 200 within 2 s, under 64 MiB" : "one took \(seconds) s"
    }
    #expect(deaf.allSatisfy { $0.end == nil })
  }

  /// The one above has few answers, and long ones; this one has many, and short ones: what the kernel keeps for
  /// a connection, several megabytes, is filled more than once.
  @Test(arguments: ["forged", "genuine"])
  func `a sender who goes on and never reads has few answers kept for it`(kind: String) throws {
    let answer = UpstreamReply([
      .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n".utf8)), .sendZeros(4096),
    ])
    let fixture = try FaultFixture(limits: "reply-seconds-max: 3") { name, _ in name == kind ? answer : .ok }
    // Refused at once: for a well-formed signature the secret file would be looked at first.
    let one = fixture.request(kind).with { if kind == "forged" { $0.signature = "0" } }
    let count = kind == "forged" ? 50_000 : 4_000
    let many = [[UInt8]](repeating: one.bytes, count: count).flatMap { $0 }
    let before = fixture.gateway.residentBytes
    let deaf = try RawClient(port: fixture.gateway.port, receiveBufferBytes: 4_096)
    HostileTable.row(.isolation, "\(kind) ones, pipelined and unread", expected: "under 16 MiB more, ended") {
      var grown = 0
      // The first fills the kernel's buffers, perhaps.
      for _ in 0..<4 where grown < 16 {
        deaf.offer(many, within: 5)
        grown = (fixture.gateway.residentBytes - before) >> 20
      }
      try FaultFixture.hold(grown < 16, "\(grown) MiB more")
      return eventually(within: 60) { deaf.isCut } ? "under 16 MiB more, ended" : "still open"
    }
    try fixture.serveFair()
  }

  private func slowest(of count: Int, _ fixture: FaultFixture) throws -> Double {
    var longest = 0.0
    for _ in 0..<count {
      let start = Date()
      try fixture.serveFair()
      longest = max(longest, Date().timeIntervalSince(start))
    }
    return longest
  }
}
