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
