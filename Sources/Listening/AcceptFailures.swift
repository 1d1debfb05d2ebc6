internal import Gateway
internal import NIOCore

/// Counts and tells of connections that the process cannot take, mostly because it may open no more descriptors. The
/// channel rests then, and they stay in the kernel's queue.
final class AcceptFailures: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let workers: WorkerTable
  private let news: AcceptNews

  init(workers: WorkerTable, news: AcceptNews) {
    self.workers = workers
    self.news = news
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return context.fireErrorCaught(error) }
    workers.worker(on: context.eventLoop)?.loop.admission.countAcceptFailure()
    news.failed(error.errnoCode)
    context.eventLoop.scheduleTask(in: AcceptNews.calm) { [news] in news.look() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    news.succeeded()
    context.fireChannelRead(data)
  }
}
