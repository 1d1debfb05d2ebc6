internal import Glibc
internal import NIOCore

/// Waits where the kernel has connections that the process cannot take, mostly because it may open no more
/// descriptors, and tells of it. The connections stay in the kernel's queue.
///
/// NIO would try again as fast as the loop turns: a failed accept leaves its read pending, so that neither
/// the selector nor `AcceptBackoffHandler` comes to rest. Switching reading off does.
final class AcceptFailures: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias OutboundIn = any Channel

  /// For an outbound event: accepting ends, and is not to be taken up again.
  struct Stop {}

  private static let pause = TimeAmount.seconds(1)
  /// While it lasts, once in so long is told.
  private static let silence = TimeAmount.seconds(60)

  private let tell: @Sendable (AcceptTrouble) -> Void
  private var isFailing = false
  private var isPaused = false
  private var isStopped = false
  private var quietUntil = NIODeadline.uptimeNanoseconds(0)

  init(tell: @escaping @Sendable (AcceptTrouble) -> Void) { self.tell = tell }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return context.fireErrorCaught(error) }
    isFailing = true
    pause(context)
    guard NIODeadline.now() >= quietUntil else { return }
    quietUntil = .now() + Self.silence
    tell(.began(String(cString: strerror(error.errnoCode))))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isFailing { recovered() }
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
