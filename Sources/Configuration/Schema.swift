internal import Gateway

/// Every setting that is known, once: the readers, the environment, the printed configuration and the test
/// of the example file go by these tables.
enum Schema {
  struct Section {
    /// For people: `routes`, `limits`.
    let name: String
    let keys: [String]
    /// What former versions knew and what never changed what a delivery meets, each with why it has gone. It is warned
    /// of, not refused: nobody's upgrade shall end with a gateway that does not start.
    var gone: [String: String] = [:]

    func sentence(forUnknown key: String) -> String {
      let home = Schema.sections.first { $0.name != name && $0.keys.contains(key) }
      if let home { return "unknown setting here; it belongs under \(home.name)" }
      return "unknown setting" + Suggestion.ending(for: key, among: keys)
    }
  }

  static let top = Section(
    name: "the top level",
    keys: ["listen", "control", "admin", "trusted-proxies", "workers", "log", "limits", "store", "routes"],
    gone: ["engine": "has gone, for there is only one kind of event loops now"])
  static let unixListen = Section(name: "listen", keys: ["unix", "mode", "group"])
  static let admin = Section(name: "admin", keys: ["listen"])
  static let log = Section(name: "log", keys: ["level", "format", "deliveries", "refused-per-minute-max"])
  static let limits = Section(name: "limits", keys: LimitSetting.all.map(\.key))
  static let store = Section(
    name: "store", keys: ["sqlite", "seal-key-file"] + StoreNumber.all.map(\.key))
  static let route = Section(
    name: "routes",
    keys: [
      "path", "host", "methods", "secret-file", "signature", "observe", "upstreams", "deliver",
      "preserve-host", "verified-header", "verified-value", "body-bytes-max",
      "trace", "rotation", "durable", "dedupe",
    ] + TimeSetting.all.map(\.key))
  static let signature = Section(
    name: "signature",
    keys: [
      "preset", "header", "encoding", "prefix", "list-separator", "hash", "id-from", "timestamp-from",
      "timestamp-unit", "timestamp-digits", "signed", "key-decoding", "tolerance-seconds",
    ])
  static let upstream = Section(
    name: "upstreams",
    keys: ["url", "ca-file", "client-certificate-file", "client-key-file", "tls-version-min"])

  static let rotation = Section(
    name: "rotation",
    keys: ["provider", "api", "api-key-file", "public-key-file"] + RotationNumber.all.map(\.key))

  static let durable = Section(
    name: "durable",
    keys: DurableNumber.all.map(\.key) + ["final-statuses", "store-signature", "retry", "breaker"])
  static let retry = Section(name: "retry", keys: RetryNumber.all.map(\.key))
  static let breaker = Section(name: "breaker", keys: BreakerNumber.all.map(\.key))
  static let dedupe = Section(name: "dedupe", keys: ["by", "hours"])

  static var sections: [Section] {
    [
      top, admin, log, limits, store, route, signature, upstream, unixListen, rotation, durable, retry,
      breaker,
      dedupe,
    ]
  }

  /// What the environment can override: every setting that is not below `routes`.
  static var overridable: [String] {
    ["listen", "control", "trusted-proxies", "workers"] + admin.keys.map { "admin." + $0 }
      + log.keys.map { "log." + $0 }
      + limits.keys.map { "limits." + $0 } + store.keys.map { "store." + $0 }
  }

  static let secondsRange = 1...86_400
  static let bodyBytesRange = 1...1_073_741_824
}

/// One setting under `limits:`.
struct LimitSetting {
  let key: String
  let range: ClosedRange<Int>
  let field: WritableKeyPath<Limits, Int>

  static var all: [LimitSetting] {
    [
      LimitSetting(key: "body-bytes-max", range: Schema.bodyBytesRange, field: \.bodyBytesMax),
      LimitSetting(key: "header-bytes-max", range: 1_024...524_288, field: \.headerBytesMax),
      LimitSetting(key: "header-fields-max", range: 1...10_000, field: \.headerFieldsMax),
      LimitSetting(key: "request-line-bytes-max", range: 64...262_144, field: \.requestLineBytesMax),
      LimitSetting(key: "connections-max", range: 1...1_000_000, field: \.connectionsMax),
      LimitSetting(key: "in-flight-max", range: 1...1_000_000, field: \.inFlightMax),
      LimitSetting(key: "in-flight-bytes-max", range: 1...1_099_511_627_776, field: \.inFlightBytesMax),
      LimitSetting(key: "head-seconds-max", range: Schema.secondsRange, field: \.headSecondsMax),
      LimitSetting(key: "body-seconds-max", range: Schema.secondsRange, field: \.bodySecondsMax),
      LimitSetting(key: "idle-seconds-max", range: Schema.secondsRange, field: \.idleSecondsMax),
      LimitSetting(key: "reply-seconds-max", range: Schema.secondsRange, field: \.replySecondsMax),
      LimitSetting(key: "answer-header-bytes-max", range: 1_024...1_048_576, field: \.answerHeaderBytesMax),
      LimitSetting(key: "drain-seconds-max", range: Schema.secondsRange, field: \.drainSecondsMax),
    ]
  }
}

/// One time-out of a route.
struct TimeSetting {
  let key: String
  var range = Schema.secondsRange
  let field: WritableKeyPath<ForwardTimes, Int>

  static var all: [TimeSetting] {
    [
      TimeSetting(key: "connect-seconds-max", field: \.connectSecondsMax),
      TimeSetting(key: "first-byte-seconds-max", field: \.firstByteSecondsMax),
      TimeSetting(key: "total-seconds-max", field: \.totalSecondsMax),
      // With 0 each connection is used once.
      TimeSetting(key: "upstream-idle-seconds-max", range: 0...86_400, field: \.upstreamIdleSecondsMax),
    ]
  }
}

/// One number under `rotation:`.
struct RotationNumber {
  let key: String
  let range: ClosedRange<Int>
  let field: WritableKeyPath<RotationSettings, Int>

  static var all: [RotationNumber] {
    [
      RotationNumber(key: "hold-seconds-max", range: 1...30, field: \.holdSecondsMax),
      RotationNumber(key: "hold-deliveries-max", range: 0...1_000_000, field: \.holdDeliveriesMax),
      RotationNumber(key: "hold-bytes-max", range: 0...1_099_511_627_776, field: \.holdBytesMax),
      RotationNumber(
        key: "previous-accepted-seconds", range: 0...86_400, field: \.previousAcceptedSeconds),
      RotationNumber(key: "clock-skew-seconds", range: 0...3_600, field: \.clockSkewSeconds),
      RotationNumber(key: "spread-seconds", range: 0...3_600, field: \.spreadSeconds),
    ]
  }
}
