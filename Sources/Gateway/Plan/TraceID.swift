/// A trace's id (W3C Trace Context, trace-id): 16 bytes, not all zero.
public struct TraceID: Sendable, Equatable {
  public let high: UInt64
  public let low: UInt64

  public init?(high: UInt64, low: UInt64) {
    guard high != 0 || low != 0 else { return nil }
    self.high = high
    self.low = low
  }
}
