import TestSupport
import Testing

@testable import Gateway

/// A look at a file system that hangs.
@Suite struct LookEndTests {
  @Test func `a look that does not end gets a 503 and gives its places back`() throws {
    let gate = Gate()
    gate.deliver(signed: Signed(key: Array("another".utf8)))
    #expect(gate.looks.paths.count == 1)
    gate.clock.pass(seconds: 4)
    gate.loop.expireHolds()
    #expect(gate.recorder.records.isEmpty)
    gate.clock.pass(seconds: 2)
    gate.loop.expireHolds()
    let record = try gate.onlyRecord()
    #expect(record.status == 503)
    #expect(record.reason == "look-timeout")
    gate.looks.finish()
    #expect(gate.recorder.records.count == 1)
  }

  @Test func `what another look brings meanwhile verifies, and does not yet refuse`() throws {
    let gate = Gate()
    gate.deliver(signed: Signed(key: Array("third".utf8)))
    gate.rotate(to: ["second"])
    #expect(gate.recorder.records.isEmpty)
    gate.rotate(to: ["third"])
    #expect(gate.forwarder.attempts.count == 1)
    gate.looks.finish()
    #expect(gate.forwarder.attempts.count == 1)
  }

  @Test func `a second look under way keeps its end when the file changes to no avail`() throws {
    let gate = Gate()
    gate.deliver(signed: Signed(key: Array("third".utf8)))
    gate.rotate(to: ["second"])
    gate.clock.pass(seconds: 6)
    gate.loop.expireHolds()
    #expect(try gate.onlyRecord().status == 503)
  }

  @Test func `what nothing verifies while the file cannot be read gets a 503, and a 401 where it is refused`()
    throws
  {
    for (end, reason) in [(LookEnd.unread, "secret-unread"), (.refused, "mismatch"), (.inForce, "mismatch")] {
      let gate = Gate()
      gate.deliver(signed: forger)
      gate.looks.finish(end)
      let record = try gate.onlyRecord()
      #expect(record.status == (end == .unread ? 503 : 401))
      #expect(record.reason == reason)
    }
  }

  @Test func `what a secret in force verifies waits for no file that cannot be read`() throws {
    let gate = Gate()
    gate.deliver()
    #expect(gate.looks.paths.isEmpty && gate.forwarder.attempts.count == 1)
  }
}
