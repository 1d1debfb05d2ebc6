import HTTP
import TestSupport
import Testing

@testable import Gateway

/// While a journal stands, what fails the known secrets waits for the new one.
@Suite struct RotationHoldTests {
  @Test func `a delivery that fails is held, and forwarded the moment the new secret is there`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let (_, reply) = fixture.deliverHeld()
    #expect(reply.lines == [])
    #expect(fixture.holds.heldNow == 1)
    #expect(fixture.admission.deliveriesInFlight == 1)
    fixture.adopt(["new"], previous: [.of()], rotation: .begun())
    #expect(fixture.forwarder.attempts.map(\.body) == [sampleBody])
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .forwarded)
    #expect(record.secretPosition == 0)
    #expect((fixture.holds.total, fixture.holds.rejudgedTotal, fixture.holds.overflowedTotal) == (1, 1, 0))
    fixture.expectNothingHeld()
  }

  @Test func `what the known secrets verify is not held while a rotation is under way`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    fixture.deliver()
    #expect(fixture.looks.paths == [])
    fixture.forwardAll()
    #expect(try fixture.onlyRecord().outcome == .forwarded)
    #expect(fixture.holds.total == 0)
    fixture.expectNothingHeld()
  }

  @Test func `the look of a failing delivery may find the journal, or already the new secret`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.deliver(signed: .byNew)
    fixture.announce()
    fixture.looks.finish()
    #expect(fixture.holds.heldNow == 1)
    fixture.deliver(signed: .byNew)
    fixture.adopt(["new"], rotation: .begun())
    fixture.looks.finish()
    fixture.forwardAll()
    #expect(fixture.forwarder.attempts.count == 2)
    #expect(fixture.holds.total == 1)
    fixture.expectNothingHeld()
  }

  @Test func `held deliveries keep waiting when a look brings something else`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let (_, reply) = fixture.deliverHeld()
    fixture.adopt(["unrelated"], previous: [.of()], rotation: .begun())
    fixture.adopt(["unrelated", "other"], previous: [.of()], rotation: .begun())
    #expect(reply.lines == [])
    #expect((fixture.holds.heldNow, fixture.holds.total) == (1, 1))
    fixture.adopt(["unrelated", "new"], rotation: .begun())
    fixture.forwardAll()
    #expect(reply.lines == ["send 200 "])
    fixture.expectNothingHeld()
  }

  @Test func `a forged delivery is held too, and when the rotation is over it is 503 and not 401`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let (_, reply) = fixture.deliverHeld(signed: forger)
    fixture.adopt(["new"], rotation: .begun())
    #expect(reply.lines == [])
    fixture.adopt(["new"])
    #expect(reply.lines == ["refuse 503 rotation-over"])
    let record = try fixture.onlyRecord()
    #expect(record.reason == "rotation-over")
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(
      (fixture.holds.rejudgedTotal, fixture.holds.overflowedTotal, fixture.holds.deferredTotal) == (0, 0, 1))
    fixture.expectNothingHeld()
  }

  @Test func `a delivery that came during a rotation gets no 401 when it ends behind it`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let head = RequestHead(
      "POST", "/hook", bodyBytes: sampleBody.count, Signed.byNew.fields(over: sampleBody))
    let exchange = fixture.exchange(head)
    #expect(exchange.begin())
    fixture.adopt(["newer"])
    _ = sampleBody.withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 503 rotation-over"])
    fixture.expectNothingHeld()
  }

  @Test func `when no rotation is under way nothing is held`() throws {
    let fixture = ExchangeFixture.holding()
    let (_, reply) = fixture.deliverHeld(signed: forger)
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.holds.total == 0)
    fixture.announce()
    fixture.adopt(["new"])
    let (_, later) = fixture.deliverHeld(signed: forger)
    #expect(later.lines == ["refuse 401 mismatch"])
    #expect(fixture.holds.total == 0)
    fixture.expectNothingHeld()
  }

  /// What no secret could cure is refused at once, rotation or not.
  @Test(arguments: ["mor-signature", "mor-timestamp"])
  func `a malformed claim is 401 at once during a rotation`(name: String) throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let fields = Signed.byNew.fields(over: sampleBody).filter { $0.0 != name }
    let exchange = fixture.exchange(RequestHead("POST", "/hook", bodyBytes: sampleBody.count, fields))
    #expect(exchange.begin())
    _ = sampleBody.withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(fixture.reply.lines.first?.hasPrefix("refuse 401") == true)
    fixture.expectNothingHeld()
  }

  @Test func `a stale delivery is 401 at once during a rotation, whoever signed it`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    fixture.deliver(signed: .byNew, at: moment(secondsAfterSample: 301))
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.holds.total == 0)
    fixture.expectNothingHeld()
  }

  @Test func `a sender that leaves while it is held gives its place back`() throws {
    let fixture = ExchangeFixture.holding(deliveries: 1)
    fixture.announce()
    let (exchange, reply) = fixture.deliverHeld()
    let (_, refused) = fixture.deliverHeld()
    #expect(refused.lines == ["refuse 503 hold-deliveries-max"])
    exchange.senderGone()
    #expect(reply.lines == [])
    let (_, next) = fixture.deliverHeld()
    #expect(next.lines == [])
    #expect(fixture.holds.heldNow == 1)
    fixture.adopt(["new"])
    fixture.forwardAll()
    // The one that left is not forwarded.
    #expect(fixture.forwarder.attempts.count == 1)
    #expect(fixture.recorder.records.map(\.outcome) == [.refused, .abandoned, .forwarded])
    fixture.expectNothingHeld()
  }

  @Test func `a sender that leaves before the look is back is not held`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let exchange = fixture.deliver(signed: .byNew)
    exchange.senderGone()
    fixture.looks.finish()
    #expect(fixture.holds.total == 0)
    #expect(try fixture.onlyRecord().outcome == .abandoned)
    fixture.expectNothingHeld()
  }

  @Test func `the gateway's end ends what is held`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let (exchange, reply) = fixture.deliverHeld()
    exchange.giveUp()
    fixture.adopt(["new"])
    #expect(reply.lines == [])
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(try fixture.onlyRecord().reason == "shutdown")
    fixture.expectNothingHeld()
  }

  @Test func `a reload that drops the secret file ends what is held, and not by 401`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let (_, reply) = fixture.deliverHeld()
    fixture.loop.adopt(
      Snapshot(routes: RouteTable([]), limits: Limits(), trustedProxies: TrustedProxies(), secrets: []))
    #expect(reply.lines == ["refuse 503 rotation-over"])
    fixture.expectNothingHeld()
  }

  @Test func `a route that observes holds too, and forwards in any case`() throws {
    let fixture = ExchangeFixture.holding(observe: true)
    fixture.announce()
    let (_, genuine) = fixture.deliverHeld()
    fixture.deliverHeld(signed: forger)
    #expect(fixture.holds.heldNow == 2)
    fixture.adopt(["new"], rotation: .begun())
    #expect(fixture.forwarder.at("app").headers.values("x-verified") == ["true"])
    fixture.forwardAll()
    #expect(genuine.lines == ["send 200 "])
    fixture.clock.pass(seconds: 9)
    fixture.loop.expireWaits()
    let observed = fixture.forwarder.at("app")
    #expect(observed.headers.values("x-verified") == [])
    #expect(observed.headers.values("x-verified-failed") == ["mismatch"])
    observed.complete(200)
    #expect(fixture.recorder.records.map(\.outcome) == [.forwarded, .observed])
    fixture.expectNothingHeld()
  }

  @Test func `the upstream gets a held delivery as the sender sent it, in the order they came`() throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce()
    let bodies = (0..<20).map { Array("body \($0) ".utf8) + [UInt8](repeating: UInt8($0), count: $0 * 50) }
    for body in bodies { fixture.deliverHeld(body) }
    fixture.adopt(["new"])
    #expect(fixture.forwarder.attempts.map(\.body) == bodies)
    fixture.forwardAll()
    #expect(fixture.holds.rejudgedTotal == 20)
    fixture.expectNothingHeld()
  }
}
