import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// Once the new secret is stored, a compromised one verifies nothing, in-flight deliveries included.
@Suite struct RotationRevocationTests {
  /// A delivery whose body is still arriving.
  private func begin(_ fixture: ExchangeFixture, signed: Signed = Signed()) throws -> (
    exchange: Exchange, reply: FakeReply
  ) {
    let exchange = fixture.exchange(
      RequestHead("POST", "/hook", bodyBytes: sampleBody.count, signed.fields(over: sampleBody)))
    try #require(exchange.begin())
    _ = sampleBody[..<10].withUnsafeBytes { exchange.collect($0) }
    return (exchange, fixture.reply)
  }

  private func end(_ fixture: ExchangeFixture, _ exchange: Exchange) {
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    fixture.looks.finish()
  }

  static let compromised = RotationNotice.begun(compromised: true)

  /// What one loop sees of a rotation, one look after the other: every way in which looks can fall between
  /// its steps. In each the old secret is compromised.
  static let ways: [(name: String, steps: [(secret: String, rotation: RotationNotice?)])] = [
    ("every step", [("test_webhook_secret", compromised), ("new", compromised), ("new", nil)]),
    ("journal and new secret", [("test_webhook_secret", compromised), ("new", compromised)]),
    ("journal, then all of it", [("test_webhook_secret", compromised), ("new", nil)]),
    ("journal and new secret at once", [("new", compromised)]),
    (
      "more beside the file",
      [
        ("test_webhook_secret", compromised),
        ("test_webhook_secret", .begun(secondsAgo: 1, compromised: true)),
        ("new", compromised),
      ]
    ),
  ]

