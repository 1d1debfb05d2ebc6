import Foundation
import TestSupport
import Testing

/// What takes time: every wait for an upstream has an end that a setting names.
@Suite(.ownThread) struct UpstreamSlow {
  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

  /// One piece again and again, for longer than any deadline.
  private static func forever(_ first: String, _ piece: String, every milliseconds: Int) -> UpstreamReply {
    let steps: [UpstreamReply.Step] = (0..<(40_000 / milliseconds)).flatMap { _ -> [UpstreamReply.Step] in
      [.send(Array(piece.utf8)), .pause(milliseconds: milliseconds)]
    }
    return UpstreamReply([.send(Array(first.utf8))] + steps)
  }

  private static let table: [(String, UpstreamReply)] = [
    ("never answers", .hang),
    ("status line, then nothing", UpstreamReply.raw(ok).then(.hang)),
    ("half a head", UpstreamReply.raw(ok + "X-A").then(.hang)),
    ("interim, then nothing", UpstreamReply.raw("HTTP/1.1 103 Early Hints\r\n\r\n").then(.hang)),
    ("interim every 0.1 s", forever("", "HTTP/1.1 102 Processing\r\n\r\n", every: 100)),
    ("a header byte every 0.1 s", forever(ok + "X-A: ", "y", every: 100)),
    ("half a body", UpstreamReply.raw(ok + "Content-Length: 10\r\n\r\n12345").then(.hang)),
    ("a body byte every 0.1 s", forever(ok + "Content-Length: 10000\r\n\r\n", "y", every: 100)),
    ("a body without end", forever(ok + "\r\n", "y", every: 100)),
    ("half a chunk", UpstreamReply.raw(chunked + "a\r\n12345").then(.hang)),
    ("chunks without end", forever(chunked, "1\r\ny\r\n", every: 100)),
    ("a chunk extension without end", forever(chunked + "1;", "y", every: 100)),
    ("a trailer without end", forever(chunked + "1\r\ny\r\n0\r\nX: ", "y", every: 100)),
    ("close announced, not done", UpstreamReply.raw(ok + "Connection: close\r\n\r\n12345").then(.hang)),
  ]

  @Test func `an upstream that gives no end gets one, and others do not wait for it`() throws {
    let table = Self.table
    let fixture = try FaultFixture(route: "first-byte-seconds-max: 2\ntotal-seconds-max: 4") { name, _ in
      Int(name).map { table[$0].1 } ?? .ok
    }
    let before = fixture.gateway.residentBytes
    let start = Date()
    let clients = try table.indices.map { number in
      let client = try fixture.gateway.connect()
      try client.send(fixture.request(String(number)).bytes)
      return client
    }
    for _ in 0..<20 { try fixture.serveFair() }
    for (number, (name, _)) in table.enumerated() {
      HostileTable.row(.upstreamTime, name, expected: "504 within 4 s (+5 s), sent once") {
        let status = try clients[number].response(within: 15).status
        let isLate = Date().timeIntervalSince(start) > 9
        return
          "\(status) within 4 s (+5 s\(isLate ? ", late" : "")), sent \(fixture.seen(String(number)).count == 1 ? "once" : "more")"
      }
    }
    #expect(fixture.gateway.residentBytes - before < 32 << 20)
    try fixture.serveFair()
  }

  @Test func `an upstream that does not take the body is 504`() throws {
    let deaf = try DeafUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: ["http://127.0.0.1:\(deaf.port)/"],
        route: "total-seconds-max: 3\nfirst-byte-seconds-max: 3\nbody-bytes-max: 16777216",
        limits: "body-bytes-max: 16777216"))
    HostileTable.row(.upstreamTime, "takes 16 MiB never", expected: "504") {
      let request = SignedRequest(bytes: [UInt8](repeating: 7, count: 16 << 20))
      return String(try gateway.exchange(request.bytes, seconds: 20).status)
    }
  }

  @Test func `a hundred stalls do not slow a neighbour under load`() throws {
    let fixture = try FaultFixture(route: "first-byte-seconds-max: 5\ntotal-seconds-max: 6") { _, _ in .hang }
    let clients = try (0..<100).map { number in
      let client = try fixture.gateway.connect()
      try client.send(fixture.request("stalled-\(number)").bytes)
      return client
    }
    let load = Senders(port: fixture.gateway.port, count: 4, target: "/fair")
    HostileTable.row(.isolation, "100 stalls beside 4 busy senders", expected: "100 x 504, load unharmed") {
      let late = clients.filter { (try? $0.response(within: 20).status) != 504 }.count
      let tally = load.stop()
      try FaultFixture.hold(tally.accepted.count > 200, "only \(tally.accepted.count) in the load")
      let isUnharmed = tally.refusals.isEmpty && tally.broken.isEmpty
      return "\(100 - late) x 504, load \(isUnharmed ? "unharmed" : "\(tally.refusals) \(tally.broken)")"
    }
  }
}

/// Accepts and never reads: its window is soon full.
final class DeafUpstream {
  let port: UInt16
  private let listener: Int32

  init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var small: Int32 = 4_096
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, socklen_t(MemoryLayout<Int32>.size))
    port = try FreePort.take()
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0, listen(listener, 8) == 0 else { throw FixtureError("listen: \(errno)") }
  }

  deinit { close(listener) }
}
