import HTTP
import TestSupport
import Testing

@testable import Gateway

/// While a journal stands, what fails the known secrets waits for the new one.
@Suite struct RotationHoldTests {
  @Test func `a delivery that fails is held, and forwarded the moment the new secret is there`() throws {
    let gate = Gate.holding()
    gate.announce()
    let (_, reply) = gate.deliverHeld()
    #expect(reply.lines == [])
    #expect(gate.holds.heldNow == 1)
    #expect(gate.admission.deliveriesInFlight == 1)
    gate.adopt(["new"], previous: [.of()], rotation: .begun())
    #expect(gate.forwarder.attempts.map(\.body) == [sampleBody])
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    let record = try gate.onlyRecord()
    #expect(record.outcome == .forwarded)
    #expect(record.secretPosition == 0)
    #expect((gate.holds.total, gate.holds.rejudgedTotal, gate.holds.overflowedTotal) == (1, 1, 0))
    gate.expectNothingHeld()
  }

  @Test func `what the known secrets verify is not held while a rotation is under way`() throws {
    let gate = Gate.holding()
    gate.announce()
    gate.deliver()
    #expect(gate.looks.paths == [])
    gate.forwardAll()
    #expect(try gate.onlyRecord().outcome == .forwarded)
    #expect(gate.holds.total == 0)
    gate.expectNothingHeld()
  }

  @Test func `the look of a failing delivery may find the journal, or already the new secret`() throws {
    let gate = Gate.holding()
    gate.deliver(signed: .byNew)
    gate.announce()
    gate.looks.finish()
    #expect(gate.holds.heldNow == 1)
    gate.deliver(signed: .byNew)
    gate.adopt(["new"], rotation: .begun())
    gate.looks.finish()
    gate.forwardAll()
    #expect(gate.forwarder.attempts.count == 2)
    #expect(gate.holds.total == 1)
    gate.expectNothingHeld()
  }

  @Test func `held deliveries keep waiting when a look brings something else`() throws {
    let gate = Gate.holding()
    gate.announce()
    let (_, reply) = gate.deliverHeld()
    gate.adopt(["unrelated"], previous: [.of()], rotation: .begun())
    gate.adopt(["unrelated", "other"], previous: [.of()], rotation: .begun())
    #expect(reply.lines == [])
    #expect((gate.holds.heldNow, gate.holds.total) == (1, 1))
    gate.adopt(["unrelated", "new"], rotation: .begun())
    gate.forwardAll()
    #expect(reply.lines == ["send 200 "])
    gate.expectNothingHeld()
  }

  @Test func `a forged delivery is held too, and when the rotation is over it is 503 and not 401`() throws {
    let gate = Gate.holding()
    gate.announce()
    let (_, reply) = gate.deliverHeld(signed: forger)
    gate.adopt(["new"], rotation: .begun())
    #expect(reply.lines == [])
    gate.adopt(["new"])
    #expect(reply.lines == ["refuse 503 rotation-over"])
    let record = try gate.onlyRecord()
    #expect(record.reason == "rotation-over")
    #expect(gate.forwarder.attempts.isEmpty)
    #expect((gate.holds.rejudgedTotal, gate.holds.overflowedTotal, gate.holds.deferredTotal) == (0, 0, 1))
    gate.expectNothingHeld()
  }

  @Test func `a delivery that came during a rotation gets no 401 when it ends behind it`() throws {
    let gate = Gate.holding()
    gate.announce()
    let head = RequestHead(
      "POST", "/hook", bodyBytes: sampleBody.count, Signed.byNew.fields(over: sampleBody))
    let exchange = gate.exchange(head)
    #expect(exchange.begin())
    gate.adopt(["newer"])
    _ = sampleBody.withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    gate.looks.finish()
    #expect(gate.reply.lines == ["refuse 503 rotation-over"])
    gate.expectNothingHeld()
  }

  @Test func `when no rotation is under way nothing is held`() throws {
    let gate = Gate.holding()
    let (_, reply) = gate.deliverHeld(signed: forger)
    #expect(reply.lines == ["refuse 401 mismatch"])
    #expect(gate.holds.total == 0)
    gate.announce()
    gate.adopt(["new"])
    let (_, later) = gate.deliverHeld(signed: forger)
    #expect(later.lines == ["refuse 401 mismatch"])
    #expect(gate.holds.total == 0)
    gate.expectNothingHeld()
  }

