public import Gateway
internal import Logging
internal import POSIX

/// Attempts of deliveries that were kept: one line each.
extension DeliveryLog {
  public func record(_ attempt: QueuedAttemptRecord) {
    if deliveries == .refused, attempt.outcome == .delivered { return }
    guard DeliveryLog.level(of: attempt) >= level else { return }
    sink.append(DeliveryLog.line(for: attempt, format: format, unixMilliseconds: Clocks.unixMilliseconds()))
  }

  static func level(of attempt: QueuedAttemptRecord) -> Logger.Level {
    switch attempt.outcome {
    case .delivered: .info
    case .retried: .warning
    case .dead: .error
    case .cancelled: .notice
    }
  }

  static func line(
    for attempt: QueuedAttemptRecord, format: LogFormat, unixMilliseconds: Int64
  ) -> [UInt8] {
    if format == .short { return Glance(attempt, at: unixMilliseconds).logLine(hint: nil) }
    var line = LogLine(format, level: level(of: attempt), unixMilliseconds: unixMilliseconds)
    line.add("msg", "attempt")
    line.add("outcome", attempt.outcome.rawValue)
    line.add("reason", attempt.reason)
    line.add("detail", attempt.detail)
    line.add("route", attempt.route)
    line.add("delivery", attempt.delivery.description)
    line.add("attempt", attempt.attempt)
    if !attempt.upstream.isEmpty { line.add("upstream", attempt.upstream) }
    line.add("upstream_status", attempt.status)
    if attempt.nanoseconds > 0 { line.addMilliseconds("upstream_ms", nanoseconds: attempt.nanoseconds) }
    if let wait = attempt.millisecondsToNext {
      line.addMilliseconds("next_in_s", nanoseconds: UInt64(max(0, wait)) &* 1_000)
    }
    return line.finished()
  }
}
