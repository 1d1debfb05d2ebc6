internal import Framing
internal import Gateway
internal import Glibc
internal import NIOCore

/// One sender's connection: bytes in, deliveries one at a time, answers out, deadlines kept.
///
/// It is both ends of the pipeline: it reads requests with `RequestReader`, hands each to an `Exchange`, and
/// is the sink that the exchange replies to.
final class Connection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let worker: Worker
  private var context: ChannelHandlerContext?
  private var peer = Peer(address: nil)
  private var reader: RequestReader
  private var readerGeneration: Int
  private var unread = ByteBuffer()
  private var phase = Phase.waiting
  private var exchange: Exchange?
  private var reply: ReplyWriter?
  private var deadline: Deadline
  private var isProcessing = false
  private var isReadHeld = false
  private var isInputClosed = false
  private var lingeringBytes = 0
  /// How much of an answer the sender had not taken at the last look.
  private var bytesWaiting = 0
  private var isCounted = false

  init(worker: Worker) {
    self.worker = worker
    reader = RequestReader(limits: worker.lane.snapshot.limits)
    readerGeneration = worker.lane.snapshot.generation
    deadline = Deadline(.idle, seconds: worker.lane.snapshot.limits.idleSecondsMax, from: worker.lane.now())
  }

  private var limits: Limits { worker.lane.snapshot.limits }

  // MARK: The channel's life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = Peer(address: context.channel.remoteAddress.flatMap(Address.init))
    worker.add(self)
  }

  func channelActive(context: ChannelHandlerContext) {
    isCounted = worker.lane.occupancy.enterConnection(max: limits.connectionsMax)
    if !isCounted { refuseEarly(.tooBusy("connections-max")) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closed
    self.context = nil
    exchange?.senderGone()
    exchange = nil
    reply = nil
    worker.remove(self)
    if isCounted { worker.lane.occupancy.leaveConnection() }
    isCounted = false
    context.fireChannelInactive()
  }

  /// Also of a channel that never became active.
  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    worker.remove(self)
  }

  /// A reset, or whatever else the socket cannot go on from.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? ChannelEvent, event == .inputClosed else {
      return context.fireUserInboundEventTriggered(event)
    }
    isInputClosed = true
    senderHalfClosed()
  }

  /// A sender that half-closes after a complete request still wants its answer.
  private func senderHalfClosed() {
    switch phase {
    case .answering: break
    case .waiting, .lingering, .closed: close()
    case .collecting:
      exchange?.senderGone()
      exchange = nil
      close()
    }
  }

  // MARK: Bytes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch phase {
    case .closed: return
    case .lingering: return swallow(bytes.readableBytes)
    case .waiting, .collecting, .answering:
      if unread.readableBytes == 0 { unread = bytes } else { unread.writeBuffer(&bytes) }
      process()
    }
  }

  /// While a delivery is on its way nothing more is read: the sender's next one waits in the kernel.
  func read(context: ChannelHandlerContext) {
    if phase == .answering {
      isReadHeld = true
    } else {
      context.read()
    }
  }

  private func releaseRead() {
    guard isReadHeld, let context else { return }
    isReadHeld = false
    context.read()
  }

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    while phase == .waiting || phase == .collecting {
      if phase == .waiting { renewReader() }
      do throws(Rejection) {
        guard try step() else { break }
      } catch {
        refuseBrokenFraming(error)
      }
    }
    if unread.readableBytes == 0 { unread = ByteBuffer() }
    afterProcessing()
  }

  /// Takes one event from the unread bytes; false when they hold no whole one.
  private func step() throws(Rejection) -> Bool {
    var consumed = 0
    var event = RequestReader.Event.needMore
    var failure: Rejection?
    // A second reference: a refusal within may replace `unread`.
    let current = unread
    current.withUnsafeReadableBytes { bytes in
      do throws(Rejection) {
        event = try reader.read(bytes, consumed: &consumed)
      } catch {
        failure = error
        return
      }
      if case .body(let range) = event, let exchange {
        _ = exchange.collect(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
    if let failure { throw failure }
    guard phase == .waiting || phase == .collecting else { return false }
    unread.moveReaderIndex(forwardBy: consumed)
    switch event {
    case .needMore: return false
    case .head(let head): begin(head)
    case .body: break
    case .end: requestEnded()
    }
    return true
  }

  private func begin(_ head: RequestHead) {
    let now = worker.lane.now()
    let exchange = Exchange(
      head, from: peer, at: now, lane: worker.lane, forwarder: worker.forwarder, looks: worker.looks,
      reply: self)
    self.exchange = exchange
    reply = ReplyWriter(head, closes: !head.keepsAlive)
    phase = .collecting
    deadline = Deadline(.body, seconds: limits.bodySecondsMax, from: now)
    guard exchange.begin() else { return }
    if head.expectsContinue, unread.readableBytes == 0 { sayContinue() }
  }

  private func sayContinue() {
    guard let context else { return }
    context.writeAndFlush(
      wrapOutboundOut(context.channel.allocator.buffer(string: "HTTP/1.1 100 Continue\r\n\r\n")),
      promise: nil)
  }

  private func requestEnded() {
    // A delivery refused in its last part has been answered already.
    guard phase == .collecting else { return }
    phase = .answering
    deadline = .none
    exchange?.bodyEnded()
  }

  private func afterProcessing() {
    switch phase {
    case .waiting:
      if isInputClosed { return close() }
      if reader.hasBegun, deadline.kind != .head {
        deadline = Deadline(.head, seconds: limits.headSecondsMax, from: worker.lane.now())
      }
    case .collecting:
      if isInputClosed { senderHalfClosed() }
    case .answering, .lingering, .closed: break
    }
  }

  // MARK: Refusals that are ours

  /// Framing that is broken, or a limit reached, where no exchange could answer, or within its body.
  private func refuseBrokenFraming(_ rejection: Rejection) {
    if let exchange {
      exchange.refuse(rejection)
    } else {
      refuseEarly(rejection)
    }
  }

  private func refuseEarly(_ rejection: Rejection) {
    var record = ExchangeRecord(
      requestID: "-", outcome: .refused, status: rejection.status, remote: peer.text, method: "-", path: "-")
    record.reason = rejection.label
    record.detail = rejection.detail
    worker.lane.recorder.record(record)
    reply = ReplyWriter(closes: true)
    refuse(rejection)
  }

  // MARK: Deadlines

  /// Called by the worker's sweep.
  func checkDeadline(_ now: Moment) {
    extendReplyDeadline(now)
    guard deadline.isOver(now) else { return }
    switch deadline.kind {
    case .none: break
    case .idle, .lingering: close()
    case .head: refuseBrokenFraming(.headTimeout)
    case .body: refuseBrokenFraming(.bodyTimeout)
    case .reply:
      exchange?.senderGone("reply-timeout")
      reset()
    }
  }

  /// A sender that takes its answer, however slowly, is left alone; one that takes nothing is not.
  private func extendReplyDeadline(_ now: Moment) {
    guard deadline.kind == .reply, let context,
      let options = context.channel.syncOptions,
      let waiting = try? options.getOption(.bufferedWritableBytes)
    else { return }
    if waiting < bytesWaiting || waiting == 0 {
      deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: now)
    }
    bytesWaiting = waiting
  }

  /// A drain closes idle connections last.
  func closeIfIdle() {
    if phase == .waiting, !reader.hasBegun { close() }
  }

  /// The drain's time is up.
  func forceClose() {
    exchange?.giveUp()
    reset()
  }

  // MARK: Ends

  private func swallow(_ count: Int) {
    lingeringBytes += count
    if lingeringBytes > 1_048_576 { close() }
  }

  private func close() { context?.close(promise: nil) }

  /// Closes so that the sender cannot take what it got for the whole.
  private func reset() {
    if let socket = context?.channel as? any SocketOptionProvider {
      _ = socket.setSoLinger(Glibc.linger(l_onoff: 1, l_linger: 0))
    }
    close()
  }

  /// After the last answer: our side is shut, what the sender still sends is thrown away for a second.
  private func linger() {
    guard phase != .closed, let context else { return }
    phase = .lingering
    deadline = Deadline(.lingering, seconds: 1, from: worker.lane.now())
    unread = ByteBuffer()
    context.close(mode: .output, promise: nil)
    releaseRead()
    if isInputClosed { close() }
  }
}

// MARK: - What the exchange replies

extension Connection: ReplySink {
  func refuse(_ rejection: Rejection) {
    guard phase != .closed, let reply = lastChanceToClose(rejection.closesConnection) else { return }
    put { reply.refusal(rejection, into: &$0) }
    replyComplete()
  }

  func send(_ answer: Answer, body: UnsafeRawBufferPointer) {
    guard phase != .closed, let reply = lastChanceToClose() else { return }
    put { reply.whole(answer, body: body, into: &$0) }
    replyComplete()
  }

  /// The reply's writer as its head leaves: a drain that began meanwhile makes it the connection's last.
  private func lastChanceToClose(_ isRefusalThatCloses: Bool = false) -> ReplyWriter? {
    if isRefusalThatCloses || worker.isDraining { reply?.closes = true }
    return reply
  }

  func begin(_ answer: Answer) {
    guard phase != .closed, var reply = lastChanceToClose() else { return }
    put { reply.head(answer, into: &$0) }
    self.reply = reply
    deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: worker.lane.now())
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    guard phase != .closed, let reply, let context else { return .more }
    put { reply.part(bytes, into: &$0) }
    return context.channel.isWritable ? .more : .hold
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
    exchange = nil
    guard let reply, let context, phase != .closed else { return }
    if reply.closes { return closeAfterWriting(context) }
    self.reply = nil
    phase = .waiting
    // An answer that began before the drain did not say that it is the last.
    let seconds = worker.isDraining ? 1 : limits.idleSecondsMax
    deadline = Deadline(.idle, seconds: seconds, from: worker.lane.now())
    if !isProcessing, unread.readableBytes > 0 || isInputClosed { return processSoon(context) }
    releaseRead()
  }

  /// Limits that a reload changed hold for the next request, also on a connection that was open before.
  private func renewReader() {
    guard readerGeneration != worker.lane.snapshot.generation, !reader.hasBegun, !reader.isReadingBody
    else { return }
    readerGeneration = worker.lane.snapshot.generation
    reader = RequestReader(limits: limits)
  }

  /// The next request waits already. Not at once: the exchange that just replied is still on the stack.
  private func processSoon(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.execute {
      bound.value.process()
      bound.value.releaseRead()
    }
  }

  private func closeAfterWriting(_ context: ChannelHandlerContext) {
    phase = .answering
    deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: worker.lane.now())
    let written = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    written.futureResult.whenSuccess { bound.value.linger() }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }
}
