import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// Once the new secret is stored, a compromised one verifies nothing, in-flight deliveries included.
@Suite struct RotationRevocationTests {
  /// A delivery whose body is still arriving.
  private func begin(_ gate: Gate, signed: Signed = Signed()) throws -> (exchange: Exchange, reply: FakeReply)
  {
    let exchange = gate.exchange(
      RequestHead("POST", "/hook", bodyBytes: sampleBody.count, signed.fields(over: sampleBody)))
    try #require(exchange.begin())
    _ = sampleBody[..<10].withUnsafeBytes { exchange.collect($0) }
    return (exchange, gate.reply)
  }

  private func end(_ gate: Gate, _ exchange: Exchange) {
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    gate.looks.finish()
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
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate)
    for step in Self.ways[way].steps { gate.adopt([step.secret], rotation: step.rotation) }
    #expect(gate.loop.judgesByOlderSecrets)
    end(gate, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"], "\(Self.ways[way].name)")
    #expect(gate.forwarder.attempts.isEmpty)
    #expect(gate.holds.revokedTotal == 1)
    gate.expectNothingHeld()
  }

  @Test func `one that began under the journal is refused and counted as well`() throws {
    let gate = Gate.holding()
    gate.announce(Self.compromised)
    let (exchange, reply) = try begin(gate)
    gate.adopt(["new"], rotation: Self.compromised)
    end(gate, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(gate.holds.revokedTotal == 1)
    gate.expectNothingHeld()
  }

  @Test func `until the new secret is stored the compromised one verifies`() throws {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate)
    gate.announce(Self.compromised)
    end(gate, exchange)
    gate.deliver()
    gate.looks.finish()
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(gate.forwarder.attempts.count == 2)
    #expect(gate.holds.revokedTotal == 0)
    gate.expectNothingHeld()
  }

