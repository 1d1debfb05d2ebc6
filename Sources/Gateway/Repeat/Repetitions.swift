/// What one loop needs to know deliveries that come again on its synchronous routes.
public struct Repetitions {
  let known: KnownDeliveries
  /// Has something done on this loop, soon.
  let onLoop: @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

  public init(
    known: KnownDeliveries, onLoop: @escaping @Sendable (_ work: @escaping @Sendable () -> Void) -> Void
  ) {
    self.known = known
    self.onLoop = onLoop
  }
}
