import Foundation
import TestSupport
import Testing

/// A rotation that does not end: holding has an end, and the operator hears of it.
@Suite struct UnfinishedTests {
  /// Whose `rotate` was killed while the API said nothing.
  private func killed(seed: UInt64) throws -> RotationFixture {
    let fixture = try RotationFixture(seed: seed, behaviour: .silence)
    let child = try fixture.spawn()
    #expect(eventually { fixture.provider.calls == 1 })
    child.signal(SIGKILL)
    _ = child.waitForExit()
    return fixture
  }

  @Test(.timeLimit(.minutes(10)))
  func `after thirty seconds what fails is 503 at once, and the log says why`() async throws {
    try await onThread {
      let fixture = try killed(seed: 30)
      try fixture.ageJournal(seconds: 1800)
      // Nobody has to send anything for it.
      try fixture.gateway.waitForLog(containing: "rotation unfinished", within: 30)
      #expect(try fixture.status(signedWith: "what the provider may have made") == 503)
      #expect(try fixture.status(signedWith: "and again") == 503)
      // Not held.
      #expect(try fixture.counter("heldTotal") == 0)
      #expect(fixture.gateway.log.filter { $0.contains("msg=\"rotation unfinished") }.count == 1)
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(try fixture.counter("heldTotal") == 0)
      fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
      #expect(try fixture.rotate().status == 0)
      #expect(try fixture.refusesForgery())
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a rotation's end is known without a delivery, and it is not called unfinished afterwards`()
    async throws
  {
    try await onThread {
      let fixture = try killed(seed: 31)
      try fixture.ageJournal(seconds: 29)
      let answer = try fixture.control("wait")
      let files = answer["files"] as? [[String: Any]]
      #expect((files?.first?["journal"] as? [String: Any])?["mode"] as? String == "call")
      fixture.removeJournal()
      #expect(
        eventually {
          let files = (try? fixture.control())?["files"] as? [[String: Any]]
          return files?.first?["journal"] is NSNull
        })
      usleep(2_000_000)
      #expect(try fixture.refusesForgery())
      #expect(fixture.gateway.log.filter { $0.contains("rotation unfinished") } == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `a rotation by hand holds nothing, and the log does not say that it does`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 32)
      // No secret is entered.
      #expect(try fixture.rotate(["--by-hand"]).status == 75)
      let line = try fixture.gateway.waitForLog(containing: "rotation announced")
      #expect(line.contains("deliveries that fail get 503 until the new secret is there"), "\(line)")
      #expect(try fixture.status(signedWith: "what the provider may have made") == 503)
      #expect(try fixture.counter("heldTotal") == 0)
      #expect(try fixture.rotate(["--abandon"]).status == 0)
      #expect(try fixture.refusesForgery())
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }
}
