internal import Gateway

/// The numbers under `durable:`.
extension NumberSetting where Owner == DurableSettings {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "answer-status", range: 200...299, field: \.answerStatus),
      NumberSetting(key: "concurrent-max", range: 1...10_000, field: \.concurrentMax),
      NumberSetting(key: "attempt-seconds-max", range: Schema.secondsRange, field: \.attemptSecondsMax),
    ]
  }
}

/// The numbers under `retry:`.
extension NumberSetting where Owner == DurableSettings.Retry {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "first-seconds", range: Schema.secondsRange, field: \.firstSeconds),
      NumberSetting(key: "factor", range: 1...10, field: \.factor),
      NumberSetting(key: "seconds-max", range: Schema.secondsRange, field: \.secondsMax),
      NumberSetting(key: "hours-max", range: 1...8_760, field: \.hoursMax),
      NumberSetting(key: "jitter-percent", range: 0...90, field: \.jitterPercent),
      NumberSetting(key: "retry-after-seconds-max", range: 0...86_400, field: \.retryAfterSecondsMax),
    ]
  }
}

/// The numbers under `breaker:`.
extension NumberSetting where Owner == DurableSettings.Breaker {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "failures", range: 1...1_000, field: \.failures),
      NumberSetting(key: "first-seconds", range: Schema.secondsRange, field: \.firstSeconds),
      NumberSetting(key: "seconds-max", range: Schema.secondsRange, field: \.secondsMax),
    ]
  }
}
