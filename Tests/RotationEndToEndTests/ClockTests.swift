import Foundation
import TestSupport
import Testing

/// Rotations while the machine's clock shows a time at which no provider and no sender lives.
@Suite(.enabled(if: !Sanitizers.areOn)) struct ClockTests {
  struct Clock: Sendable, CustomTestStringConvertible {
    let text: String
    let seconds: Int64

    init(_ text: String, _ seconds: Int64) { (self.text, self.seconds) = (text, seconds) }

    var testDescription: String { text }

    func environment() throws -> [String: String] { try FakeTime.environment(from: text) }
  }

  static let clocks = [
    Clock("1901-12-13 20:45:52", -2_147_483_648), Clock("1969-12-31 23:50:00", -600),
    Clock("2262-04-12 00:00:00", 9_223_372_800), Clock("9999-12-31 23:50:00", 253_402_300_200),
  ]

  /// Runs a command of `secret` under that clock.
  private func secret(_ words: [String], _ fixture: RotationFixture, _ clock: Clock) throws -> (Int32, String)
  {
    let child = try ChildProcess(
      FakeTime.starter + [GatewayBinary.path(), "secret"] + words + ["--config", fixture.gateway.configPath],
      environment: clock.environment().merging(["PATH": "/usr/bin:/bin"]) { $1 })
    let status = child.waitForExit(within: 60) ?? -1
    return (status, child.lines.joined(separator: "\n"))
  }

  @Test(.timeLimit(.minutes(5)), arguments: clocks)
  func `a rotation under a clock of any year ends, and so does a retirement`(_ clock: Clock) async throws {
    try await onThread {
      let fixture = try RotationFixture(
        seed: 90, behaviour: .rotate(delayMillisecondsMax: 10), environment: clock.environment())
      let (rotated, text) = try secret(["rotate", "--yes"], fixture, clock)
      #expect(rotated == 0, "\(text)")
      #expect(fixture.provider.calls == 1)
      #expect(fixture.storedSecret == fixture.provider.current.secret)
      #expect(fixture.leftovers == [])
      let before = String(decoding: fixture.contents(".previous"), as: UTF8.self).split(separator: " ").first
      let signedBefore = before.flatMap { Int64($0) } ?? 0
      #expect(abs(signedBefore / 1000 - clock.seconds) < 300, "\(signedBefore)")
      let (retired, said) = try secret(["retire"], fixture, clock)
      #expect(retired == 0, "\(said)")
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }
}
