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

  enum Phase: Equatable {
    /// Between deliveries, or within a head.
    case waiting
    case collecting
    /// The request is complete, its answer is not.
    case answering
    /// The last answer was written; what still comes is thrown away until the sender closes too.
    case lingering
    case closed
  }

  let worker: Worker
  var context: ChannelHandlerContext?
  var peer = Peer(address: nil)
  var reader: RequestReader
  var readerGeneration: Int
  var unread = ByteBuffer()
  var phase = Phase.waiting
  var exchange: Exchange?
  var reply: ReplyWriter?
  var deadline: Deadline
  var isProcessing = false
  var isReadHeld = false
  var isInputClosed = false
  var lingeringBytes = 0
  /// How much of an answer the sender had not taken at the last look.
  var bytesWaiting = 0
  /// Answers since it was looked at whether they are taken.
  var repliesUnwatched = 0
  var isCounted = false

  init(worker: Worker) {
    self.worker = worker
    reader = RequestReader(limits: worker.lane.snapshot.limits)
    readerGeneration = worker.lane.snapshot.generation
    deadline = Deadline(.idle, seconds: worker.lane.snapshot.limits.idleSecondsMax, from: worker.lane.now())
  }

  var limits: Limits { worker.lane.snapshot.limits }

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
  func senderHalfClosed() {
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

  func releaseRead() {
    guard isReadHeld, let context else { return }
    isReadHeld = false
    context.read()
  }

  func process() {
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
  func step() throws(Rejection) -> Bool {
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

  func begin(_ head: RequestHead) {
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

  func sayContinue() {
    guard let context else { return }
    context.writeAndFlush(
      wrapOutboundOut(context.channel.allocator.buffer(string: "HTTP/1.1 100 Continue\r\n\r\n")),
      promise: nil)
  }

  func requestEnded() {
    // A delivery refused in its last part has been answered already.
    guard phase == .collecting else { return }
    phase = .answering
    deadline = .none
    exchange?.bodyEnded()
  }

  func afterProcessing() {
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
  func refuseBrokenFraming(_ rejection: Rejection) {
    if let exchange {
      exchange.refuse(rejection)
    } else {
      refuseEarly(rejection)
    }
  }

  func refuseEarly(_ rejection: Rejection) {
    var record = ExchangeRecord(
      requestID: "-", outcome: .refused, status: rejection.status, remote: peer.text, method: "-", path: "-")
    record.reason = rejection.label
    record.detail = rejection.detail
    record.arrivedUnixMilliseconds = worker.lane.now().unixMilliseconds
    worker.lane.recorder.record(record)
    reply = ReplyWriter(closes: true)
    refuse(rejection)
  }

  // MARK: Ends

  func swallow(_ count: Int) {
    lingeringBytes += count
    if lingeringBytes > 1_048_576 { close() }
  }

  func close() { context?.close(promise: nil) }

  /// Closes so that the sender cannot take what it got for the whole.
  func reset() {
    if let socket = context?.channel as? any SocketOptionProvider {
      _ = socket.setSoLinger(Glibc.linger(l_onoff: 1, l_linger: 0))
    }
    close()
  }

  /// After the last answer: our side is shut, what the sender still sends is thrown away for a second.
  func linger() {
    guard phase != .closed, let context else { return }
    phase = .lingering
    deadline = Deadline(.lingering, seconds: 1, from: worker.lane.now())
    unread = ByteBuffer()
    context.close(mode: .output, promise: nil)
    releaseRead()
    if isInputClosed { close() }
  }
}
