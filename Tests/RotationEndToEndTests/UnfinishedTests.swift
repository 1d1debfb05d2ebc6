import Foundation
import TestSupport
import Testing

/// A rotation that does not end: holding has an end, and the operator hears of it.
@Suite struct UnfinishedTests {
  /// Whose `rotate` was killed while the API said nothing.
  private func killed(seed: UInt64) throws -> RotationStage {
    let stage = try RotationStage(seed: seed, behaviour: .silence)
    let child = try stage.spawn()
    #expect(eventually { stage.provider.calls == 1 })
    child.signal(SIGKILL)
    _ = child.waitForExit()
    return stage
  }

  @Test(.timeLimit(.minutes(10)))
  func `after thirty seconds what fails is 503 at once, and the log says why`() async throws {
    try await onThread {
      let stage = try killed(seed: 30)
      try stage.ageJournal(seconds: 1800)
      // Nobody has to send anything for it.
      try stage.gateway.waitForLog(containing: "rotation unfinished", within: 30)
      #expect(try stage.status(signedWith: "what the provider may have made") == 503)
      #expect(try stage.status(signedWith: "and again") == 503)
      // Not held.
      #expect(try stage.counter("heldTotal") == 0)
      #expect(stage.gateway.log.filter { $0.contains("msg=\"rotation unfinished") }.count == 1)
      #expect(try stage.status(signedWith: stage.provider.current.secret) == 200)
      #expect(try stage.counter("heldTotal") == 0)
      stage.provider.behave(.rotate(delayMillisecondsMax: 0))
      #expect(try stage.rotate().status == 0)
      #expect(try stage.refusesForgery())
      #expect(try stage.status(signedWith: stage.provider.current.secret) == 200)
      #expect(stage.leaks() == [])
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a rotation's end is known without a delivery, and it is not called unfinished afterwards`()
    async throws
  {
    try await onThread {
      let stage = try killed(seed: 31)
      try stage.ageJournal(seconds: 29)
      let answer = try stage.control("wait")
      let files = answer["files"] as? [[String: Any]]
      #expect((files?.first?["journal"] as? [String: Any])?["mode"] as? String == "call")
      stage.removeJournal()
      #expect(
        eventually {
          let files = (try? stage.control())?["files"] as? [[String: Any]]
          return files?.first?["journal"] is NSNull
        })
      usleep(2_000_000)
      #expect(try stage.refusesForgery())
      #expect(stage.gateway.log.filter { $0.contains("rotation unfinished") } == [])
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `a rotation by hand holds nothing, and the log does not say that it does`() async throws {
    try await onThread {
      let stage = try RotationStage(seed: 32)
      // No secret is entered.
      #expect(try stage.rotate(["--by-hand"]).status == 75)
      let line = try stage.gateway.waitForLog(containing: "rotation announced")
      #expect(line.contains("deliveries that fail get 503 until the new secret is there"), "\(line)")
      #expect(try stage.status(signedWith: "what the provider may have made") == 503)
      #expect(try stage.counter("heldTotal") == 0)
      #expect(try stage.rotate(["--abandon"]).status == 0)
      #expect(try stage.refusesForgery())
      #expect(stage.leaks() == [])
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }
}
