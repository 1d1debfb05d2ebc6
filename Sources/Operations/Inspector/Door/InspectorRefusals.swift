internal import Formats
internal import Logging
internal import Synchronization

/// Tells the log of who was not answered. Anybody can have that happen, so it is bounded, and what is left out counted.
final class InspectorRefusals: Sendable {
  static let linesPerMinuteMax = 10
  /// Of a name that somebody made up.
  static let hostBytesMax = 100

  let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var minute: Int64 = .min
    var lines = 0
    var leftOut = 0
  }

  init(logger: Logger) { self.logger = logger }

  /// - Parameter now: seconds of a clock that is never set.
  func note(_ refusal: InspectorRefusal, host: String?, user: UInt32?, at now: Int64) {
    let (isTold, leftOut) = state.withLock { state -> (Bool, Int) in
      if state.minute != now / 60 {
        let leftOut = state.leftOut
        state = State(minute: now / 60, lines: 1)
        return (true, leftOut)
      }
      state.lines += 1
      guard state.lines > Self.linesPerMinuteMax else { return (true, 0) }
      state.leftOut += 1
      return (false, 0)
    }
    if leftOut > 0 {
      logger.warning("inspector: further refusals were not told", metadata: ["count": "\(leftOut)"])
    }
    guard isTold else { return }
    var metadata: Logger.Metadata = ["reason": "\(refusal.reason)", "status": "\(refusal.status)"]
    if let host { metadata["host"] = "\(Self.shown(host))" }
    if let user { metadata["uid"] = "\(user)" }
    logger.warning("inspector: refused", metadata: metadata)
  }

  private static func shown(_ host: String) -> String {
    String(
      decoding: host.utf8.prefix(hostBytesMax).map { (0x21..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self)
  }
}
