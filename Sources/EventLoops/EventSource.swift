internal import NIOCore

/// What a loop watches: one descriptor, and what is done when it is ready.
//
// @unchecked Sendable: beside constants, what is stored here and in the subclasses is used on the loop's thread
// alone; what other threads may ask (`isActive`, `isWritable`) is atomic.
class EventSource: @unchecked Sendable {
  let loop: EpollLoop
  let descriptor: CInt
  /// Tells its events from those of an earlier source whose descriptor had the same number; 0 while unwatched.
  var generation: UInt32 = 0
  /// Whether it waits for its turn in the loop's list.
  var isInTurn = false

  init(loop: EpollLoop, descriptor: CInt) {
    self.loop = loop
    self.descriptor = descriptor
  }

  /// Called on the loop, with epoll's event bits.
  func ready(_ events: UInt32) {}

  /// Called on the loop after `loop.takeTurn(self)`, between two looks at the kernel.
  func turn() {}

  /// The loop ends: whatever is open is to be closed.
  func loopEnds() {}
}

/// Calls a closure on its loop with what has become of a descriptor; the descriptor stays its owner's.
public final class DescriptorWatch {
  private let source: Source

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

  public func change(to events: UInt32) { _ = source.loop.rewatch(source, for: events) }

  /// Ends it. To be called on the loop, before the descriptor is closed.
  public func stop() { source.loopEnds() }
}
