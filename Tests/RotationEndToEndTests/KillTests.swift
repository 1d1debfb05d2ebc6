import Foundation
import TestSupport
import Testing

/// `rotate` is killed wherever it happens to be. What it leaves is whole, and the next one heals it.
@Suite(.serialized)
struct KillTests {
  /// Where the journal stood when the process was gone; "none" before the announcement and after the end.
  private struct Tally {
    var steps: [String: Int] = [:]
    var kills = 0
    var heals = 0
    var survivors = 0
  }

  @Test(.timeLimit(.minutes(40)))
  func `kill -9 at any moment leaves a whole secret file, and the next rotate heals it`() async throws {
    try await onThread {
      let stage = try RotationStage(seed: 4, behaviour: .rotate(delayMillisecondsMax: 60))
      var random = SplitMix(99)
      var tally = Tally()
      let usual = try Self.secondsOfOneRotation(stage)
      while tally.kills < Scale.kills {
        try Self.kill(stage, usual, &random, &tally)
        try Self.checkAfterKill(stage)
        // Some repairs are killed too.
        if Bool.random(using: &random) || tally.kills == Scale.kills { try Self.heal(stage, &tally) }
      }
      #expect(stage.leaks() == [])
      #expect(stage.gateway.log.filter { $0.contains("msg=ready") }.count == 1)
      let steps = tally.steps.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      print(
        """
        rotation, kill -9: \(tally.kills) kills (journal afterwards: \(steps.joined(separator: ", "))), \
        \(tally.survivors) more had ended before the kill, \(tally.heals) healed by the next rotate; \
        \(stage.provider.calls) calls; \(stage.heard.count) texts searched for secrets, \
        \(stage.leaks().count) found
        """)
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  /// Longer under load, as those are which are killed at a moment of it.
  private static func secondsOfOneRotation(_ stage: RotationStage) throws -> Double {
    let start = Date()
    let (status, text) = try stage.rotate()
    try #require(status == 0, "\(text)")
    return -start.timeIntervalSinceNow
  }

  /// Half of the kills come at a random time, half as soon as the journal names a step.
  private static func kill(
    _ stage: RotationStage, _ usual: Double, _ random: inout SplitMix, _ tally: inout Tally
  ) throws {
    let child = try stage.spawn()
    let moment = Date(timeIntervalSinceNow: Double.random(in: 0...usual * 1.1, using: &random))
    let step = ["announced", "calling", "received", "stored"].randomElement(using: &random)!
    let waitsForStep = Bool.random(using: &random)
    while child.status == nil {
      if waitsForStep ? stage.journalStep == step : Date() >= moment { break }
      usleep(200)
    }
    if child.status == nil { child.signal(SIGKILL) }
    let status = try #require(child.waitForExit(within: 30))
    stage.heard.note(child.lines.joined(separator: "\n"))
    stage.heard.overhear(stage.contents(".journal"))
    if status == 137 {
      tally.kills += 1
      tally.steps[stage.journalStep ?? "none", default: 0] += 1
    } else {
      tally.survivors += 1
      #expect(status == 0, "\(child.lines)")
    }
  }

  private static func checkAfterKill(_ stage: RotationStage) throws {
    #expect(stage.gateway.status == nil, "the daemon runs")
    let stored = try #require(stage.storedSecret, "one whole line")
    #expect(stage.provider.secrets.contains(stored))
    // What the provider signs now is taken, or told to come again: never 401. Holding is not waited for.
    if stored == stage.provider.current.secret {
      #expect(try stage.status(signedWith: stored) == 200)
    } else {
      #expect(stage.journalStep != nil, "the provider's new secret is not stored, and nobody would know")
    }
  }

  private static func heal(_ stage: RotationStage, _ tally: inout Tally) throws {
    let (status, text) = try stage.rotate()
    #expect(status == 0, "\(text)")
    tally.heals += 1
    #expect(stage.storedSecret == stage.provider.current.secret)
    #expect(stage.leftovers == [])
    #expect(try stage.status(signedWith: stage.provider.current.secret) == 200)
    #expect(try stage.refusesForgery())
  }

  @Test(.timeLimit(.minutes(10)))
  func `--resume brings what a kill left to an end, and a second command names the holder`() async throws {
    try await onThread {
      let stage = try RotationStage(seed: 5, behaviour: .rotate(delayMillisecondsMax: 0))
      stage.provider.behave(.silence)
      let child = try stage.spawn()
      #expect(eventually { stage.provider.calls == 1 })
      let second = try stage.rotate()
      #expect(second.status == 75)
      #expect(second.text.contains("process \(child.pid)"), "\(second.text)")
      child.signal(SIGKILL)
      _ = child.waitForExit()
      #expect(stage.journalStep == "calling")
      // Nobody knows what the call did: what fails gets 503, and what the old secret verifies is taken.
      #expect(try stage.status(signedWith: stage.provider.current.secret) == 200)
      stage.provider.behave(.rotate(delayMillisecondsMax: 0))
      let resumed = try stage.rotate(["--resume"])
      #expect(resumed.status == 0, "\(resumed.text)")
      #expect(stage.provider.calls == 2)
      #expect(stage.storedSecret == stage.provider.current.secret)
      #expect(stage.provider.secrets.count == 2)
      #expect(stage.leftovers == [])
      #expect(stage.leaks() == [])
      let idle = try stage.rotate(["--resume"])
      #expect(idle.status == 0 && idle.text.contains("no rotation is unfinished"), "\(idle.text)")
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }
}
