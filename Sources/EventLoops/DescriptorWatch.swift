internal import NIOCore

/// Calls a closure on its loop with what has become of a descriptor; the descriptor stays its owner's.
public final class DescriptorWatch {
  private let source: Source

  // @unchecked Sendable: as of its superclass; what it adds is constant.
  private final class Source: EventSource, @unchecked Sendable {
    let onReady: (UInt32) -> Void

    init(loop: EpollLoop, descriptor: CInt, onReady: @escaping (UInt32) -> Void) {
      self.onReady = onReady
      super.init(loop: loop, descriptor: descriptor)
    }

    override func ready(_ events: UInt32) { onReady(events) }

    override func loopEnds() { loop.unwatch(self) }
  }

  /// To be made on `loop`. Nil where the kernel refuses.
  ///
  /// - Parameters:
  ///   - events: epoll's bits.
  ///   - onReady: called once in each turn of the loop in which one of them is there, so, unless they are told on
  ///     arrival alone, it has to take what makes it so.
  public init?(
    _ descriptor: CInt, on loop: EpollLoop, for events: UInt32, onReady: @escaping (UInt32) -> Void
  ) {
    loop.preconditionInEventLoop()
    source = Source(loop: loop, descriptor: descriptor, onReady: onReady)
    guard loop.watch(source, for: events) else { return nil }
  }

  /// Watches for these of epoll's bits from now on. To be called on the loop.
  public func change(to events: UInt32) { _ = source.loop.rewatch(source, for: events) }

  /// Ends it. To be called on the loop, before the descriptor is closed.
  public func stop() { source.loopEnds() }
}
