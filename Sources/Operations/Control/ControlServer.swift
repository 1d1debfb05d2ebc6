public import EventLoops
internal import Glibc
internal import NIOCore

/// Answers commands on the control socket. Whoever may open the socket may ask: its mode is the guard.
public struct ControlServer: Sendable {
  /// Gives the line that answers a request, with its end.
  public typealias Handler = @Sendable (ControlRequest) async -> String
  /// What goes to the caller of a capture, until the stream ends or the caller goes.
  public typealias CaptureHandler = @Sendable (CaptureRequest) -> AsyncStream<[UInt8]>

  /// Whom a tail takes deliveries from, and how it is ended.
  public struct TailHandler: Sendable {
    let begin: @Sendable (TailRequest, QueueCaller) -> Tails.Answer
    let end: @Sendable (TailBox) -> Void
  }

  /// Gives the line that answers a question about stored deliveries, with its end.
  public typealias QueueHandler = @Sendable (QueueRequest, QueueCaller) async -> String
  /// The same for a question about the quarantine.
  public typealias QuarantineHandler = @Sendable (QuarantineRequest, QueueCaller) async -> String

  /// Says where the inspector is.
  public typealias InspectHandler = @Sendable (QueueCaller) async -> String

  /// Commands at once; further ones are closed without a word, or those that have said nothing for a while.
  public static let connectionsMax = 16

  private let channels: [any Channel]

  /// Answers on a listening socket, whose descriptor is taken over.
  ///
  /// - Throws: `IOError` with the kernel's reason.
  public static func start(
    _ descriptor: CInt, group: EpollGroup, handler: @escaping Handler, captures: CaptureHandler? = nil,
    queue: QueueHandler? = nil, quarantine: QuarantineHandler? = nil, tails: TailHandler? = nil,
    inspect: InspectHandler? = nil
  ) async throws -> ControlServer {
    let slots = ConnectionSlots(max: connectionsMax)
    let channels = try await group.serve(descriptor) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try channel.pipeline.syncOperations.addHandler(
          ControlConversation(
            handler: handler, captures: captures, queue: queue, quarantine: quarantine, tails: tails,
            inspect: inspect, slots: slots))
      }
    }
    return ControlServer(channels: channels)
  }

  /// Accepts nobody any more.
  public func close() async { for channel in channels { try? await channel.close() } }
}

