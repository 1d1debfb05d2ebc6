internal import NIOCore
internal import NIOHTTP1

/// One reader's connection: GET and HEAD, one after the other, each within a deadline.
final class AdminConversation: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// From the connection's begin, or from the answer before, to a whole request. Prometheus asks once a
  /// minute or more often, and connects anew when it finds the connection closed.
  static let requestSecondsMax: Int64 = 75
  /// For the answer to be made and taken.
  static let answerSecondsMax: Int64 = 10

  private let handler: AdminServer.Handler
  private let slots: AdminSlots
  private var request: HTTPRequestHead?
  private var deadline: Scheduled<Void>?

  init(handler: @escaping AdminServer.Handler, slots: AdminSlots) {
    self.handler = handler
    self.slots = slots
  }

  func channelActive(context: ChannelHandlerContext) {
    guard slots.take() else { return context.close(promise: nil) }
    setDeadline(Self.requestSecondsMax, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    slots.giveBack()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func setDeadline(_ seconds: Int64, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .seconds(seconds)) { channel.close(promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): request = head
    // Nothing here takes a body: the connection ends behind the answer, and what comes is not kept.
    case .body: request?.headers.replaceOrAdd(name: "connection", value: "close")
    case .end:
      guard let request else { return }
      self.request = nil
      answer(request, context)
    }
  }

  // MARK: The answer

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    setDeadline(Self.answerSecondsMax, context)
    guard head.method == .GET || head.method == .HEAD else {
      let answer = AdminAnswer.text(405, "Only GET and HEAD are answered here.\n")
      return write(answer, to: head, allow: true, context)
    }
    let path = head.uri.prefix { $0 != "?" }
    guard let page = AdminPage(rawValue: String(path)) else {
      let pages = AdminPage.allCases.map(\.rawValue).joined(separator: ", ")
      return write(.text(404, "There is nothing at this path. There are \(pages).\n"), to: head, context)
    }
    let handler = handler
    let made = context.eventLoop.makeFutureWithTask { await handler(page) }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    made.whenSuccess { answer in
      let (conversation, context) = bound.value
      conversation.write(answer, to: head, context)
    }
  }

  private func write(
    _ answer: AdminAnswer, to head: HTTPRequestHead, allow: Bool = false, _ context: ChannelHandlerContext
  ) {
    guard context.channel.isActive else { return }
    let keepsAlive = head.isKeepAlive
    var headers: HTTPHeaders = [
      "Content-Type": answer.contentType, "Content-Length": "\(answer.body.count)",
      "Cache-Control": "no-store",
    ]
    if allow { headers.add(name: "Allow", value: "GET, HEAD") }
    if !keepsAlive { headers.add(name: "Connection", value: "close") }
    let status = HTTPResponseStatus(statusCode: answer.status)
    let response = HTTPResponseHead(version: head.version, status: status, headers: headers)
    let taken = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    taken.futureResult.whenSuccess {
      let (conversation, context) = bound.value
      conversation.end(keepsAlive: keepsAlive, context)
    }
    guard head.method != .HEAD else {
      return context.writeAndFlush(wrapOutboundOut(.head(response)), promise: taken)
    }
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    let body = context.channel.allocator.buffer(bytes: answer.body)
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(body))), promise: taken)
  }

  /// The end lets the next request in, so it waits until the answer was taken: a reader that takes none would
  /// have them made without end.
  private func end(keepsAlive: Bool, _ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    setDeadline(Self.requestSecondsMax, context)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    if !keepsAlive { context.close(promise: nil) }
  }
}
