internal import EventLoops
internal import NIOCore
internal import Queue

/// An event loop as the store answers it.
final class LoopCaller: StoreCaller {
  private let eventLoop: EpollLoop

  init(_ eventLoop: EpollLoop) { self.eventLoop = eventLoop }

  func execute(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }
}