  @Test func `what the new secret verifies as well is not refused`() throws {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate)
    gate.announce(Self.compromised)
    gate.adopt(["new", "test_webhook_secret"], rotation: Self.compromised)
    end(gate, exchange)
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(gate.holds.revokedTotal == 0)
    gate.expectNothingHeld()
  }

  @Test func `one that began before the journal and is signed by the new secret is forwarded`() throws {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate, signed: .byNew)
    gate.announce(Self.compromised)
    gate.adopt(["new"], rotation: Self.compromised)
    end(gate, exchange)
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(gate.holds.revokedTotal == 0)
    gate.expectNothingHeld()
  }

  @Test func `a forgery across a revocation is no genuine delivery, so it is not counted`() throws {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate, signed: forger)
    gate.announce(Self.compromised)
    gate.adopt(["new"])
    end(gate, exchange)
    #expect(reply.lines.count == 1)
    #expect(gate.forwarder.attempts.isEmpty)
    #expect(gate.holds.revokedTotal == 0)
    gate.expectNothingHeld()
  }

  @Test func `after a revocation a mismatch is believed only after a look that finds no newer secret`() throws
  {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate, signed: Signed(key: Array("newest".utf8)))
    gate.adopt(["new"], rotation: Self.compromised)
    gate.adopt(["new"])
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(reply.lines == [])
    gate.adopt(["newest"])
    gate.looks.finish()
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    gate.expectNothingHeld()
  }

  @Test func `a compromised secret's own older secrets go with it`() throws {
    let gate = Gate.holding()
    gate.adopt(["between"], previous: [.of()])
    let (exchange, reply) = try begin(gate)
    gate.adopt(["between"], rotation: Self.compromised)
    gate.adopt(["new"], rotation: Self.compromised)
    gate.adopt(["new"])
    end(gate, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(gate.holds.revokedTotal == 1)
    gate.expectNothingHeld()
  }

  @Test func `an ordinary rotation revokes nothing`() throws {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate)
    gate.announce()
    gate.adopt(["new"], rotation: .begun())
    gate.adopt(["new"])
    end(gate, exchange)
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    #expect(gate.holds.revokedTotal == 0)
    gate.expectNothingHeld()
  }

  // MARK: Before anybody here has heard of the new secret

  @Test func `what a compromised secret verifies is believed only after a look`() throws {
    let gate = Gate.holding()
    gate.announce(Self.compromised)
    gate.deliver()
    let reply = gate.reply
    #expect(gate.forwarder.attempts.isEmpty && reply.lines == [])
    // Another journal, or the new secret, that an older look has found: this one's is still under way.
    gate.announce(.begun(secondsAgo: 1, compromised: true))
    #expect(gate.forwarder.attempts.isEmpty && reply.lines == [])
    gate.adopt(["new"], rotation: Self.compromised)
    gate.looks.finish()
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(gate.forwarder.attempts.isEmpty)
    #expect(gate.holds.revokedTotal == 1)
    gate.expectNothingHeld()
  }

  @Test func `a body that ends after the new secret is stored waits for the look that finds it`() throws {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate)
    gate.announce(Self.compromised)
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(reply.lines == [] && gate.forwarder.attempts.isEmpty)
    gate.adopt(["new"])
    gate.looks.finish()
    #expect(reply.lines == ["refuse 401 mismatch"])
    gate.expectNothingHeld()
  }

  @Test func `what the new secret verifies waits for its look and is forwarded`() throws {
    let gate = Gate.holding()
    gate.adopt(["new"], rotation: Self.compromised)
    gate.deliver(signed: .byNew)
    let reply = gate.reply
    #expect(gate.forwarder.attempts.isEmpty)
    gate.looks.finish()
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    gate.expectNothingHeld()
  }

  @Test func `a look that does not end lets nothing pass that a compromised secret verifies`() throws {
    let gate = Gate.holding()
    gate.announce(Self.compromised)
    gate.deliver()
    let reply = gate.reply
    gate.clock.pass(seconds: 6)
    gate.loop.expireHolds()
    #expect(reply.lines.count == 1 && reply.lines[0].hasPrefix("refuse 503"), "\(reply.lines)")
    #expect(gate.forwarder.attempts.isEmpty)
    gate.looks.finish()
    gate.expectNothingHeld()
  }

  @Test(arguments: [LookEnd.refused, .unread])
  func `while the file that replaces a compromised secret is not taken, nothing that it verifies passes`(
    end: LookEnd
  ) throws {
    let gate = Gate.holding()
    gate.announce(Self.compromised)
    gate.deliver()
    gate.looks.finish(end)
    #expect(gate.reply.lines == ["refuse 503 secret-untaken"])
    // One that began before the journal, and one whose look another's overtakes.
    let other = Gate.holding()
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
    for gate in [gate, other] {
      #expect(gate.forwarder.attempts.isEmpty)
      gate.expectNothingHeld()
    }
  }

  @Test func `an ordinary rotation keeps nothing waiting that a secret verifies`() throws {
    let gate = Gate.holding()
    gate.announce()
    gate.deliver()
    #expect(gate.forwarder.attempts.count == 1)
    gate.forwardAll()
    gate.expectNothingHeld()
  }

  // MARK: The barrier

  @Test func `the barrier waits for deliveries that older secrets can still judge, and for no others`() throws
  {
    let gate = Gate.holding()
    #expect(!gate.loop.judgesByOlderSecrets)
    let (first, _) = try begin(gate)
    let (second, _) = try begin(gate, signed: forger)
    #expect(!gate.loop.judgesByOlderSecrets)
    gate.adopt(["new"], previous: [.of()])
    #expect(gate.loop.judgesByOlderSecrets)
    // Begun with the new secrets: none of the barrier's business.
    let (third, _) = try begin(gate, signed: .byNew)
    end(gate, first)
    #expect(gate.loop.judgesByOlderSecrets)
    second.senderGone()
    #expect(!gate.loop.judgesByOlderSecrets)
    end(gate, third)
    gate.forwardAll()
    gate.expectNothingHeld()
  }

  @Test func `a journal by itself holds no barrier up, so slow senders keep no rotation from beginning`()
    throws
  {
    let gate = Gate.holding()
    let (exchange, reply) = try begin(gate)
    gate.announce(Self.compromised)
    #expect(!gate.loop.judgesByOlderSecrets)
    gate.adopt(["new"], rotation: Self.compromised)
    #expect(gate.loop.judgesByOlderSecrets)
    end(gate, exchange)
    #expect(reply.lines == ["refuse 401 mismatch"])
    gate.expectNothingHeld()
  }

  @Test func `a route that went with its secret file holds the barrier up as long as deliveries judge by it`()
    throws
  {
    let gate = Gate.holding()
    let (exchange, _) = try begin(gate)
    gate.loop.adopt(
      Snapshot(routes: RouteTable([]), limits: Limits(), trustedProxies: TrustedProxies(), secrets: []))
    #expect(gate.loop.judgesByOlderSecrets)
    end(gate, exchange)
    gate.forwardAll()
    gate.expectNothingHeld()
  }

  @Test func `what is held or being forwarded is judged by no older secret`() throws {
    let gate = Gate.holding()
    gate.announce()
    gate.deliver()
    let (_, held) = gate.deliverHeld(signed: forger)
    gate.adopt(["new"], rotation: .begun())
    #expect(held.lines == [])
    #expect(!gate.loop.judgesByOlderSecrets)
    gate.adopt(["new"])
    gate.forwardAll()
    gate.expectNothingHeld()
  }

  @Test func `replaced secrets leave the memory with the last delivery that began with them`() throws {
    let gate = Gate.holding()
    weak let idle = gate.loop.ring(0)
    gate.adopt(["between"])
    #expect(idle == nil)
    weak let ring = gate.loop.ring(0)
    let (first, _) = try begin(gate)
    let (second, _) = try begin(gate)
    gate.adopt(["new"])
    end(gate, first)
    #expect(ring != nil)
    second.senderGone()
    #expect(ring == nil)
  }

  @Test func `a claim that cannot be read holds no barrier up`() throws {
    let gate = Gate.holding()
    let exchange = gate.exchange(RequestHead("POST", "/hook", bodyBytes: 20, []))
    #expect(exchange.begin())
    gate.adopt(["new"])
    #expect(!gate.loop.judgesByOlderSecrets)
    exchange.senderGone()
    gate.expectNothingHeld()
  }
}
