public import EventLoops
internal import NIOCore
internal import Synchronization

/// Answers commands on the control socket. Whoever may open the socket may ask: its mode is the guard.
public struct ControlServer: Sendable {
  public typealias Desk = @Sendable (ControlRequest) async -> ControlAnswer
  /// What goes to the caller of a capture, until the stream ends or the caller goes.
  public typealias CaptureDesk = @Sendable (CaptureRequest) -> AsyncStream<[UInt8]>

  /// Commands at once; further ones are closed without a word, or those that have said nothing for a while.
  public static let connectionsMax = 16

  private let channels: [any Channel]

  /// Answers on a listening socket, whose descriptor is taken over.
  public static func start(
    _ descriptor: CInt, group: EpollGroup, desk: @escaping Desk, captures: CaptureDesk? = nil
  ) async throws -> ControlServer {
    let seats = Seats()
    let channels = try await group.serve(descriptor) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(
          ControlConversation(desk: desk, captures: captures, seats: seats))
      }
    }
    return ControlServer(channels: channels)
  }

  public func close() async { for channel in channels { try? await channel.close() } }
}

/// Who is being answered, on all event loops together. Who has a seat and says nothing gives way to who comes when
/// all are taken, once it has had time to say its line.
final class Seats: Sendable {
  private struct State {
    var taken = 0
    /// Those who have not asked for anything yet, the oldest first.
    var silent: [(channel: any Channel, since: NIODeadline)] = []
  }

  static let sayingTime = TimeAmount.milliseconds(200)

  private let state = Mutex(State())

  /// Whether there is a seat for it, if need be that of a silent one.
  func take(_ channel: any Channel) -> Bool {
    let now = NIODeadline.now()
    let (isTaken, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
      var displaced: (any Channel)?
      if state.taken >= ControlServer.connectionsMax {
        guard let oldest = state.silent.first, now - oldest.since >= Self.sayingTime else {
          return (false, nil)
        }
        state.silent.removeFirst()
        state.taken -= 1
        displaced = oldest.channel
      }
      state.taken += 1
      state.silent.append((channel, now))
      return (true, displaced)
    }
    displaced?.close(promise: nil)
    return isTaken
  }

  /// It asks for something: its seat is its own. False where that has been given to another already.
  func keep(_ channel: any Channel) -> Bool {
    state.withLock { Self.remove(channel, from: &$0) }
  }

  /// - Parameter hasAsked: whether it kept its seat.
  func giveBack(_ channel: any Channel, hasAsked: Bool) {
    state.withLock { if hasAsked || Self.remove(channel, from: &$0) { $0.taken -= 1 } }
  }

  private static func remove(_ channel: any Channel, from state: inout State) -> Bool {
    guard let index = state.silent.firstIndex(where: { $0.channel === channel }) else { return false }
    state.silent.remove(at: index)
    return true
  }
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
    guard seats.take(context.channel) else { return context.close(promise: nil) }
    deadline = close(context.channel, afterSeconds: Self.requestSecondsMax)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    capture?.cancel()
    seats.giveBack(context.channel, hasAsked: isAsked)
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
      guard begin(context.channel) else { return }
      answer(request, on: context.channel)
    } else if let captures, let request = CaptureRequest(line: text) {
      guard begin(context.channel) else { return }
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

  /// False where another has its seat, and it is being closed.
  private func begin(_ channel: any Channel) -> Bool {
    guard seats.keep(channel) else { return false }
    isAsked = true
    deadline?.cancel()
    return true
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
  let written: EventLoopFuture<Void> = channel.writeAndFlush(ByteBuffer(bytes: bytes))
  // On the loop: a process that is short of processors may be late in going on here, and the caller has it all.
  written.whenComplete { _ in cut.cancel() }
  try? await written.get()
}

private func close(_ channel: any Channel, afterSeconds seconds: Int) -> Scheduled<Void> {
  channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { channel.close(promise: nil) }
}
