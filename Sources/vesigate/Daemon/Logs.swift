internal import Configuration
internal import Logging
internal import Telemetry

/// Where the program's sentences and the deliveries' lines go: the same sink, in the same format.
struct Logs {
  let logger: Logger
  let deliveries: DeliveryLog
  let sink: LogSink

  init(_ settings: LogSettings, configPath: String, environment: [String: String]) {
    let format = Logs.format(settings, environment)
    let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
    sink = LogSink(format: format)
    GatewayLogHandler.bootstrap(sink: sink, format: format, level: level)
    logger = Logger(label: "vesigate")
    deliveries = DeliveryLog(
      sink: sink, format: format, level: level,
      deliveries: settings.deliveries == .all ? .all : .refused,
      refusedPerMinuteMax: settings.refusedPerMinuteMax,
      commandOptions: ConfigOption.words(configPath).map { " " + $0.shellWord }.joined())
  }

  func flush() { sink.flush(millisecondsMax: 2000) }

  private static func format(_ settings: LogSettings, _ environment: [String: String]) -> LogFormat {
    switch settings.format {
    case .auto: .automatic(environment: environment)
    case .logfmt: .logfmt
    case .json: .json
    case .short: .short
    }
  }
}