  @Test(arguments: ways.indices)
  func `a delivery that began before the journal is refused once the new secret is stored`(way: Int) throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture)
    for step in Self.ways[way].steps { fixture.adopt([step.secret], rotation: step.rotation) }
    #expect(fixture.loop.judgesByOlderSecrets)
    end(fixture, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"], "\(Self.ways[way].name)")
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(fixture.holds.revokedTotal == 1)
    fixture.expectNothingHeld()
  }

  @Test func `one that began under the journal is refused and counted as well`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce(Self.compromised)
    let (exchange, reply) = try begin(fixture)
    fixture.adopt(["new"], rotation: Self.compromised)
    end(fixture, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.holds.revokedTotal == 1)
    fixture.expectNothingHeld()
  }

  @Test func `until the new secret is stored the compromised one verifies`() throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture)
    fixture.announce(Self.compromised)
    end(fixture, exchange)
    fixture.deliver()
    fixture.looks.finish()
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(fixture.forwarder.attempts.count == 2)
    #expect(fixture.holds.revokedTotal == 0)
    fixture.expectNothingHeld()
  }

  @Test func `what the new secret verifies as well is not refused`() throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture)
    fixture.announce(Self.compromised)
    fixture.adopt(["new", "test_webhook_secret"], rotation: Self.compromised)
    end(fixture, exchange)
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(fixture.holds.revokedTotal == 0)
    fixture.expectNothingHeld()
  }

  @Test func `one that began before the journal and is signed by the new secret is forwarded`() throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture, signed: .byNew)
    fixture.announce(Self.compromised)
    fixture.adopt(["new"], rotation: Self.compromised)
    end(fixture, exchange)
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(fixture.holds.revokedTotal == 0)
    fixture.expectNothingHeld()
  }

  @Test func `a forgery across a revocation is no genuine delivery, so it is not counted`() throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture, signed: forger)
    fixture.announce(Self.compromised)
    fixture.adopt(["new"])
    end(fixture, exchange)
    #expect(reply.lines.count == 1)
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(fixture.holds.revokedTotal == 0)
    fixture.expectNothingHeld()
  }

  @Test func `after a revocation a mismatch is believed only after a look that finds no newer secret`() throws
  {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture, signed: Signed(key: Array("newest".utf8)))
    fixture.adopt(["new"], rotation: Self.compromised)
    fixture.adopt(["new"])
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(reply.lines == [])
    fixture.adopt(["newest"])
    fixture.looks.finish()
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    fixture.expectNothingHeld()
  }

  @Test func `a compromised secret's own older secrets go with it`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.adopt(["between"], previous: [.of()])
    let (exchange, reply) = try begin(fixture)
    fixture.adopt(["between"], rotation: Self.compromised)
    fixture.adopt(["new"], rotation: Self.compromised)
    fixture.adopt(["new"])
    end(fixture, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.holds.revokedTotal == 1)
    fixture.expectNothingHeld()
  }

  @Test func `an ordinary rotation revokes nothing`() throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture)
    fixture.announce()
    fixture.adopt(["new"], rotation: .begun())
    fixture.adopt(["new"])
    end(fixture, exchange)
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(fixture.holds.revokedTotal == 0)
    fixture.expectNothingHeld()
  }

  // MARK: Before anybody here has heard of the new secret

  @Test func `what a compromised secret verifies is believed only after a look`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce(Self.compromised)
    fixture.deliver()
    let reply = fixture.reply
    #expect(fixture.forwarder.attempts.isEmpty && reply.lines == [])
    // Another journal, or the new secret, that an older look has found: this one's is still under way.
    fixture.announce(.begun(secondsAgo: 1, compromised: true))
    #expect(fixture.forwarder.attempts.isEmpty && reply.lines == [])
    fixture.adopt(["new"], rotation: Self.compromised)
    fixture.looks.finish()
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(fixture.holds.revokedTotal == 1)
    fixture.expectNothingHeld()
  }

  @Test func `a body that ends after the new secret is stored waits for the look that finds it`() throws {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture)
    fixture.announce(Self.compromised)
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(reply.lines == [] && fixture.forwarder.attempts.isEmpty)
    fixture.adopt(["new"])
    fixture.looks.finish()
    #expect(reply.lines == ["refuse 401 mismatch"])
    fixture.expectNothingHeld()
  }

  @Test func `what the new secret verifies waits for its look and is forwarded`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.adopt(["new"], rotation: Self.compromised)
    fixture.deliver(signed: .byNew)
    let reply = fixture.reply
    #expect(fixture.forwarder.attempts.isEmpty)
    fixture.looks.finish()
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    fixture.expectNothingHeld()
  }

  @Test func `a look that does not end lets nothing pass that a compromised secret verifies`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce(Self.compromised)
    fixture.deliver()
    let reply = fixture.reply
    fixture.clock.pass(seconds: 6)
    fixture.loop.expireWaits()
    #expect(reply.lines.count == 1 && reply.lines[0].hasPrefix("refuse 503"), "\(reply.lines)")
    #expect(fixture.forwarder.attempts.isEmpty)
    fixture.looks.finish()
    fixture.expectNothingHeld()
  }

  @Test(arguments: [LookEnd.refused, .unread])
  func `while the file that replaces a compromised secret is not taken, nothing that it verifies passes`(
    end: LookEnd
  ) throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce(Self.compromised)
    fixture.deliver()
    fixture.looks.finish(end)
    #expect(fixture.reply.lines == ["refuse 503 secret-untaken"])
    // One that began before the journal, and one whose look another's overtakes.
    let other = ExchangeFixture.holding()
    let (exchange, reply) = try begin(other)
    other.announce(Self.compromised)
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    other.deliver(signed: .byNew)
    let second = other.reply
    other.adopt(["new"], rotation: Self.compromised)
    #expect(reply.lines == [] && second.lines == [])
    other.looks.finish(end)
    #expect(second.lines == ["refuse 503 secret-untaken"])
    #expect(reply.lines == ["refuse 401 mismatch"])
    for fixture in [fixture, other] {
      #expect(fixture.forwarder.attempts.isEmpty)
      fixture.expectNothingHeld()
    }
  }

  @Test func `an ordinary rotation keeps nothing waiting that a secret verifies`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    fixture.deliver()
    #expect(fixture.forwarder.attempts.count == 1)
    fixture.forwardAll()
    fixture.expectNothingHeld()
  }

  // MARK: The barrier

  @Test func `the barrier waits for deliveries that older secrets can still judge, and for no others`() throws
  {
    let fixture = ExchangeFixture.holding()
    #expect(!fixture.loop.judgesByOlderSecrets)
    let (first, _) = try begin(fixture)
    let (second, _) = try begin(fixture, signed: forger)
    #expect(!fixture.loop.judgesByOlderSecrets)
    fixture.adopt(["new"], previous: [.of()])
    #expect(fixture.loop.judgesByOlderSecrets)
    // Begun with the new secrets: none of the barrier's business.
    let (third, _) = try begin(fixture, signed: .byNew)
    end(fixture, first)
    #expect(fixture.loop.judgesByOlderSecrets)
    second.senderGone()
    #expect(!fixture.loop.judgesByOlderSecrets)
    end(fixture, third)
    fixture.forwardAll()
    fixture.expectNothingHeld()
  }

  @Test func `a journal by itself holds no barrier up, so slow senders keep no rotation from beginning`()
    throws
  {
    let fixture = ExchangeFixture.holding()
    let (exchange, reply) = try begin(fixture)
    fixture.announce(Self.compromised)
    #expect(!fixture.loop.judgesByOlderSecrets)
    fixture.adopt(["new"], rotation: Self.compromised)
    #expect(fixture.loop.judgesByOlderSecrets)
    end(fixture, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"])
    fixture.expectNothingHeld()
  }

  @Test func `a route that went with its secret file holds the barrier up as long as deliveries judge by it`()
    throws
  {
    let fixture = ExchangeFixture.holding()
    let (exchange, _) = try begin(fixture)
    fixture.loop.adopt(
      Snapshot(routes: RouteTable([]), limits: Limits(), trustedProxies: TrustedProxies(), secrets: []))
    #expect(fixture.loop.judgesByOlderSecrets)
    end(fixture, exchange)
    fixture.forwardAll()
    fixture.expectNothingHeld()
  }

  @Test func `what is held or being forwarded is judged by no older secret`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    fixture.deliver()
    let (_, held) = fixture.deliverHeld(signed: forger)
    fixture.adopt(["new"], rotation: .begun())
    #expect(held.lines == [])
    #expect(!fixture.loop.judgesByOlderSecrets)
    fixture.adopt(["new"])
    fixture.forwardAll()
    fixture.expectNothingHeld()
  }

  @Test func `replaced secrets leave the memory with the last delivery that began with them`() throws {
    let fixture = ExchangeFixture.holding()
    weak let idle = fixture.loop.ring(0)
    fixture.adopt(["between"])
    #expect(idle == nil)
    weak let ring = fixture.loop.ring(0)
    let (first, _) = try begin(fixture)
    let (second, _) = try begin(fixture)
    fixture.adopt(["new"])
    end(fixture, first)
    #expect(ring != nil)
    second.senderGone()
    #expect(ring == nil)
  }

  @Test func `a claim that cannot be read holds no barrier up`() throws {
    let fixture = ExchangeFixture.holding()
    let exchange = fixture.exchange(RequestHead("POST", "/hook", bodyBytes: 20, []))
    #expect(exchange.begin())
    fixture.adopt(["new"])
    #expect(!fixture.loop.judgesByOlderSecrets)
    exchange.senderGone()
    fixture.expectNothingHeld()
  }
}
