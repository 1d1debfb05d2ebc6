public import Logging
internal import POSIX

/// swift-log's way to the sink: whatever is logged beside deliveries.
public struct GatewayLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let sink: LogSink
  private let format: LogFormat

  /// The gateway's own sentences, a configuration's problems among them, may be longer than what a sender
  /// may put into a line.
  private static let messageBytesMax = 4096
  private static let valueBytesMax = 1024

  public init(sink: LogSink, format: LogFormat, level: Logger.Level) {
    self.sink = sink
    self.format = format
    logLevel = level
  }

  /// Makes every `Logger` of the process write to `sink`. To be called once: swift-log traps at a second.
  public static func bootstrap(sink: LogSink, format: LogFormat, level: Logger.Level) {
    LoggingSystem.bootstrap { _ in GatewayLogHandler(sink: sink, format: format, level: level) }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    sink.append(line(for: event, unixMilliseconds: Clocks.unixMilliseconds()))
  }

  func line(for event: LogEvent, unixMilliseconds: Int64) -> [UInt8] {
    var line = LogLine(format, level: event.level, unixMilliseconds: unixMilliseconds)
    line.add("msg", event.message.description, bytesMax: GatewayLogHandler.messageBytesMax)
    for (key, value) in merged(event.metadata).sorted(by: { $0.key < $1.key }) {
      line.add(key: key, "\(value)", bytesMax: GatewayLogHandler.valueBytesMax)
    }
    if let error = event.error {
      line.add("error", "\(error)", bytesMax: GatewayLogHandler.valueBytesMax)
    }
    return line.finished()
  }

  /// What stands nearest to the event wins.
  private func merged(_ own: Logger.Metadata?) -> Logger.Metadata {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
    if let own { merged.merge(own) { $1 } }
    return merged
  }
}
