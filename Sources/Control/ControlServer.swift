public import NIOCore
internal import NIOPosix
internal import Synchronization

/// Answers commands on the control socket. Whoever may open the socket may ask: its mode is the guard.
public struct ControlServer: Sendable {
  public typealias Desk = @Sendable (ControlRequest) async -> ControlAnswer
  /// What goes to the caller of a capture, until the stream ends or the caller goes.
  public typealias CaptureDesk = @Sendable (CaptureRequest) -> AsyncStream<[UInt8]>

  /// Commands at once; further ones are closed without a word.
  static let connectionsMax = 16

  private let channel: any Channel

  /// Answers on a listening socket, whose descriptor is taken over.
  public static func start(
    _ descriptor: CInt, group: any EventLoopGroup, desk: @escaping Desk, captures: CaptureDesk? = nil
  ) async throws -> ControlServer {
    let seats = Seats()
    let channel = try await ServerBootstrap(group: group)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ControlConversation(desk: desk, captures: captures, seats: seats))
        }
      }
      .withBoundSocket(descriptor)
      .get()
    return ControlServer(channel: channel)
  }

  public func close() async { try? await channel.close() }
}

/// How many commands are being answered, on all event loops together.
final class Seats: Sendable {
  private let taken = Atomic<Int>(0)

  func take() -> Bool { taken.add(1, ordering: .relaxed).newValue <= ControlServer.connectionsMax }

  func giveBack() { taken.subtract(1, ordering: .relaxed) }
}

/// One command: a line in, a line out, closed.
final class ControlConversation: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  static let requestBytesMax = 64
  static let requestSecondsMax = 5
  /// A command that does not take its answer must not keep its place from others.
  static let answerSecondsMax = 5

  private let desk: ControlServer.Desk
  private let captures: ControlServer.CaptureDesk?
  private var received = ByteBuffer()
  private var deadline: Scheduled<Void>?
  private var isAsked = false
  /// A capture that waits, to be ended with its caller.
  private var capture: Task<Void, Never>?

  private let seats: Seats

  init(desk: @escaping ControlServer.Desk, captures: ControlServer.CaptureDesk?, seats: Seats) {
    self.desk = desk
    self.captures = captures
    self.seats = seats
  }

  func channelActive(context: ChannelHandlerContext) {
    guard seats.take() else { return context.close(promise: nil) }
    deadline = close(context.channel, afterSeconds: Self.requestSecondsMax)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    capture?.cancel()
    seats.giveBack()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard !isAsked else { return }
    received.writeBuffer(&bytes)
    guard let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
      if received.readableBytes > requestBytesMax { context.close(promise: nil) }
      return
    }
    let text = String(decoding: received.readableBytesView[..<end], as: UTF8.self)
    if let request = ControlRequest(rawValue: text) {
      begin()
      answer(request, on: context.channel)
    } else if let captures, let request = CaptureRequest(line: text) {
      begin()
      capture = stream(request, from: captures, to: context.channel)
    } else {
      context.close(promise: nil)
    }
  }

  /// Only a capture names something.
  private var requestBytesMax: Int {
    received.readableBytesView.starts(with: "capture ".utf8)
      ? CaptureRequest.lineBytesMax : Self.requestBytesMax
  }

  private func begin() {
    isAsked = true
    deadline?.cancel()
  }

  private func stream(
    _ request: CaptureRequest, from captures: @escaping ControlServer.CaptureDesk, to channel: any Channel
  ) -> Task<Void, Never> {
    Task {
      if (try? await Caller.maySeeBodies(channel).get()) == true {
        for await bytes in captures(request) { await send(bytes, to: channel) }
      } else {
        await send(CaptureAnswer.refused("permission"), to: channel)
      }
      try? await channel.close()
    }
  }

  private func answer(_ request: ControlRequest, on channel: any Channel) {
    let desk = desk
    Task {
      await send(Array(desk(request).line.utf8), to: channel)
      try? await channel.close()
    }
  }
}

/// Writes to a caller who may not take it, which ends the conversation.
private func send(_ bytes: [UInt8], to channel: any Channel) async {
  let cut = close(channel, afterSeconds: ControlConversation.answerSecondsMax)
  try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
  cut.cancel()
}

private func close(_ channel: any Channel, afterSeconds seconds: Int) -> Scheduled<Void> {
  channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { channel.close(promise: nil) }
}
