import Formats
import Queue
import TestSupport
import Testing

/// When an attempt is made again: by arithmetic, over random sequences where nobody knows the worst one.
@Suite struct RetryPolicyTests {
  let policy = RetryPolicy()
  let begun = sampleMoment.unixMilliseconds

  private func decide(
    _ outcome: RetryPolicy.Outcome, attempts: Int = 1, ageHours: Int64 = 0, late: Int = 0,
    isClockTrusted: Bool = true,
    random: UInt64 = 0
  ) -> RetryPolicy.Decision {
    let history = RetryPolicy.History(attempts: attempts, budgetFrom: begun, lateAttempts: late)
    return policy.decide(
      outcome, history, now: begun + ageHours * 3_600_000 + 1, isClockTrusted: isClockTrusted, random: random)
  }

  /// The wait that a decision brings, milliseconds.
  private func wait(_ decision: RetryPolicy.Decision, ageHours: Int64 = 0) -> Int64? {
    if case .retry(let due, _, _) = decision { due - (begun + ageHours * 3_600_000 + 1) } else { nil }
  }

  @Test func `waits double from one second to five minutes, each a fifth longer or shorter`() {
    let middles = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { Int64($0) * 1000 }
    for (index, middle) in middles.enumerated() {
      let least = policy.delayMilliseconds(failures: index + 1, random: 0)
      let most = policy.delayMilliseconds(failures: index + 1, random: UInt64(2 * middle / 5))
      #expect(least == middle * 4 / 5 && most == middle * 6 / 5)
    }
  }

  @Test func `no wait leaves its bounds, whatever the policy, the count and the chance`() {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<20_000 {
      var policy = RetryPolicy()
      policy.firstSeconds = .random(in: 1...400, using: &generator)
      policy.factor = .random(in: 1...1000, using: &generator)
      policy.secondsMax = .random(in: 1...86_400, using: &generator)
      policy.jitterPercent = .random(in: 0...100, using: &generator)
      let failures = Bool.random(using: &generator) ? Int.random(in: 0...60, using: &generator) : .max
      let delay = policy.delayMilliseconds(failures: failures, random: generator.next())
      let most = Int64(policy.secondsMax) * 10 * Int64(100 + policy.jitterPercent)
      #expect(delay >= 0 && delay <= most, "\(policy) \(failures)")
      #expect(delay <= policy.longestDelayMilliseconds)
      let least = Int64(min(policy.firstSeconds, policy.secondsMax)) * 10 * Int64(100 - policy.jitterPercent)
      #expect(delay >= least, "\(policy) \(failures)")
    }
  }

  @Test(arguments: 100...599) func `2xx is delivered, five refuse for good, all else is tried again`(
    status: Int
  ) {
    let decision = decide(.answered(status: status, retryAfterMilliseconds: nil))
    switch status {
    case 200...299: #expect(decision == .delivered)
    case 400, 410, 413, 415, 422: #expect(decision == .dead(.status))
    default: #expect(wait(decision) != nil)
    }
  }

  @Test func `Retry-After only lengthens, to an hour at most`() {
    func asked(_ milliseconds: Int64, attempts: Int = 1) -> Int64? {
      wait(decide(.answered(status: 503, retryAfterMilliseconds: milliseconds), attempts: attempts))
    }
    #expect(asked(0) == 800)
    #expect(asked(-5) == 800)
    #expect(asked(10_000) == 10_000)
    #expect(asked(10_000, attempts: 9) == 204_800)
    #expect(asked(.max) == 3_600_000)
    #expect(decide(.answered(status: 200, retryAfterMilliseconds: 1000)) == .delivered)
    #expect(decide(.answered(status: 410, retryAfterMilliseconds: 1000)) == .dead(.status))
  }

  @Test(arguments: [429, 503, 500, 502, 404]) func `it pauses the upstream with 429 and 503 alone`(
    status: Int
  ) {
    func pauses(_ retryAfter: Int64?) -> Bool? {
      if case .retry(_, _, let pauses) = decide(.answered(status: status, retryAfterMilliseconds: retryAfter))
      {
        pauses
      } else {
        nil
      }
    }
    #expect(pauses(5000) == (status == 429 || status == 503))
    #expect(pauses(nil) == false)
  }

  @Test func `three days end it, and the third attempt behind them`() {
    #expect(decide(.failed, attempts: 900, ageHours: 72, late: 2) == .dead(.age))
    #expect(wait(decide(.failed, attempts: 900, ageHours: 71, late: 2)) != nil)
    #expect(wait(decide(.failed, attempts: 900, ageHours: 72, late: 1)) != nil)
    #expect(wait(decide(.failed, attempts: 900, ageHours: 72, late: 9, isClockTrusted: false)) != nil)
    #expect(decide(.answered(status: 200, retryAfterMilliseconds: nil), ageHours: 99, late: 9) == .delivered)
  }

