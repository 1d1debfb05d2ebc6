internal import Formats
internal import Gateway
internal import Glibc
internal import HTTP
internal import NIOCore

/// One sender's connection: bytes in, deliveries one at a time, answers out, deadlines kept.
///
/// It is both ends of the pipeline: it reads requests with `RequestReader`, hands each to an `Exchange`, and
/// is the sink that the exchange replies to. What comes next is decided by `ConnectionMachine`, and done here.
final class Connection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let worker: Worker
  var context: ChannelHandlerContext?
  var peer = Peer(address: nil)
  var reader: RequestReader
  var readerGeneration: Int
  var unread = ByteBuffer()
  var machine: ConnectionMachine
  var exchange: Exchange?
  var reply: ReplyWriter?
  var isProcessing = false
  var isReadHeld = false
  /// Of the answer that the sender is given time to take, where its delivery is over.
  var untaken: UntakenAnswer?

  init(worker: Worker) {
    self.worker = worker
    reader = RequestReader(bounds: worker.loop.snapshot.limits.requestBounds, lists: worker.loop.lists)
    readerGeneration = worker.loop.snapshot.generation
    machine = ConnectionMachine(
      idleSecondsMax: worker.loop.snapshot.limits.idleSecondsMax, at: worker.loop.now())
  }

  var limits: Limits { worker.loop.snapshot.limits }

  // MARK: The channel's life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = Peer(address: context.channel.remoteAddress.flatMap(IPAddress.init))
    worker.add(self)
  }

  func channelActive(context: ChannelHandlerContext) {
    if !takePlace(in: worker.loop.admission) { refuseEarly(.tooBusy(.connections)) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    let place = machine.closed()
    self.context = nil
    exchange?.senderGone()
    exchange = nil
    reply = nil
    worker.remove(self)
    leave(place, in: worker.loop.admission)
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
    carryOut(machine.inputEnded())
  }

  // MARK: Bytes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch machine.phase {
    case .closed: return
    case .lingering: carryOut(machine.swallowed(bytes.readableBytes, at: worker.loop.now()))
    case .waiting, .collecting, .answering:
      if unread.readableBytes == 0 { unread = bytes } else { unread.writeBuffer(&bytes) }
      process()
    }
  }

  /// While a delivery is on its way and something was sent ahead of its answer, nothing more is read: it
  /// waits in the kernel. Most senders wait themselves, and to look away from each socket and back would be
  /// two system calls a delivery.
  func read(context: ChannelHandlerContext) {
    if mustWait {
      isReadHeld = true
    } else {
      context.read()
    }
  }

  /// Not while an answer is due: what was sent ahead would be read faster than it is answered.
  func releaseRead() {
    guard isReadHeld, !mustWait, let context else { return }
    isReadHeld = false
    context.read()
  }

  private var mustWait: Bool { machine.holdsBack(hasUnread: unread.readableBytes > 0) }

  func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    while machine.isReading {
      if machine.phase == .waiting { renewReader() }
      do throws(Rejection) {
        guard try step() else { break }
      } catch {
        refuseBrokenFraming(error)
      }
    }
    if unread.readableBytes == 0 { unread = ByteBuffer() }
    carryOut(
      machine.wasRead(
        isWithinHead: reader.hasBegun, headSecondsMax: limits.headSecondsMax, at: worker.loop.now()))
  }

  /// Takes the next event from the unread bytes, and with it all parts of a body that stand before it; false
  /// when they hold no whole one.
  func step() throws(Rejection) -> Bool {
    var consumed = 0
    var event = RequestReader.Event.needMore
    var failure: Rejection?
    // A second reference: a refusal within may replace `unread`.
    let current = unread
    current.withUnsafeReadableBytes { bytes in
      do throws(RequestFault) {
        while true {
          let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
          var count = 0
          event = try reader.read(rest, consumed: &count)
          consumed += count
          guard case .body(let range) = event, let exchange,
            exchange.collect(UnsafeRawBufferPointer(rebasing: rest[range])),
            range.count > RequestReader.smallChunkBytesMax
              || collectSmallChunks(of: bytes, from: &consumed, exchange)
          else { return }
        }
      } catch {
        failure = Rejection(error)
      }
    }
    if let failure { throw failure }
    guard machine.isReading else { return false }
    unread.moveReaderIndex(forwardBy: consumed)
    switch event {
    case .needMore: return false
    case .head(let head): begin(head)
    case .body: break
    case .end: requestEnded()
    }
    return true
  }

  /// Takes the small chunks that come next together; false as of `Exchange.collect`.
  private func collectSmallChunks(
    of bytes: UnsafeRawBufferPointer, from consumed: inout Int, _ exchange: Exchange
  ) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Self.gatheredBytesMax, alignment: 1) { room in
      while true {
        var count = 0
        let gathered = reader.gatherSmallChunks(
          UnsafeRawBufferPointer(rebasing: bytes[consumed...]), consumed: &count, into: room)
        consumed += count
        guard gathered > 0 else { return true }
        guard exchange.collect(UnsafeRawBufferPointer(rebasing: room[..<gathered])) else { return false }
      }
    }
  }

  private static let gatheredBytesMax = 1_024

  func begin(_ head: RequestHead) {
    let now = worker.loop.now()
    let exchange = Exchange(
      head, from: peer, at: now, loop: worker.loop, forwarder: worker.forwarder, reply: self)
    self.exchange = exchange
    reply = ReplyWriter(head, closes: !head.keepsAlive)
    machine.requestBegan(bodySecondsMax: limits.bodySecondsMax, at: now)
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
    if machine.requestEnded() { exchange?.bodyEnded() }
  }

  // MARK: What the machine says

  func carryOut(_ step: ConnectionMachine.Step) {
    switch step {
    case .nothing: break
    case .close: close()
    case .abandon:
      exchange?.senderGone()
      exchange = nil
      close()
    case .refuse(let rejection): refuseBrokenFraming(rejection)
    case .end(let bound): end(at: bound)
    case .reset(let bound):
      exchange?.senderGone("reply-timeout")
      resetUntaken(at: bound)
    case .next: next()
    case .nextOnceTaken: awaitTaking()
    case .lingerOnceTaken: lingerOnceTaken()
    }
  }
}
