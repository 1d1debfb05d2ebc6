internal import NIOCore
internal import NIOHTTP1

/// One browser's connection: requests one after the other, each within a deadline.
final class InspectorConversation: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// From the connection's begin, or from the answer before, to a whole request.
  static let requestSecondsMax: Int64 = 75
  /// For a page to be made; no question to the store takes longer than two.
  static let makingSecondsMax: Int64 = 20
  /// For it to be taken: a body of 1 MiB over a slow line.
  static let takingSecondsMax: Int64 = 60
  /// Of a form that is too long, so that who sent it hears of that; beyond it closed.
  static let discardedBytesMax = 1_048_576

  private let door: InspectorDoor
  private let slots: ConnectionSlots
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var bodyBytes = 0
  private var deadline: Scheduled<Void>?
  /// Whether its slot is its own until the answer was taken.
  private var isAsking = false
  private var isGone = false

  init(door: InspectorDoor, slots: ConnectionSlots) {
    self.door = door
    self.slots = slots
  }

  func channelActive(context: ChannelHandlerContext) {
    guard slots.take(context.channel) else { return context.close(promise: nil) }
    setDeadline(Self.requestSecondsMax, context)
    context.fireChannelActive()
  }

  /// A page that is being made keeps its slot: whoever asks and goes, again and again, shall not have it done without
  /// end.
  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    isGone = true
    if !isAsking { slots.giveBack(context.channel, isKept: false) }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func setDeadline(_ seconds: Int64, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .seconds(seconds)) { channel.close(promise: nil) }
  }

  // MARK: The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      (self.head, body, bodyBytes) = (head, [], 0)
    case .body(let part):
      bodyBytes += part.readableBytes
      let room = InspectorMessage.formBytesMax - body.count
      body += part.readableBytesView.prefix(max(0, room))
      if bodyBytes > Self.discardedBytesMax { context.close(promise: nil) }
    case .end:
      guard let head, context.channel.isActive else { return }
      self.head = nil
      guard slots.keep(context.channel) else { return context.close(promise: nil) }
      isAsking = true
      answer(head, context)
    }
  }

  private func message(_ head: HTTPRequestHead) -> InspectorMessage {
    var message = InspectorMessage()
    message.method = head.method.rawValue
    message.target = head.uri
    message.fields = head.headers.map { ($0.name, $0.value) }
    message.body = body
    message.isBodyCut = bodyBytes > body.count
    body = []
    return message
  }

  // MARK: The answer

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    setDeadline(Self.makingSecondsMax, context)
    let (door, channel, message) = (door, context.channel, message(head))
    let made = context.eventLoop.makeFutureWithTask {
      let user = door.isUnix ? try? await PeerCredentials.caller(channel).get().user : nil
      return await door.answer(message, from: user)
    }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    made.whenSuccess { answer in
      let (conversation, context) = bound.value
      conversation.write(answer, to: head, context)
    }
  }

  private func write(
    _ answer: InspectorDoor.Answer, to head: HTTPRequestHead, _ context: ChannelHandlerContext
  ) {
    guard !isGone else { return slots.giveBack(context.channel, isKept: true) }
    setDeadline(Self.takingSecondsMax, context)
    if answer.givesWay {
      isAsking = false
      slots.rest(context.channel)
    }
    let bytes = answer.reply.bytes(isLasting: answer.isLasting)
    let keepsAlive = head.isKeepAlive && !answer.endsConnection
    var headers = HTTPHeaders(bytes.fields.map { ($0.name, $0.value) })
    if !keepsAlive { headers.add(name: "Connection", value: "close") }
    let response = HTTPResponseHead(
      version: head.version, status: HTTPResponseStatus(statusCode: bytes.status), headers: headers)
    let taken = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    taken.futureResult.whenComplete { _ in
      let (conversation, context) = bound.value
      conversation.end(keepsAlive: keepsAlive, context)
    }
    guard head.method != .HEAD, !bytes.body.isEmpty else {
      return context.writeAndFlush(wrapOutboundOut(.head(response)), promise: taken)
    }
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    let body = context.channel.allocator.buffer(bytes: bytes.body)
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(body))), promise: taken)
  }

  /// The end lets the next request in, so it waits until the answer was taken: a reader that takes none would have
  /// pages made without end.
  private func end(keepsAlive: Bool, _ context: ChannelHandlerContext) {
    if isAsking {
      isAsking = false
      guard !isGone else { return slots.giveBack(context.channel, isKept: true) }
      slots.rest(context.channel)
    }
    guard !isGone else { return }
    setDeadline(Self.requestSecondsMax, context)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    if !keepsAlive { context.close(promise: nil) }
  }
}
