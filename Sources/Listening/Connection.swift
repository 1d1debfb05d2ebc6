internal import Formats
internal import Gateway
internal import Glibc
internal import HTTP
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

  /// Which of the bounded places it has for as long as it is open.
  enum Place {
    /// It is closed with its answer.
    case none
    /// One of `connections-max`.
    case sender
    /// One of those beyond it that may linger behind their answer.
    case refused
  }

  /// What is read, and for how long, of a sender that goes on sending after its last answer. Closing would reset
  /// the connection, and the answer could be lost with it: many clients listen only when all of a body is away.
  static let lingeringBytesMax = 67_108_864
  static let lingeringSecondsMax = 5
  /// For how long such a sender may be silent.
  static let lingeringSilenceSecondsMax = 1
  /// Connections beyond `connections-max` that are read on at once. More would be open without being counted, and
  /// take the descriptors that deliveries need.
  static let lingeringRefusedMax = 64
  static let lingeringRefusedSecondsMax = 1

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
  /// Until when a sender is read that goes on sending.
  var lingeringEnd = Deadline.none
  /// How much of an answer the sender had not taken at the last look.
  var bytesWaiting = 0
  /// Answers since it was looked at whether they are taken.
  var repliesUnwatched = 0
  /// Of the answer that the sender is given time to take, where its delivery is over.
  var untaken: UntakenAnswer?
  var place = Place.none

  init(worker: Worker) {
    self.worker = worker
    reader = RequestReader(bounds: worker.loop.snapshot.limits.requestBounds, lists: worker.loop.lists)
    readerGeneration = worker.loop.snapshot.generation
    deadline = Deadline(.idle, seconds: worker.loop.snapshot.limits.idleSecondsMax, from: worker.loop.now())
  }

  var limits: Limits { worker.loop.snapshot.limits }

  // MARK: The channel's life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = Peer(address: context.channel.remoteAddress.flatMap(Address.init))
    worker.add(self)
  }

  func channelActive(context: ChannelHandlerContext) {
    takePlace(in: worker.loop.admission)
    if place != .sender { refuseEarly(.tooBusy(.connections)) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closed
    self.context = nil
    exchange?.senderGone()
    exchange = nil
    reply = nil
    worker.remove(self)
    leavePlace(in: worker.loop.admission)
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

  private var mustWait: Bool { phase == .answering && unread.readableBytes > 0 }

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
        // Chunks of a byte each come by the thousand: they are taken together.
        while true {
          let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
          var count = 0
          event = try reader.read(rest, consumed: &count)
          consumed += count
          guard case .body(let range) = event, let exchange,
            exchange.collect(UnsafeRawBufferPointer(rebasing: rest[range]))
          else { return }
        }
      } catch {
        failure = Rejection(error)
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
    let now = worker.loop.now()
    let exchange = Exchange(
      head, from: peer, at: now, loop: worker.loop, forwarder: worker.forwarder, reply: self)
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
        deadline = Deadline(.head, seconds: limits.headSecondsMax, from: worker.loop.now())
      }
    case .collecting:
      if isInputClosed { senderHalfClosed() }
    case .answering, .lingering, .closed: break
    }
  }
}
