/// Who asks about stored deliveries, as the kernel says.
public struct QueueCaller: Sendable {
  /// Nil where it does not say.
  public let user: UInt32?
  /// Whether bytes of senders and apps are for his eyes.
  public let maySeeBodies: Bool
}