  /// What no secret could cure is refused at once, rotation or not.
  @Test(arguments: ["mor-signature", "mor-timestamp"])
  func `a malformed claim is 401 at once during a rotation`(name: String) throws {
    let gate = Gate.holding()
    gate.announce()
    let fields = Signed.byNew.fields(over: sampleBody).filter { $0.0 != name }
    let exchange = gate.exchange(RequestHead("POST", "/hook", bodyBytes: sampleBody.count, fields))
    #expect(exchange.begin())
    _ = sampleBody.withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(gate.reply.lines.first?.hasPrefix("refuse 401") == true)
    gate.expectNothingHeld()
  }

  @Test func `a stale delivery is 401 at once during a rotation, whoever signed it`() throws {
    let gate = Gate.holding()
    gate.announce()
    gate.deliver(signed: .byNew, at: moment(secondsAfterSample: 301))
    #expect(gate.reply.lines == ["refuse 401 mismatch"])
    #expect(gate.holds.total == 0)
    gate.expectNothingHeld()
  }

  @Test func `a sender that leaves while it is held gives its place back`() throws {
    let gate = Gate.holding(deliveries: 1)
    gate.announce()
    let (exchange, reply) = gate.deliverHeld()
    let (_, refused) = gate.deliverHeld()
    #expect(refused.lines == ["refuse 503 hold-deliveries-max"])
    exchange.senderGone()
    #expect(reply.lines == [])
    let (_, next) = gate.deliverHeld()
    #expect(next.lines == [])
    #expect(gate.holds.heldNow == 1)
    gate.adopt(["new"])
    gate.forwardAll()
    // The one that left is not forwarded.
    #expect(gate.forwarder.attempts.count == 1)
    #expect(gate.recorder.records.map(\.outcome) == [.refused, .abandoned, .forwarded])
    gate.expectNothingHeld()
  }

  @Test func `a sender that leaves before the look is back is not held`() throws {
    let gate = Gate.holding()
    gate.announce()
    let exchange = gate.deliver(signed: .byNew)
    exchange.senderGone()
    gate.looks.finish()
    #expect(gate.holds.total == 0)
    #expect(try gate.onlyRecord().outcome == .abandoned)
    gate.expectNothingHeld()
  }

  @Test func `the gateway's end ends what is held`() throws {
    let gate = Gate.holding()
    gate.announce()
    let (exchange, reply) = gate.deliverHeld()
    exchange.giveUp()
    gate.adopt(["new"])
    #expect(reply.lines == [])
    #expect(gate.forwarder.attempts.isEmpty)
    #expect(try gate.onlyRecord().reason == "shutdown")
    gate.expectNothingHeld()
  }

  @Test func `a reload that drops the secret file ends what is held, and not by 401`() throws {
    let gate = Gate.holding()
    gate.announce()
    let (_, reply) = gate.deliverHeld()
    gate.loop.adopt(
      Snapshot(routes: RouteTable([]), limits: Limits(), trustedProxies: TrustedProxies(), secrets: []))
    #expect(reply.lines == ["refuse 503 rotation-over"])
    gate.expectNothingHeld()
  }

  @Test func `a route that observes holds too, and forwards in any case`() throws {
    let gate = Gate.holding(observe: true)
    gate.announce()
    let (_, genuine) = gate.deliverHeld()
    gate.deliverHeld(signed: forger)
    #expect(gate.holds.heldNow == 2)
    gate.adopt(["new"], rotation: .begun())
    #expect(gate.forwarder.at("app").headers.values("x-verified") == ["true"])
    gate.forwardAll()
    #expect(genuine.lines == ["send 200 "])
    gate.clock.pass(seconds: 9)
    gate.loop.expireHolds()
    let observed = gate.forwarder.at("app")
    #expect(observed.headers.values("x-verified") == [])
    #expect(observed.headers.values("x-verified-failed") == ["mismatch"])
    observed.complete(200)
    #expect(gate.recorder.records.map(\.outcome) == [.forwarded, .observed])
    gate.expectNothingHeld()
  }

  @Test func `the upstream gets a held delivery as the sender sent it, in the order they came`() throws {
    let gate = Gate.holding()
    gate.announce()
    let bodies = (0..<20).map { Array("body \($0) ".utf8) + [UInt8](repeating: UInt8($0), count: $0 * 50) }
    for body in bodies { gate.deliverHeld(body) }
    gate.adopt(["new"])
    #expect(gate.forwarder.attempts.map(\.body) == bodies)
    gate.forwardAll()
    #expect(gate.holds.rejudgedTotal == 20)
    gate.expectNothingHeld()
  }
}
