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
    let gate = Gate.holding(deliveries: 2)
    gate.announce()
    let replies = (0..<4).map { _ in gate.deliverHeld().reply }
    #expect(
      replies.map(\.lines) == [
        [], [], ["refuse 503 hold-deliveries-max"], ["refuse 503 hold-deliveries-max"],
      ])
    #expect(gate.recorder.records.first?.reason == "hold-deliveries-max")
    #expect((gate.holds.heldNow, gate.holds.total, gate.holds.overflowedTotal) == (2, 2, 2))
    gate.adopt(["new"])
    gate.forwardAll()
    #expect(gate.holds.rejudgedTotal == 2)
    gate.expectNothingHeld()
  }

  @Test func `one byte more than hold-bytes-max is 503, and a smaller delivery still has room`() throws {
    let gate = Gate.holding(bytes: 300)
    gate.announce()
    let replies = [200, 101, 100, 1].map {
      gate.deliverHeld([UInt8](repeating: 7, count: $0)).reply
    }
    #expect(replies.map(\.lines) == [[], ["refuse 503 hold-bytes-max"], [], ["refuse 503 hold-bytes-max"]])
    gate.adopt(["new"])
    gate.forwardAll()
    gate.expectNothingHeld()
  }

  @Test(arguments: [(0, 33_554_432, "hold-deliveries-max"), (256, 0, "hold-bytes-max")])
  func `a bound of zero holds nothing`(deliveries: Int, bytes: Int, reason: String) throws {
    let gate = Gate.holding(deliveries: deliveries, bytes: bytes)
    gate.announce()
    #expect(gate.deliverHeld().reply.lines == ["refuse 503 \(reason)"])
    gate.expectNothingHeld()
  }

  @Test func `what is held for hold-seconds-max is 503, not a moment earlier`() throws {
    let gate = Gate.holding(seconds: 8)
    gate.announce()
    let (_, reply) = gate.deliverHeld()
    gate.clock.pass(seconds: 7.99)
    gate.loop.expireHolds()
    #expect(reply.lines == [])
    gate.clock.pass(seconds: 0.011)
    gate.loop.expireHolds()
    #expect(reply.lines == ["refuse 503 hold-seconds-max"])
    #expect(try gate.onlyRecord().reason == "hold-seconds-max")
    #expect((gate.holds.overflowedTotal, gate.holds.rejudgedTotal) == (1, 0))
    gate.expectNothingHeld()
  }

  @Test func `looks that bring nothing do not make holding longer`() throws {
    let gate = Gate.holding(seconds: 8)
    gate.announce()
    let (_, reply) = gate.deliverHeld()
    for turn in 0..<4 {
      gate.clock.pass(seconds: 1.9)
      gate.adopt(["unrelated \(turn)"], rotation: .begun())
    }
    #expect(reply.lines == [])
    gate.clock.pass(seconds: 0.5)
    gate.adopt(["unrelated"], rotation: .begun())
    #expect(reply.lines == ["refuse 503 hold-seconds-max"])
    #expect(gate.holds.overflowedTotal == 1)
    gate.expectNothingHeld()
  }

  @Test func `nothing is held beyond the journal's first thirty seconds`() throws {
    let gate = Gate.holding(seconds: 8)
    gate.announce(.begun(secondsAgo: 28))
    let (_, reply) = gate.deliverHeld()
    gate.clock.pass(seconds: 1.9)
    gate.loop.expireHolds()
    #expect(reply.lines == [])
    gate.clock.pass(seconds: 0.11)
    gate.loop.expireHolds()
    #expect(reply.lines == ["refuse 503 hold-seconds-max"])
    let (_, late) = gate.deliverHeld()
    #expect(late.lines == ["refuse 503 rotation-unfinished"])
    #expect(gate.holds.total == 1)
    gate.expectNothingHeld()
  }

  @Test(arguments: [0, 29, 3600])
  func `a rotation by hand is 503 at once, however long it takes`(secondsAgo: Double) throws {
    let gate = Gate.holding()
    gate.announce(.begun(secondsAgo: secondsAgo, .byHand))
    #expect(gate.deliverHeld().reply.lines == ["refuse 503 rotation-by-hand"])
    #expect(try gate.onlyRecord().reason == "rotation-by-hand")
    #expect(gate.holds.total == 0)
    // And what verifies goes its way.
    gate.deliver()
    gate.forwardAll()
    gate.expectNothingHeld()
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
    let gate = Gate.holding(seconds: 8)
    gate.announce(RotationNotice(beganUnixMilliseconds: began, mode: .call, isCompromised: false))
    let (_, reply) = gate.deliverHeld()
    gate.clock.pass(seconds: 8.01)
    gate.loop.expireHolds()
    #expect(reply.lines == ["refuse 503 \(end.rawValue)"])
    gate.expectNothingHeld()
  }

  @Test func `a flood of forgeries fills the bounds and nothing else`() throws {
    let gate = Gate.holding(deliveries: 64, bytes: 64 * 1024)
    gate.announce()
    let body = [UInt8](repeating: 0x41, count: 1000)
    for turn in 0..<5000 {
      gate.deliverHeld(body, signed: forger)
      #expect(gate.holds.heldNow <= 64, "\(turn)")
    }
    #expect(gate.admission.deliveriesInFlight == 64)
    #expect(gate.admission.bytesInFlight == 64_000)
    #expect((gate.holds.total, gate.holds.overflowedTotal) == (64, 4936))
    // Meanwhile what the old secret verifies is served.
    gate.deliver()
    #expect(gate.forwarder.attempts.count == 1)
    gate.forwardAll()
    gate.adopt(["new"])
    #expect(gate.forwarder.attempts.count == 1)
    #expect(Set(gate.recorder.records.map(\.status)) == [200, 503])
    gate.expectNothingHeld()
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
