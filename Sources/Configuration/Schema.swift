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
    keys: [
      "listen", "control", "admin", "inspector", "trusted-proxies", "workers", "log", "limits", "store",
      "routes",
    ],
    gone: ["engine": "has gone, for there is only one kind of event loops now"])
  static let unixListen = Section(name: "listen", keys: ["unix", "mode", "group"])
  static let admin = Section(name: "admin", keys: ["listen"])
  static let inspector = Section(
    name: "inspector",
    keys: ["listen", "mode", "group", "hosts", "actions"] + NumberSetting<InspectorSettings>.all.map(\.key))
  static let log = Section(
    name: "log", keys: ["level", "format", "deliveries", "fields", "refused-per-minute-max"])
  static let limits = Section(name: "limits", keys: NumberSetting<Limits>.all.map(\.key))
  static let store = Section(
    name: "store", keys: ["sqlite", "seal-key-file"] + NumberSetting<StoreConfiguration>.all.map(\.key))
  static let route = Section(
    name: "routes",
    keys: [
      "path", "host", "methods", "secret-file", "signature", "observe", "upstreams", "deliver",
      "preserve-host", "verified-header", "verified-value", "body-bytes-max",
      "trace", "rotation", "durable", "dedupe", "quarantine", "test", "inspect",
    ] + NumberSetting<ForwardTimes>.all.map(\.key))
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
    keys: ["provider", "api", "api-key-file", "public-key-file"]
      + NumberSetting<RotationSettings>.all.map(\.key))

  static let durable = Section(
    name: "durable",
    keys: NumberSetting<DurableSettings>.all.map(\.key) + [
      "final-statuses", "store-signature", "retry", "breaker",
    ])
  static let retry = Section(name: "retry", keys: NumberSetting<DurableSettings.Retry>.all.map(\.key))
  static let breaker = Section(name: "breaker", keys: NumberSetting<DurableSettings.Breaker>.all.map(\.key))
  static let dedupe = Section(name: "dedupe", keys: ["by", "hours"])
  static let inspect = Section(name: "inspect", keys: ["bodies"])
  static let quarantine = Section(
    name: "quarantine", keys: NumberSetting<DurableSettings.Quarantine>.all.map(\.key) + ["release"])

  static var sections: [Section] {
    [
      top, admin, inspector, log, limits, store, route, signature, upstream, unixListen, rotation, durable,
      retry,
      breaker,
      dedupe, quarantine, inspect,
    ]
  }

  /// What the environment can override: every setting that is not below `routes`.
  static var overridable: [String] {
    ["listen", "control", "trusted-proxies", "workers"] + admin.keys.map { "admin." + $0 }
      + inspector.keys.map { "inspector." + $0 }
      + log.keys.map { "log." + $0 }
      + limits.keys.map { "limits." + $0 } + store.keys.map { "store." + $0 }
  }

  static let secondsRange = 1...86_400
  static let bodyBytesRange = 1...1_073_741_824
}

/// What stands under `limits:`.
extension NumberSetting where Owner == Limits {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "body-bytes-max", range: Schema.bodyBytesRange, field: \.bodyBytesMax),
      NumberSetting(key: "header-bytes-max", range: 1_024...524_288, field: \.headerBytesMax),
      NumberSetting(key: "header-fields-max", range: 1...10_000, field: \.headerFieldsMax),
      NumberSetting(key: "request-line-bytes-max", range: 64...262_144, field: \.requestLineBytesMax),
      NumberSetting(key: "connections-max", range: 1...1_000_000, field: \.connectionsMax),
      NumberSetting(key: "in-flight-max", range: 1...1_000_000, field: \.inFlightMax),
      NumberSetting(key: "in-flight-bytes-max", range: 1...1_099_511_627_776, field: \.inFlightBytesMax),
      NumberSetting(key: "dedupe-bytes-max", range: 0...1_099_511_627_776, field: \.dedupeBytesMax),
      NumberSetting(key: "head-seconds-max", range: Schema.secondsRange, field: \.headSecondsMax),
      NumberSetting(key: "body-seconds-max", range: Schema.secondsRange, field: \.bodySecondsMax),
      NumberSetting(key: "idle-seconds-max", range: Schema.secondsRange, field: \.idleSecondsMax),
      NumberSetting(key: "reply-seconds-max", range: Schema.secondsRange, field: \.replySecondsMax),
      NumberSetting(key: "answer-header-bytes-max", range: 1_024...1_048_576, field: \.answerHeaderBytesMax),
      NumberSetting(key: "drain-seconds-max", range: Schema.secondsRange, field: \.drainSecondsMax),
    ]
  }
}

/// A route's time-outs.
extension NumberSetting where Owner == ForwardTimes {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "connect-seconds-max", range: Schema.secondsRange, field: \.connectSecondsMax),
      NumberSetting(key: "first-byte-seconds-max", range: Schema.secondsRange, field: \.firstByteSecondsMax),
      NumberSetting(key: "total-seconds-max", range: Schema.secondsRange, field: \.totalSecondsMax),
      // With 0 each connection is used once.
      NumberSetting(key: "upstream-idle-seconds-max", range: 0...86_400, field: \.upstreamIdleSecondsMax),
    ]
  }
}

/// The numbers under `rotation:`.
extension NumberSetting where Owner == RotationSettings {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "hold-seconds-max", range: 1...30, field: \.holdSecondsMax),
      NumberSetting(key: "hold-deliveries-max", range: 0...1_000_000, field: \.holdDeliveriesMax),
      NumberSetting(key: "hold-bytes-max", range: 0...1_099_511_627_776, field: \.holdBytesMax),
      NumberSetting(
        key: "previous-accepted-seconds", range: 0...86_400, field: \.previousAcceptedSeconds),
      NumberSetting(key: "clock-skew-seconds", range: 0...3_600, field: \.clockSkewSeconds),
      NumberSetting(key: "spread-seconds", range: 0...3_600, field: \.spreadSeconds),
    ]
  }
}
