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

/// The numbers under `quarantine:`.
extension NumberSetting where Owner == DurableSettings.Quarantine {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "hours", range: 1...720, field: \.hours),
      NumberSetting(key: "deliveries-max", range: 1...1_000_000, field: \.deliveriesMax),
      NumberSetting(key: "bytes-max", range: 1...1_099_511_627_776, field: \.bytesMax),
      NumberSetting(key: "per-second-max", range: 1...100_000, field: \.perSecondMax),
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
