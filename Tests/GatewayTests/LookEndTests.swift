import TestSupport
import Testing

@testable import Gateway

/// A look at a file system that hangs.
@Suite struct LookEndTests {
  @Test func `a look that does not end gets a 503 and gives its places back`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: Signed(key: Array("another".utf8)))
    #expect(fixture.looks.paths.count == 1)
    fixture.clock.pass(seconds: 4)
    fixture.loop.expireWaits()
    #expect(fixture.recorder.records.isEmpty)
    fixture.clock.pass(seconds: 2)
    fixture.loop.expireWaits()
    let record = try fixture.onlyRecord()
    #expect(record.status == 503)
    #expect(record.reason == "look-timeout")
    fixture.looks.finish()
    #expect(fixture.recorder.records.count == 1)
  }

  @Test func `what another look brings meanwhile verifies, and does not yet refuse`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: Signed(key: Array("third".utf8)))
    fixture.rotate(to: ["second"])
    #expect(fixture.recorder.records.isEmpty)
    fixture.rotate(to: ["third"])
    #expect(fixture.forwarder.attempts.count == 1)
    fixture.looks.finish()
    #expect(fixture.forwarder.attempts.count == 1)
  }

  @Test func `a second look under way keeps its end when the file changes to no avail`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: Signed(key: Array("third".utf8)))
    fixture.rotate(to: ["second"])
    fixture.clock.pass(seconds: 6)
    fixture.loop.expireWaits()
    #expect(try fixture.onlyRecord().status == 503)
  }

  @Test func `what nothing verifies while the file cannot be read gets a 503, and a 401 where it is refused`()
    throws
  {
    for (end, reason) in [(LookEnd.unread, "secret-unread"), (.refused, "mismatch"), (.inForce, "mismatch")] {
      let fixture = ExchangeFixture()
      fixture.deliver(signed: forger)
      fixture.looks.finish(end)
      let record = try fixture.onlyRecord()
      #expect(record.status == (end == .unread ? 503 : 401))
      #expect(record.reason == reason)
    }
  }

  @Test func `what a secret in force verifies waits for no file that cannot be read`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver()
    #expect(fixture.looks.paths.isEmpty && fixture.forwarder.attempts.count == 1)
  }
}
