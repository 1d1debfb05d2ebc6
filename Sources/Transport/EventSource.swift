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

/// Calls a closure on its loop whenever a descriptor is readable; the descriptor stays its owner's.
public final class DescriptorWatch: Sendable {
  private let source: Source

  private final class Source: EventSource, @unchecked Sendable {
    let onReady: () -> Void

    init(loop: EpollLoop, descriptor: CInt, onReady: @escaping () -> Void) {
      self.onReady = onReady
      super.init(loop: loop, descriptor: descriptor)
    }

    override func ready(_ events: UInt32) { onReady() }

    override func loopEnds() { loop.unwatch(self) }
  }

  /// To be made on `loop`.
  ///
  /// - Parameter onReady: called once in each turn of the loop in which the descriptor is readable, so it has to
  ///   take what makes it so.
  public init(_ descriptor: CInt, on loop: EpollLoop, onReady: @escaping () -> Void) {
    loop.preconditionInEventLoop()
    source = Source(loop: loop, descriptor: descriptor, onReady: onReady)
    let isWatched = loop.watch(source, for: Readiness.input)
    precondition(isWatched, "descriptor \(descriptor) cannot be watched")
  }

  /// Ends it. To be called on the loop, before the descriptor is closed.
  public func stop() { source.loopEnds() }
}
