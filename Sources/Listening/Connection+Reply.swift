internal import Gateway
internal import HTTP
internal import NIOCore

// MARK: - What the exchange replies

extension Connection: ReplySink {
  func refuse(_ rejection: Rejection) {
    guard phase != .closed, var reply else { return }
    reply.closes = reply.closes || rejection.closesConnection || worker.isDraining
    self.reply = reply
    put { reply.refusal(rejection, into: &$0) }
    replyComplete()
  }

  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer) {
    guard phase != .closed, var reply else { return }
    reply.closes = reply.closes || worker.isDraining
    self.reply = reply
    put { reply.whole(response, body: body, into: &$0) }
    replyComplete()
  }

  func begin(_ response: ResponseHead) {
    guard phase != .closed, var reply else { return }
    reply.closes = reply.closes || worker.isDraining
    put { reply.head(response, into: &$0) }
    self.reply = reply
    deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: worker.loop.now())
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    guard phase != .closed, let reply, let context else { return .more }
    put { reply.part(bytes, into: &$0) }
    return context.channel.isWritable ? .more : .pause
  }

  func end() {
    guard phase != .closed, let reply else { return }
    put { reply.end(into: &$0) }
    replyComplete()
  }

  func abort() { reset() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { exchange?.replyDrained() }
    context.fireChannelWritabilityChanged()
  }

  /// Lets `fill` write into the worker's buffer, which is used again once the kernel has taken it.
  private func put(_ fill: (inout ByteBuffer) -> Void) {
    guard let context else { return }
    var buffer = worker.takeBuffer(context.channel.allocator)
    fill(&buffer)
    if buffer.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }
    worker.giveBack(buffer)
  }

  private func replyComplete() {
    let answered = exchange
    exchange = nil
    guard let reply, let context, phase != .closed else { return }
    if reply.closes {
      untaken = answered?.untaken ?? untaken
      return closeAfterWriting(context)
    }
    self.reply = nil
    if hasUntaken(context) {
      untaken = answered?.untaken ?? untaken
      return awaitTaking(context)
    }
    awaitNext(context)
  }

  /// Whether the sender leaves answers lying. Looking is dear, and an honest sender takes one before it sends
  /// the next delivery: it is done now and then.
  private func hasUntaken(_ context: ChannelHandlerContext) -> Bool {
    repliesUnwatched += 1
    guard repliesUnwatched >= 16 || !context.channel.isWritable else { return false }
    repliesUnwatched = 0
    guard let options = context.channel.syncOptions else { return false }
    return (try? options.getOption(.bufferedWritableBytes)) ?? 0 > 0
  }

  /// Without this a sender that reads nothing could have answers without end kept for it.
  private func awaitTaking(_ context: ChannelHandlerContext) {
    phase = .answering
    deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: worker.loop.now())
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    afterWriting(context) {
      let (connection, context) = bound.value
      connection.awaitNext(context)
    }
  }

  private func awaitNext(_ context: ChannelHandlerContext) {
    guard phase != .closed else { return }
    untaken = nil
    phase = .waiting
    // An answer that began before the drain did not say that it is the last.
    let seconds = worker.isDraining ? 1 : limits.idleSecondsMax
    deadline = Deadline(.idle, seconds: seconds, from: worker.loop.now())
    if !isProcessing, unread.readableBytes > 0 || isInputClosed { return processSoon(context) }
    releaseRead()
  }

  /// Limits that a reload changed hold for the next request, also on a connection that was open before.
  func renewReader() {
    guard readerGeneration != worker.loop.snapshot.generation, !reader.hasBegun, !reader.isReadingBody
    else { return }
    readerGeneration = worker.loop.snapshot.generation
    reader = RequestReader(bounds: limits.requestBounds, lists: worker.loop.lists)
  }

  /// The next request waits already. Not at once: the exchange that just replied is still on the stack.
  private func processSoon(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.execute {
      bound.value.process()
      bound.value.releaseRead()
    }
  }

  func closeAfterWriting(_ context: ChannelHandlerContext) {
    // The kernel has room for a refusal on a connection on which nothing was said yet.
    if place == .none { return close() }
    phase = .answering
    deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: worker.loop.now())
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    afterWriting(context) { bound.value.linger() }
  }

  /// Once the kernel has taken all that was written.
  private func afterWriting(_ context: ChannelHandlerContext, _ next: @escaping @Sendable () -> Void) {
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenSuccess(next)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }
}
