import Foundation
import TestSupport
import Testing

/// `rotate` is killed wherever it happens to be. What it leaves is whole, and the next one heals it.
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
      let fixture = try RotationFixture(seed: 4, behaviour: .rotate(delayMillisecondsMax: 60))
      var random = SeededGenerator(seed: 99)
      var tally = Tally()
      let usual = try Self.secondsOfOneRotation(fixture)
      while tally.kills < Scale.kills {
        try Self.kill(fixture, usual, &random, &tally)
        try Self.checkAfterKill(fixture)
        // Some repairs are killed too.
        if Bool.random(using: &random) || tally.kills == Scale.kills { try Self.heal(fixture, &tally) }
      }
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.log.filter { $0.contains("msg=ready") }.count == 1)
      let steps = tally.steps.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      print(
        """
        rotation, kill -9: \(tally.kills) kills (journal afterwards: \(steps.joined(separator: ", "))), \
        \(tally.survivors) more had ended before the kill, \(tally.heals) healed by the next rotate; \
        \(fixture.provider.calls) calls; \(fixture.heard.count) texts searched for secrets, \
        \(fixture.leaks().count) found
        """)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  /// Longer under load, as those are which are killed at a moment of it.
  private static func secondsOfOneRotation(_ fixture: RotationFixture) throws -> Double {
    let start = Date()
    let (status, text) = try fixture.rotate()
    try #require(status == 0, "\(text)")
    return -start.timeIntervalSinceNow
  }

  /// Half of the kills come at a random time, half as soon as the journal names a step.
  private static func kill(
    _ fixture: RotationFixture, _ usual: Double, _ random: inout SeededGenerator, _ tally: inout Tally
  ) throws {
    let child = try fixture.spawn()
    let moment = Date(timeIntervalSinceNow: Double.random(in: 0...usual * 1.1, using: &random))
    let step = ["announced", "calling", "received", "stored"].randomElement(using: &random)!
    let waitsForStep = Bool.random(using: &random)
    while child.status == nil {
      if waitsForStep ? fixture.journalStep == step : Date() >= moment { break }
      usleep(200)
    }
    if child.status == nil { child.signal(SIGKILL) }
    let status = try #require(child.waitForExit(within: 30))
    fixture.heard.note(child.lines.joined(separator: "\n"))
    fixture.heard.overhear(fixture.contents(".journal"))
    if status == 137 {
      tally.kills += 1
      tally.steps[fixture.journalStep ?? "none", default: 0] += 1
    } else {
      tally.survivors += 1
      #expect(status == 0, "\(child.lines)")
    }
  }

  private static func checkAfterKill(_ fixture: RotationFixture) throws {
    #expect(fixture.gateway.status == nil, "the daemon runs")
    let stored = try #require(fixture.storedSecret, "one whole line")
    #expect(fixture.provider.secrets.contains(stored))
    // What the provider signs now is taken, or told to come again: never 401. Holding is not waited for.
    if stored == fixture.provider.current.secret {
      #expect(try fixture.status(signedWith: stored) == 200)
    } else {
      #expect(fixture.journalStep != nil, "the provider's new secret is not stored, and nobody would know")
    }
  }

  private static func heal(_ fixture: RotationFixture, _ tally: inout Tally) throws {
    let (status, text) = try fixture.rotate()
    #expect(status == 0, "\(text)")
    tally.heals += 1
    #expect(fixture.storedSecret == fixture.provider.current.secret)
    #expect(fixture.leftovers == [])
    #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
    #expect(try fixture.refusesForgery())
  }

  @Test(.timeLimit(.minutes(10)))
  func `--resume brings what a kill left to an end, and a second command names the holder`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 5, behaviour: .rotate(delayMillisecondsMax: 0))
      fixture.provider.behave(.silence)
      let child = try fixture.spawn()
      #expect(eventually { fixture.provider.calls == 1 })
      let second = try fixture.rotate()
      #expect(second.status == 75)
      #expect(second.text.contains("process \(child.pid)"), "\(second.text)")
      child.signal(SIGKILL)
      _ = child.waitForExit()
      #expect(fixture.journalStep == "calling")
      // Nobody knows what the call did: what fails gets 503, and what the old secret verifies is taken.
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
      let resumed = try fixture.rotate(["--resume"])
      #expect(resumed.status == 0, "\(resumed.text)")
      #expect(fixture.provider.calls == 2)
      #expect(fixture.storedSecret == fixture.provider.current.secret)
      #expect(fixture.provider.secrets.count == 2)
      #expect(fixture.leftovers == [])
      #expect(fixture.leaks() == [])
      let idle = try fixture.rotate(["--resume"])
      #expect(idle.status == 0 && idle.text.contains("no rotation is unfinished"), "\(idle.text)")
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }
}
