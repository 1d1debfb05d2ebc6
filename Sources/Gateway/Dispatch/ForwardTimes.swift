/// The time-outs of forwarding, in seconds.
public struct ForwardTimes: Sendable, Equatable {
  /// To a connection, TLS included.
  public var connectSecondsMax = 5
  /// From the start of an attempt to the answer's first byte.
  public var firstByteSecondsMax = 20
  /// From the arrival of the delivery's head to the end of the upstream's answer.
  public var totalSecondsMax = 25
  /// A pooled connection that was idle for longer is not used again.
  public var upstreamIdleSecondsMax = 1

  public init() {}
}
