import Foundation
import TestSupport
import Testing

/// What senders see of holding, over real connections, while the API takes its time.
@Suite struct HeldTests {
  /// A rotation whose call is under way and is answered by nobody.
  private func calling(seed: UInt64, rotation: [String] = []) throws -> (RotationFixture, ChildProcess) {
    let fixture = try RotationFixture(seed: seed, behaviour: .silence, rotation: rotation)
    let child = try fixture.spawn(["--attempts", "1"])
    #expect(eventually { fixture.provider.calls == 1 })
    return (fixture, child)
  }

  private func request(_ number: Int, secret: String, target: String = "/hook") -> [UInt8] {
    SignedRequest(Delivery(number: number, isForged: true).body).with { $0.secret = secret }.bytes
  }

  private func end(_ fixture: RotationFixture, _ child: ChildProcess) throws {
    child.signal(SIGKILL)
    _ = child.waitForExit()
    fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
    #expect(try fixture.rotate().status == 0)
    #expect(try fixture.counter("held") == 0)
    #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
    #expect(fixture.upstream.counts.forged == 0)
    #expect(fixture.leaks() == [])
    #expect(fixture.gateway.terminate() == 0)
    fixture.stop()
  }

  @Test(.timeLimit(.minutes(10)))
  func `a sender that hangs up while it is held gives its place back`() async throws {
    try await onThread {
      let (fixture, child) = try calling(seed: 40, rotation: ["hold-deliveries-max: 1"])
      let first = try fixture.gateway.connect()
      try first.send(request(1, secret: "not known yet"))
      #expect(eventually { (try? fixture.counter("held")) == 1 })
      #expect(try fixture.status(signedWith: "not known either") == 503)
      first.close()
      #expect(eventually { (try? fixture.counter("held")) == 0 })
      let next = try fixture.gateway.connect()
      try next.send(request(2, secret: "not known yet"))
      #expect(eventually { (try? fixture.counter("held")) == 1 })
      next.reset()
      #expect(eventually { (try? fixture.counter("held")) == 0 })
      try end(fixture, child)
    }
  }

  private static func meanwhile(_ text: String) -> String? {
    text.split(separator: "\n").map(String.init).first { $0.hasPrefix("deliveries meanwhile: ") }
  }

  @Test(.timeLimit(.minutes(10)))
  func `rotate tells truly what was held, verified, and answered 503, also of what came before a crash`()
    async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 43, behaviour: .rotate(delayMillisecondsMax: 0))
      // Of an earlier rotation nothing is told.
      #expect(try fixture.rotate().status == 0)
      fixture.provider.behave(.silence)
      let child = try fixture.spawn(["--attempts", "1"])
      #expect(eventually { fixture.provider.calls == 2 })
      let forger = try fixture.gateway.connect()
      try forger.send(request(1, secret: "a guess"))
      #expect(eventually { (try? fixture.counter("held")) == 1 })
      child.signal(SIGKILL)
      _ = child.waitForExit()
      fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
      let (status, text) = try fixture.rotate(["--resume"])
      #expect(status == 0, "\(text)")
      #expect(try forger.response(within: 60).status == 503)
      #expect(
        Self.meanwhile(text)
          == "deliveries meanwhile: 1 held, 0 of them verified by the new secret, 1 answered 503 for their "
          + "sender to try again", "\(text)")
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a flood of forgeries fills the places and nothing else`() async throws {
    try await onThread {
      let (fixture, child) = try calling(
        seed: 41, rotation: ["hold-seconds-max: 6", "hold-deliveries-max: 32"])
      let clients = try (0..<50).map { number in
        let client = try fixture.gateway.connect()
        try client.send(request(number, secret: "a guess"))
        return client
      }
      // One in a place of its own after the other, the rest is told to come again.
      #expect(eventually { (try? fixture.counter("held")) == 32 })
      #expect(eventually { (try? fixture.counter("overflowed")) == 18 })
      // Deliveries of the secret that is known go their way.
      for _ in 0..<20 { #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200) }
      // Everyone is answered at the latest when the time of holding is up, and may speak again.
      for client in clients {
        let response = try client.response(within: 60)
        #expect(response.status == 503)
        #expect(response.head.value("retry-after") == "1")
        #expect(response.head.value("connection") != "close")
      }
      #expect(try fixture.counter("held") == 0)
      #expect(try fixture.counter("rejudged") == 0)
      try clients[0].send(request(1, secret: fixture.provider.current.secret))
      #expect(try clients[0].response().status == 200)
      child.signal(SIGKILL)
      _ = child.waitForExit()
      fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
      #expect(try fixture.rotate().status == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `the gateway can be stopped and read anew while it holds`() async throws {
    try await onThread {
      let (fixture, child) = try calling(seed: 42)
      let clients = try (0..<20).map { number in
        let client = try fixture.gateway.connect()
        try client.send(request(number, secret: "a guess"))
        return client
      }
      #expect(eventually { (try? fixture.counter("held")) == 20 })
      fixture.gateway.signal(SIGHUP)
      try fixture.gateway.waitForLog(containing: "msg=reloaded")
      #expect(try fixture.counter("held") == 20)
      #expect(fixture.gateway.terminate() == 0)
      for client in clients { #expect(try client.response(within: 30).status == 503) }
      child.signal(SIGKILL)
      _ = child.waitForExit()
      #expect(fixture.upstream.counts.forged == 0)
      #expect(fixture.leaks() == [])
      fixture.stop()
    }
  }
}
