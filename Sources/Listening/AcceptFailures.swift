internal import Gateway
internal import NIOCore

/// Counts what NIO reports on a listening socket and then rides out: no descriptor or memory left for a
/// connection that waits to be accepted.
final class AcceptFailures: ChannelInboundHandler {
  typealias InboundIn = Channel

  private let workers: WorkerTable

  init(workers: WorkerTable) { self.workers = workers }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    workers.worker(on: context.eventLoop)?.lane.occupancy.countAcceptFailure()
    context.fireErrorCaught(error)
  }
}
