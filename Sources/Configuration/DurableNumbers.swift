internal import Gateway

/// A number within a mapping of its own.
protocol NumberSetting {
  associatedtype Owner
  var key: String { get }
  var range: ClosedRange<Int> { get }
  var field: WritableKeyPath<Owner, Int> { get }
}

/// One number under `durable:`.
struct DurableNumber {
  let key: String
  let range: ClosedRange<Int>
  let field: WritableKeyPath<DurableSettings, Int>

  static var all: [DurableNumber] {
    [
      DurableNumber(key: "answer-status", range: 200...299, field: \.answerStatus),
      DurableNumber(key: "concurrent-max", range: 1...10_000, field: \.concurrentMax),
      DurableNumber(key: "attempt-seconds-max", range: Schema.secondsRange, field: \.attemptSecondsMax),
    ]
  }
}

/// One number under `retry:`.
struct RetryNumber: NumberSetting {
  let key: String
  let range: ClosedRange<Int>
  let field: WritableKeyPath<DurableSettings.Retry, Int>

  static var all: [RetryNumber] {
    [
      RetryNumber(key: "first-seconds", range: Schema.secondsRange, field: \.firstSeconds),
      RetryNumber(key: "factor", range: 1...10, field: \.factor),
      RetryNumber(key: "seconds-max", range: Schema.secondsRange, field: \.secondsMax),
      RetryNumber(key: "hours-max", range: 1...8_760, field: \.hoursMax),
      RetryNumber(key: "jitter-percent", range: 0...90, field: \.jitterPercent),
      RetryNumber(key: "retry-after-seconds-max", range: 0...86_400, field: \.retryAfterSecondsMax),
    ]
  }
}

/// One number under `breaker:`.
struct BreakerNumber: NumberSetting {
  let key: String
  let range: ClosedRange<Int>
  let field: WritableKeyPath<DurableSettings.Breaker, Int>

  static var all: [BreakerNumber] {
    [
      BreakerNumber(key: "failures", range: 1...1_000, field: \.failures),
      BreakerNumber(key: "first-seconds", range: Schema.secondsRange, field: \.firstSeconds),
      BreakerNumber(key: "seconds-max", range: Schema.secondsRange, field: \.secondsMax),
    ]
  }
}
