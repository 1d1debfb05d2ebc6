public import HTTP

/// The bounds of one gateway. Each has a setting of the same name under `limits:`.
public struct Limits: Sendable, Equatable {
  /// Beyond it: 413, before any upstream is touched.
  public var bodyBytesMax = 1_048_576
  /// Name, colon, blank, value and CRLF of all fields. Beyond it: 431.
  public var headerBytesMax = 65_536
  /// Beyond it: 431.
  public var headerFieldsMax = 100
  /// Method, target and version. Beyond it: 414.
  public var requestLineBytesMax = 8_192
  /// Open connections from senders. Beyond it: 503 and closed.
  public var connectionsMax = 4_096
  /// Deliveries between their head and their answer. Beyond it: 503 with Retry-After.
  public var inFlightMax = 2_048
  /// Body bytes of all deliveries in flight. Beyond it: 503 with Retry-After.
  public var inFlightBytesMax = 268_435_456
  /// Answers that are kept for repetitions on synchronous routes. Beyond it: the oldest are forgotten.
  public var dedupeBytesMax = 33_554_432
  /// From a request's first byte to the end of its head. Beyond it: 408.
  public var headSecondsMax = 10
  /// From the head's end to the body's. Beyond it: 408.
  public var bodySecondsMax = 30
  /// An open connection without a request. Beyond it: closed. Longer than the 60 s for which load balancers and
  /// nginx keep theirs: who closes first takes nothing away that was being sent.
  public var idleSecondsMax = 75
  /// Without the sender taking a byte of his answer. Beyond it: closed.
  public var replySecondsMax = 30
  /// Status line and header fields of an upstream's answer. Beyond it: 502.
  public var answerHeaderBytesMax = 65_536
  /// From SIGTERM to the end, whatever is still open.
  public var drainSecondsMax = 25

  public init() {}

  /// Those of a request's head.
  public var requestBounds: RequestReader.Bounds {
    RequestReader.Bounds(
      requestLineBytesMax: requestLineBytesMax, headerBytesMax: headerBytesMax,
      headerFieldsMax: headerFieldsMax)
  }
}
