internal import Gateway
internal import Glibc
internal import NIOCore

/// Tells of connections that the kernel has and the process cannot take, mostly because it may open no more
/// descriptors. They wait in the kernel's queue; `AcceptBackoffHandler` before this one tries again every
/// second. Without it the loop would turn as fast as it can.
final class AcceptFailures: ChannelInboundHandler {
  typealias InboundIn = any Channel

  /// While it lasts, once in so many seconds is told.
  private static let silence = TimeAmount.seconds(60)

  private let workers: WorkerTable
  private let tell: @Sendable (AcceptTrouble) -> Void
  private var isFailing = false
  private var quietUntil = NIODeadline.uptimeNanoseconds(0)

  init(workers: WorkerTable, tell: @escaping @Sendable (AcceptTrouble) -> Void) {
    self.workers = workers
    self.tell = tell
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return context.fireErrorCaught(error) }
    workers.worker(on: context.eventLoop)?.lane.occupancy.countAcceptFailure()
    isFailing = true
    guard NIODeadline.now() >= quietUntil else { return }
    quietUntil = .now() + Self.silence
    tell(.began(String(cString: strerror(error.errnoCode))))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isFailing { recovered() }
    context.fireChannelRead(data)
  }

  private func recovered() {
    isFailing = false
    quietUntil = .uptimeNanoseconds(0)
    tell(.ended)
  }
}

/// What became of accepting.
public enum AcceptTrouble: Sendable {
  /// The reason, in the system's words.
  case began(String)
  case ended
}
