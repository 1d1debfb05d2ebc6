import Foundation
import Synchronization
import TestSupport
import Testing

/// The way from SIGTERM to the end.
struct DrainTests {
  @Test(.timeLimit(.minutes(10)))
  func `a termination under load loses no delivery that was answered`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], top: "log: {deliveries: refused}"))
      let load = Load(gateway, senders: 6, endsOnClose: true) { _, _ in GatewayProcess.secret }
      #expect(eventually { load.count > Sanitizers.share(of: 300) })
      gateway.signal(SIGTERM)
      let tally = load.waitForEnd()
      #expect(gateway.waitForExit(within: 30) == 0)
      // Every sender heard that its last answer was the last.
      #expect(tally.failures == [])
      let delivered = Set(upstream.requests.map { String(decoding: $0.body, as: UTF8.self) })
      #expect(tally.accepted.allSatisfy(delivered.contains))
      #expect(delivered.count == tally.accepted.count)
      #expect(throws: FixtureError.self) { try gateway.connect() }
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a delivery on its way finishes, and its connection ends with it`() async throws {
    try await onThread {
      let latch = Latch()
      let upstream = try RecordingUpstream({ _ in latch.held() })
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], limits: "drain-seconds-max: 600"))
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 1 })
      let witness = try DrainWitness(gateway)
      gateway.signal(SIGTERM)
      #expect(witness.sawDrain())
      latch.open()
      let response = try client.response()
      #expect(response.status == 200)
      #expect(response.head.values("connection") == ["close"])
      // Not at drain-seconds-max, which is far beyond what is waited for here.
      #expect(gateway.waitForExit(within: 20) == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `further terminations change nothing`() async throws {
    try await onThread {
      let latch = Latch()
      let upstream = try RecordingUpstream { _ in latch.held() }
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 1 })
      for number in [SIGTERM, SIGTERM, SIGINT] {
        gateway.signal(number)
        usleep(100_000)
      }
      latch.open()
      #expect(try client.response().status == 200)
      #expect(gateway.waitForExit(within: 20) == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a long answer that began before the drain arrives whole`() async throws {
    try await onThread {
      let half = String(repeating: "x", count: 100_000)
      let head = "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"
      let upstream = try RecordingUpstream({ _ in
        UpstreamReply([
          .send(Array((head + half).utf8)), .pause(milliseconds: 2000), .send(Array(half.utf8)),
        ])
      })
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], limits: "drain-seconds-max: 600"))
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 1 })
      usleep(200_000)
      gateway.signal(SIGTERM)
      #expect(try client.response().body.count == 200_000)
      #expect(gateway.waitForExit(within: 20) == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a request that arrives on an open connection is served as its last`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      let (busy, idle) = (try gateway.connect(), try gateway.connect())
      for client in [busy, idle] {
        try client.send(SignedRequest().bytes)
        #expect(try client.response().status == 200)
      }
      gateway.signal(SIGTERM)
      try gateway.waitForLog(containing: "msg=\"stopping")
      // The door closes first; the answers after that say that they are the last.
      var isLast = false
      for _ in 1...200 where !isLast {
        try busy.send(SignedRequest().bytes)
        let response = try busy.response()
        #expect(response.status == 200)
        isLast = response.head.values("connection") == ["close"]
      }
      #expect(isLast)
      #expect(eventually { (try? gateway.connect()) == nil })
      #expect(idle.isClosedByPeer())
      #expect(busy.isClosedByPeer())
      #expect(gateway.waitForExit() == 0)
      #expect(upstream.requests.count >= 3)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `an upstream that never answers holds the end up no longer than the drain may last`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream({ _ in .hang })
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], limits: "drain-seconds-max: 2"))
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 1 })
      let start = Date()
      gateway.signal(SIGTERM)
      #expect(gateway.waitForExit(within: 30) == 0)
      // Not sooner; load makes it later.
      let seconds = Date().timeIntervalSince(start)
      #expect(seconds > 1.5)
      // The sender must not take it for delivered, and the log does not keep silent about it.
      #expect(client.readSome(for: 1).isEmpty)
      #expect(client.end != nil)
      #expect(gateway.log.contains { $0.contains("reason=shutdown") })
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a drain's length that a reload changed holds`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream({ _ in .hang })
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      try gateway.writeConfig(
        GatewayConfig.text(upstreams: [upstream.url()], limits: "drain-seconds-max: 1"))
      try gateway.reload()
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 1 })
      gateway.signal(SIGTERM)
      #expect(gateway.waitForExit(within: 15) == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a delivery whose sender has gone still finishes`() async throws {
    try await onThread {
      let latch = Latch()
      let upstream = try RecordingUpstream({ _ in latch.held() })
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 1 })
      client.reset()
      let witness = try DrainWitness(gateway)
      gateway.signal(SIGTERM)
      #expect(witness.sawDrain())
      latch.open()
      #expect(gateway.waitForExit(within: 20) == 0)
      let line = try #require(gateway.log.first { $0.contains("outcome=abandoned") })
      #expect(line.contains("upstream_status=200"))
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a sender in the middle of its body is waited for`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      let begun = try Begun(on: gateway.connect(), secret: GatewayProcess.secret)
      let witness = try DrainWitness(gateway)
      gateway.signal(SIGTERM)
      #expect(witness.sawDrain())
      let response = try begun.response()
      #expect(response.status == 200)
      #expect(response.head.values("connection") == ["close"])
      #expect(gateway.waitForExit(within: 20) == 0)
    }
  }
}
