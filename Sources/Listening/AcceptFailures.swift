internal import Gateway
internal import Glibc
internal import NIOCore
internal import Synchronization

/// Waits where the kernel has connections that the process cannot take, mostly because it may open no more
/// descriptors, and tells of it. The connections stay in the kernel's queue.
///
/// NIOPosix would try again as fast as the loop turns: a failed accept leaves its read pending, so that neither
/// the selector nor `AcceptBackoffHandler` comes to rest. Switching reading off does.
final class AcceptFailures: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias OutboundIn = any Channel

  /// For an outbound event: accepting ends, and is not to be taken up again.
  struct Stop {}

  private static let pause = TimeAmount.seconds(1)

  private let workers: WorkerTable
  private let news: AcceptNews
  private var isPaused = false
  private var isStopped = false

  init(workers: WorkerTable, news: AcceptNews) {
    self.workers = workers
    self.news = news
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return context.fireErrorCaught(error) }
    workers.worker(on: context.eventLoop)?.lane.occupancy.countAcceptFailure()
    pause(context)
    news.failed(error.errnoCode)
    context.eventLoop.scheduleTask(in: AcceptNews.calm) { [news] in news.look() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    news.succeeded()
    context.fireChannelRead(data)
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard event is Stop else { return context.triggerUserOutboundEvent(event, promise: promise) }
    isStopped = true
    promise?.succeed()
  }

  private func pause(_ context: ChannelHandlerContext) {
    guard !isPaused, !isStopped else { return }
    isPaused = true
    setReading(false, context)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.pause) {
      let (handler, context) = bound.value
      handler.isPaused = false
      if !handler.isStopped { handler.setReading(true, context) }
    }
  }

  private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
    try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
  }
}

/// What is told of one listening socket, however many loops accept from it: that it fails, once a minute, and
/// that it is over. That one connection is accepted does not mean that: its descriptor may have been the only one.
final class AcceptNews: Sendable {
  private struct State {
    var isFailing = false
    /// Since the last failure.
    var hasAccepted = false
    var calmFrom = NIODeadline.uptimeNanoseconds(0)
    var quietUntil = NIODeadline.uptimeNanoseconds(0)

    /// Whether it is over, which is said once.
    mutating func ends() -> Bool {
      guard isFailing, hasAccepted, NIODeadline.now() >= calmFrom else { return false }
      self = State()
      return true
    }
  }

  /// It is over when nothing has failed for so long, and something was accepted.
  static let calm = TimeAmount.seconds(5)

  /// While it lasts, once in so long is told.
  private static let silence = TimeAmount.seconds(60)

  private let state = Mutex(State())
  private let tell: @Sendable (AcceptTrouble) -> Void

  init(tell: @escaping @Sendable (AcceptTrouble) -> Void) { self.tell = tell }

  func failed(_ code: CInt) {
    let isNew = state.withLock { state in
      state.isFailing = true
      state.hasAccepted = false
      state.calmFrom = .now() + Self.calm
      guard NIODeadline.now() >= state.quietUntil else { return false }
      state.quietUntil = .now() + Self.silence
      return true
    }
    if isNew { tell(.began(String(cString: strerror(code)))) }
  }

  func succeeded() {
    let isOver = state.withLock { state in
      guard state.isFailing else { return false }
      state.hasAccepted = true
      return state.ends()
    }
    if isOver { tell(.ended) }
  }

  /// To be called when `calm` has passed since a failure.
  func look() {
    if state.withLock({ $0.ends() }) { tell(.ended) }
  }
}

/// What became of accepting.
public enum AcceptTrouble: Sendable {
  /// The reason, in the system's words.
  case began(String)
  case ended
}
