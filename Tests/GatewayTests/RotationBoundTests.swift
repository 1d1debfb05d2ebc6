import Signing
import TestSupport
import Testing

@testable import Gateway

/// Holding has bounds; beyond each the answer is 503, and the sender tries again.
@Suite struct RotationBoundTests {
  @Test func `503 during a rotation says when to try again and leaves the connection open`() {
    let rejection = Rejection.rotating(.unfinished)
    #expect(rejection.status == 503)
    #expect(rejection.retryAfterSeconds == 1)
    #expect(!rejection.closesConnection)
  }

  @Test func `one more than hold-deliveries-max is 503 at once, and counted`() throws {
    let fixture = ExchangeFixture.holding(deliveries: 2)
    fixture.announce()
    let replies = (0..<4).map { _ in fixture.deliverHeld().reply }
    #expect(
      replies.map(\.lines) == [
        [], [], ["refuse 503 hold-deliveries-max"], ["refuse 503 hold-deliveries-max"],
      ])
    #expect(fixture.recorder.records.first?.reason == "hold-deliveries-max")
    #expect((fixture.holds.heldNow, fixture.holds.total, fixture.holds.overflowedTotal) == (2, 2, 2))
    fixture.adopt(["new"])
    fixture.forwardAll()
    #expect(fixture.holds.rejudgedTotal == 2)
    fixture.expectNothingHeld()
  }

  @Test func `one byte more than hold-bytes-max is 503, and a smaller delivery still has room`() throws {
    let fixture = ExchangeFixture.holding(bytes: 300)
    fixture.announce()
    let replies = [200, 101, 100, 1].map {
      fixture.deliverHeld([UInt8](repeating: 7, count: $0)).reply
    }
    #expect(replies.map(\.lines) == [[], ["refuse 503 hold-bytes-max"], [], ["refuse 503 hold-bytes-max"]])
    fixture.adopt(["new"])
    fixture.forwardAll()
    fixture.expectNothingHeld()
  }

  @Test(arguments: [(0, 33_554_432, "hold-deliveries-max"), (256, 0, "hold-bytes-max")])
  func `a bound of zero holds nothing`(deliveries: Int, bytes: Int, reason: String) throws {
    let fixture = ExchangeFixture.holding(deliveries: deliveries, bytes: bytes)
    fixture.announce()
    #expect(fixture.deliverHeld().reply.lines == ["refuse 503 \(reason)"])
    fixture.expectNothingHeld()
  }

  @Test func `what is held for hold-seconds-max is 503, not a moment earlier`() throws {
    let fixture = ExchangeFixture.holding(seconds: 8)
    fixture.announce()
    let (_, reply) = fixture.deliverHeld()
    fixture.clock.pass(seconds: 7.99)
    fixture.loop.expireWaits()
    #expect(reply.lines == [])
    fixture.clock.pass(seconds: 0.011)
    fixture.loop.expireWaits()
    #expect(reply.lines == ["refuse 503 hold-seconds-max"])
    #expect(try fixture.onlyRecord().reason == "hold-seconds-max")
    #expect((fixture.holds.overflowedTotal, fixture.holds.rejudgedTotal) == (1, 0))
    fixture.expectNothingHeld()
  }

  @Test func `looks that bring nothing do not make holding longer`() throws {
    let fixture = ExchangeFixture.holding(seconds: 8)
    fixture.announce()
    let (_, reply) = fixture.deliverHeld()
    for turn in 0..<4 {
      fixture.clock.pass(seconds: 1.9)
      fixture.adopt(["unrelated \(turn)"], rotation: .begun())
    }
    #expect(reply.lines == [])
    fixture.clock.pass(seconds: 0.5)
    fixture.adopt(["unrelated"], rotation: .begun())
    #expect(reply.lines == ["refuse 503 hold-seconds-max"])
    #expect(fixture.holds.overflowedTotal == 1)
    fixture.expectNothingHeld()
  }

  @Test func `nothing is held beyond the journal's first thirty seconds`() throws {
    let fixture = ExchangeFixture.holding(seconds: 8)
    fixture.announce(.begun(secondsAgo: 28))
    let (_, reply) = fixture.deliverHeld()
    fixture.clock.pass(seconds: 1.9)
    fixture.loop.expireWaits()
    #expect(reply.lines == [])
    fixture.clock.pass(seconds: 0.11)
    fixture.loop.expireWaits()
    #expect(reply.lines == ["refuse 503 hold-seconds-max"])
    let (_, late) = fixture.deliverHeld()
    #expect(late.lines == ["refuse 503 rotation-unfinished"])
    #expect(fixture.holds.total == 1)
    fixture.expectNothingHeld()
  }

  @Test(arguments: [0, 29, 3600])
  func `a rotation by hand is 503 at once, however long it takes`(secondsAgo: Double) throws {
    let fixture = ExchangeFixture.holding()
    fixture.announce(.begun(secondsAgo: secondsAgo, .byHand))
    #expect(fixture.deliverHeld().reply.lines == ["refuse 503 rotation-by-hand"])
    #expect(try fixture.onlyRecord().reason == "rotation-by-hand")
    #expect(fixture.holds.total == 0)
    // And what verifies goes its way.
    fixture.deliver()
    fixture.forwardAll()
    fixture.expectNothingHeld()
  }

  /// A journal is text in a file: whatever stands in it, the gateway goes on.
  @Test(
    arguments: [
      (Int64.min, HoldEnd.unfinished), (-1, .unfinished), (0, .unfinished),
      // Another host's clock may be a little ahead. What is further ahead would hold each delivery for ever.
      (1_781_519_072_000, .seconds), (1_781_519_072_001, .unfinished), (1_781_605_412_000, .unfinished),
      (20_000_000_000_000, .unfinished), (Int64.max, .unfinished),
    ])
  func `a journal that began at no sensible time harms nothing`(began: Int64, end: HoldEnd) throws {
    let fixture = ExchangeFixture.holding(seconds: 8)
    fixture.announce(RotationNotice(beganUnixMilliseconds: began, mode: .call, isCompromised: false))
    let (_, reply) = fixture.deliverHeld()
    fixture.clock.pass(seconds: 8.01)
    fixture.loop.expireWaits()
    #expect(reply.lines == ["refuse 503 \(end.rawValue)"])
    fixture.expectNothingHeld()
  }

  @Test func `a flood of forgeries fills the bounds and nothing else`() throws {
    let fixture = ExchangeFixture.holding(deliveries: 64, bytes: 64 * 1024)
    fixture.announce()
    let body = [UInt8](repeating: 0x41, count: 1000)
    for turn in 0..<5000 {
      fixture.deliverHeld(body, signed: forger)
      #expect(fixture.holds.heldNow <= 64, "\(turn)")
    }
    #expect(fixture.admission.deliveriesInFlight == 64)
    #expect(fixture.admission.bytesInFlight == 64_000)
    #expect((fixture.holds.total, fixture.holds.overflowedTotal) == (64, 4936))
    // Meanwhile what the old secret verifies is served.
    fixture.deliver()
    #expect(fixture.forwarder.attempts.count == 1)
    fixture.forwardAll()
    fixture.adopt(["new"])
    #expect(fixture.forwarder.attempts.count == 1)
    #expect(Set(fixture.recorder.records.map(\.status)) == [200, 503])
    fixture.expectNothingHeld()
  }

  @Test func `each secret file has bounds of its own`() throws {
    let admission = Admission()
    let (one, two) = (admission.holds(path: "/one"), admission.holds(path: "/two"))
    #expect(one === admission.holds(path: "/one"))
    try one.enter(bytes: 5, deliveriesMax: 1, bytesMax: 5)
    #expect(throws: HoldEnd.deliveries) { try one.enter(bytes: 0, deliveriesMax: 1, bytesMax: 5) }
    #expect(throws: HoldEnd.bytes) { try one.enter(bytes: 1, deliveriesMax: 2, bytesMax: 5) }
    try two.enter(bytes: 5, deliveriesMax: 1, bytesMax: 5)
    one.leave(bytes: 5)
    #expect((one.heldNow, two.heldNow, one.total) == (0, 1, 1))
  }
}
