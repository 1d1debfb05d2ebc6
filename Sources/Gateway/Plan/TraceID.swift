/// A trace's id (W3C Trace Context, section 3.2.2.3, trace-id): 16 bytes, the first eight of them in `high`.
public struct TraceID: Sendable, Equatable {
  public let high: UInt64
  public let low: UInt64

  /// Nil where both are 0, which is no trace's id.
  public init?(high: UInt64, low: UInt64) {
    guard high != 0 || low != 0 else { return nil }
    self.high = high
    self.low = low
  }
}
