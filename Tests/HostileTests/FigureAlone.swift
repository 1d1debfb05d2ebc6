import Foundation
import TestSupport
import Testing

/// What hostile input may cost in memory and in seconds.
@Suite(.serialized, .ownThread) struct FigureAlone {
  @Test func `of a head without end not much more is read than its bound`() throws {
    let runner = try RawRunner()
    HostileTable.row(.headBounds, "20 heads of 3 MB", expected: "less than 16 MiB more resident") {
      let before = runner.gateway.residentBytes
      for _ in 0..<20 {
        let client = try runner.gateway.connect()
        client.offer(Array("POST /hook HTTP/1.1\r\nX: ".utf8) + [UInt8](repeating: 121, count: 3_000_000))
        _ = try client.response()
      }
      let grown = (runner.gateway.residentBytes - before) / 1_048_576
      return grown < 16 ? "less than 16 MiB more resident" : "\(grown) MiB more"
    }
  }

  @Test func `64 MiB of answer pass through bounded memory, also when the sender is slow`() throws {
    let size = 64 << 20
    let fixture = try FaultFixture(workers: 1) { name, _ in
      guard name == "large" else { return .ok }
      return UpstreamReply([
        .send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n".utf8)), .sendZeros(size),
      ])
    }
    try fixture.serveFair()
    let before = fixture.gateway.residentBytes
    for (name, pause) in [("a fast sender", UInt32(0)), ("a slow sender", 2_000)] {
      HostileTable.row(.largeAnswer, "64 MiB to \(name)", expected: "whole, under 32 MiB of memory") {
        let client = try fixture.gateway.connect()
        try client.send(fixture.request("large").bytes)
        var count = 0
        var peak = 0
        while count < size {
          let bytes = client.take(262_144)
          guard !bytes.isEmpty else { break }
          count += bytes.count
          peak = max(peak, fixture.gateway.residentBytes - before)
          usleep(pause)
        }
        try FaultFixture.hold(count >= size && count < size + 1000, "\(count) bytes")
        return peak < 32 << 20 ? "whole, under 32 MiB of memory" : "\(peak >> 20) MiB of memory"
      }
    }
    try fixture.serveFair()
  }

  @Test func `a replaced file is in force soon after a SIGHUP`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    HostileTable.row(.reload, "replaced and SIGHUP, in seconds", expected: "new 200 within 1 s, old 401") {
      try gateway.replaceSecrets(["new"])
      let start = Date()
      try gateway.reload()
      let new = try gateway.status(signedWith: "new")
      let isSoon = Date().timeIntervalSince(start) < 1
      return "new \(new)\(isSoon ? " within 1 s" : " late"), old \(try gateway.status())"
    }
  }

  @Test func `of a secret file of 1 GiB nothing is kept`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    HostileTable.row(.unfitFile, "the file of 1 GiB: memory", expected: "under 200 MiB in all") {
      guard truncate(gateway.secretPath, 1 << 30) == 0 else { throw FixtureError("truncate") }
      try gateway.reload(expecting: "reload refused")
      _ = try gateway.status(signedWith: "forged")
      let bytes = gateway.residentBytes
      return bytes < 200 << 20 ? "under 200 MiB in all" : "\(bytes >> 20) MiB"
    }
  }
}