  @Test func `a clock that is eight days ahead for five minutes kills nothing, however young`() {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<300 {
      let jumpAt = Int64.random(in: 0...600_000, using: &generator)
      var (time, attempts, late) = (begun, 0, 0)
      while time < begun + 1_800_000 {
        attempts += 1
        let isAhead = (begun + jumpAt..<begun + jumpAt + 300_000).contains(time)
        let ahead: Int64 = isAhead ? 8 * 86_400_000 : 0
        let decision = policy.decide(
          .failed, .init(attempts: attempts, budgetFrom: begun, lateAttempts: late), now: time + ahead,
          isClockTrusted: true, random: generator.next())
        guard case .retry(let due, let isLate, _) = decision else {
          Issue.record("\(decision) after \(attempts) attempts")
          return
        }
        if isLate { late += 1 }
        // A due time that is far ahead once the clock is back is pulled to then.
        time = max(time + 1, min(due - ahead, isAhead ? due - ahead : due))
      }
    }
  }

  @Test func `a budget ends after three days and three attempts, and not before, whatever comes of them`() {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<50 {
      var (now, attempts, late) = (begun, 0, 0)
      ending: while true {
        attempts += 1
        let outcome: RetryPolicy.Outcome =
          Bool.random(using: &generator)
          ? .failed
          : .answered(status: 503, retryAfterMilliseconds: .random(in: 0...10_000_000, using: &generator))
        let history = RetryPolicy.History(attempts: attempts, budgetFrom: begun, lateAttempts: late)
        switch policy.decide(outcome, history, now: now, isClockTrusted: true, random: generator.next()) {
        case .retry(let due, let isLate, _):
          #expect(due > now && due - now <= 3_600_000)
          #expect(isLate == (now - begun > 72 * 3_600_000))
          if isLate { late += 1 }
          now = due
        case .dead(.age): break ending
        case let other: Issue.record("\(other)")
        }
      }
      #expect(now - begun > 72 * 3_600_000 && now - begun < 76 * 3_600_000)
      #expect(late == 2)
    }
  }
}

/// The two forms of Retry-After, and the dates that HTTP has ever had.
@Suite struct RetryAfterTests {
  // Sun, 06 Nov 1994 08:49:37 GMT
  let date: Int64 = 784_111_777_000

  private func read(_ text: String, now: Int64) -> Int64? {
    Array(text.utf8).withUnsafeBytes { RetryAfter.milliseconds($0, now: now) }
  }

  @Test(arguments: [
    ("0", 0), ("120", 120_000), ("007", 7000), ("99999999999999999999", Int64.max),
    ("9223372036854775", Int64.max - 807),
    ("9223372036854776", Int64.max),
  ])
  func `seconds are digits, however many`(text: String, milliseconds: Int64) {
    #expect(read(text, now: 0) == milliseconds)
  }

  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
  ])
  func `all three dates are one instant`(text: String) {
    #expect(read(text, now: date - 90_000) == 90_000)
    #expect(read(text, now: date) == 0)
    #expect(read(text, now: date + 1) == 0)
  }

  @Test func `two digits of a year are within fifty years`() {
    let now: Int64 = 1_781_519_012_000
    #expect(read("Tuesday, 16-Jun-26 00:00:00 GMT", now: now) ?? 0 > 0)
    #expect(read("Tuesday, 16-Jun-76 00:00:00 GMT", now: now) ?? 0 > 0)
    #expect(read("Tuesday, 16-Jun-77 00:00:00 GMT", now: now) == 0)
  }

  @Test(arguments: [
    "", " ", "-1", "+5", "1.5", "5 ", "5s", "soon", "Sun, 06 Nov 1994 08:49:37",
    "Sun, 31 Feb 2027 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, 06 Nov 1994 08:49:37 CET", "Sun Nov 6 08:49:37 94", "Sun, 06 Nov 1994 08::37 GMT",
    "Sun, 06 Nov 1994 0008:49:37 GMT", "Sun, 0006 Nov 1994 08:49:37 GMT", "\u{e9}",
  ])
  func `anything else says nothing`(text: String) {
    #expect(read(text, now: 0) == nil)
  }

  @Test func `no bytes end it`() {
    var generator = SeededGenerator(seed: runSeed)
    let alphabet = Array("0123456789 :-,GMTSunNov".utf8)
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...45, using: &generator)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      let read = bytes.withUnsafeBytes { RetryAfter.milliseconds($0, now: .random(in: .min ... .max)) }
      #expect(read ?? 0 >= 0)
    }
  }
}
