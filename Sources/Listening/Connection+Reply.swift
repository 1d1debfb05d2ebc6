internal import Gateway
internal import HTTP
internal import NIOCore

// MARK: - What the exchange replies

extension Connection: ReplySink {
  func refuse(_ rejection: Rejection) {
    guard machine.phase != .closed, var reply else { return }
    reply.closes = reply.closes || rejection.closesConnection || worker.isDraining
    self.reply = reply
    put { reply.refusal(rejection, into: &$0) }
    replyComplete()
  }

  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer) {
    guard machine.phase != .closed, var reply else { return }
    reply.closes = reply.closes || worker.isDraining
    self.reply = reply
    put { reply.whole(response, body: body, into: &$0) }
    replyComplete()
  }

  func begin(_ response: ResponseHead) {
    guard machine.phase != .closed, var reply else { return }
    reply.closes = reply.closes || worker.isDraining
    put { reply.head(response, into: &$0) }
    self.reply = reply
    machine.replyBegan(replySecondsMax: limits.replySecondsMax, at: worker.loop.now())
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    guard machine.phase != .closed, let reply, let context else { return .more }
    put { reply.part(bytes, into: &$0) }
    return context.channel.isWritable ? .more : .pause
  }

  func end() {
    guard machine.phase != .closed, let reply else { return }
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
    guard let reply, let context, machine.phase != .closed else { return }
    let step = machine.replied(
      closes: reply.closes, isWritable: context.channel.isWritable, untaken: untakenBytes ?? 0,
      replySecondsMax: limits.replySecondsMax, idleSecondsMax: idleSecondsMax, at: worker.loop.now())
    if step != .next { untaken = answered?.untaken ?? untaken }
    if !reply.closes { self.reply = nil }
    carryOut(step)
  }

  /// An answer that began before the drain did not say that it is the last.
  private var idleSecondsMax: Int { worker.isDraining ? 1 : limits.idleSecondsMax }

  func awaitTaking() {
    afterWriting { connection in
      let seconds = connection.idleSecondsMax
      connection.carryOut(
        connection.machine.awaitNext(idleSecondsMax: seconds, at: connection.worker.loop.now()))
    }
  }

  func next() {
    untaken = nil
    guard !isProcessing, unread.readableBytes > 0 || machine.isInputClosed, let context else {
      return releaseRead()
    }
    processSoon(context)
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

  func lingerOnceTaken() { afterWriting { $0.linger() } }

  /// Once the kernel has taken all that was written.
  private func afterWriting(_ next: @escaping @Sendable (Connection) -> Void) {
    guard let context else { return }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenSuccess { next(bound.value) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }
}