/// One command: a line in, a line out, closed.
final class ControlConversation: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  static let requestBytesMax = 64
  static let requestSecondsMax = 5
  /// A command that does not take its answer must not keep its place from others.
  static let answerSecondsMax = 5

  private let handler: ControlServer.Handler
  private let captures: ControlServer.CaptureHandler?
  private let queue: ControlServer.QueueHandler?
  private let quarantine: ControlServer.QuarantineHandler?
  private let tails: ControlServer.TailHandler?
  private let inspect: ControlServer.InspectHandler?
  private var received = ByteBuffer()
  private var deadline: Scheduled<Void>?
  private var isAsked = false
  /// A capture or a tail that waits, to be ended with its caller.
  private var capture: Task<Void, Never>?

  private let slots: ConnectionSlots

  init(
    handler: @escaping ControlServer.Handler, captures: ControlServer.CaptureHandler?,
    queue: ControlServer.QueueHandler?, quarantine: ControlServer.QuarantineHandler? = nil,
    tails: ControlServer.TailHandler? = nil, inspect: ControlServer.InspectHandler? = nil,
    slots: ConnectionSlots
  ) {
    self.handler = handler
    self.captures = captures
    self.queue = queue
    self.quarantine = quarantine
    self.tails = tails
    self.inspect = inspect
    self.slots = slots
  }

  func channelActive(context: ChannelHandlerContext) {
    guard slots.take(context.channel) else { return context.close(promise: nil) }
    deadline = close(context.channel, afterSeconds: Self.requestSecondsMax)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    capture?.cancel()
    slots.giveBack(context.channel, isKept: isAsked)
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
      let handler = handler
      answer(on: context.channel) { await handler(request) }
    } else if let captures, let request = CaptureRequest(line: text) {
      guard begin(context.channel) else { return }
      capture = stream(request, from: captures, to: context.channel)
    } else if let tails, let request = TailRequest(line: text) {
      guard begin(context.channel) else { return }
      capture = stream(request, from: tails, to: context.channel)
    } else if let queue, let request = QueueRequest(line: text) {
      let channel = context.channel
      guard begin(channel) else { return }
      answer(on: channel) { await queue(request, Self.caller(channel)) }
    } else if let quarantine, let request = QuarantineRequest(line: text) {
      let channel = context.channel
      guard begin(channel) else { return }
      answer(on: channel) { await quarantine(request, Self.caller(channel)) }
    } else if let inspect, text == InspectAnswer.word {
      let channel = context.channel
      guard begin(channel) else { return }
      answer(on: channel) { await inspect(Self.caller(channel)) }
    } else if let word = ControlRequest.renamed[text] {
      guard begin(context.channel) else { return }
      answer(on: context.channel) { Self.refusal(of: text, word).line }
    } else {
      context.close(promise: nil)
    }
  }

  private static func caller(_ channel: any Channel) async -> QueueCaller {
    (try? await PeerCredentials.caller(channel).get()) ?? QueueCaller(user: nil, maySeeBodies: false)
  }

  /// Whoever asked is of another version, and reads of it what it can.
  private static func refusal(of old: String, _ word: ControlRequest) -> ControlAnswer {
    ControlAnswer(
      ok: false, generation: 0, pid: Int(getpid()),
      message: "\(old) is an older version's request: by now it is \(word.rawValue)", files: [])
  }

  /// Only a capture, a tail and a question about what is stored name something.
  private var requestBytesMax: Int {
    let begun = received.readableBytesView
    if begun.starts(with: "capture ".utf8) { return CaptureRequest.lineBytesMax }
    if begun.starts(with: "\(TailRequest.word) ".utf8) { return TailRequest.lineBytesMax }
    let words = [QueueRequest.word, QuarantineRequest.word]
    return words.contains { begun.starts(with: $0.utf8) } ? QueueRequest.lineBytesMax : Self.requestBytesMax
  }

  /// False where another has its slot, and it is being closed.
  private func begin(_ channel: any Channel) -> Bool {
    guard slots.keep(channel) else { return false }
    isAsked = true
    deadline?.cancel()
    return true
  }

  private func stream(
    _ request: CaptureRequest, from captures: @escaping ControlServer.CaptureHandler, to channel: any Channel
  ) -> Task<Void, Never> {
    Task {
      if (try? await PeerCredentials.maySeeBodies(channel).get()) == true {
        for await bytes in captures(request) { await write(bytes, to: channel) }
      } else {
        await write(CaptureAnswer.refused("permission").bytes, to: channel)
      }
      try? await channel.close()
    }
  }

  /// Who takes nothing keeps his place, one of few, and loses lines: he may have stopped his terminal.
  private func stream(
    _ request: TailRequest, from tails: ControlServer.TailHandler, to channel: any Channel
  ) -> Task<Void, Never> {
    Task { await ControlConversation.give(request, from: tails, to: channel) }
  }

  private static func give(
    _ request: TailRequest, from tails: ControlServer.TailHandler, to channel: any Channel
  ) async {
    let caller = await caller(channel)
    let answer = tails.begin(request, caller)
    await write(Array("\(answer.word)\n".utf8), to: channel)
    if let box = answer.box {
      await give(box, to: channel)
      tails.end(box)
    }
    try? await channel.close()
  }

  /// All that comes, until it is over or the caller has gone.
  private static func give(_ box: TailBox, to channel: any Channel) async {
    var isTaken = true
    while isTaken, let batch = await box.next() {
      let written: EventLoopFuture<Void> = channel.writeAndFlush(ByteBuffer(bytes: batch.bytes))
      do { try await written.get() } catch { isTaken = false }
    }
  }

  private func answer(on channel: any Channel, _ line: @escaping @Sendable () async -> String) {
    Task {
      await write(Array(line().utf8), to: channel)
      try? await channel.close()
    }
  }
}

/// Writes to a caller who may not take it, which ends the conversation.
private func write(_ bytes: [UInt8], to channel: any Channel) async {
  let cut = close(channel, afterSeconds: ControlConversation.answerSecondsMax)
  let written: EventLoopFuture<Void> = channel.writeAndFlush(ByteBuffer(bytes: bytes))
  // On the loop: a process that is short of processors may be late in going on here, and the caller has it all.
  written.whenComplete { _ in cut.cancel() }
  try? await written.get()
}

private func close(_ channel: any Channel, afterSeconds seconds: Int) -> Scheduled<Void> {
  channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { channel.close(promise: nil) }
}
