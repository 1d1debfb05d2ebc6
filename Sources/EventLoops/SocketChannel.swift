internal import Glibc
internal import NIOCore
internal import Synchronization

/// A connection.
///
/// epoll is told of it once, on arrival of news ("edge triggered"): what is known to lie in the kernel is
/// remembered in `isReadable`, so reading can be held and taken up again without a word to epoll. Only the first
/// write that the kernel refuses adds the wish to hear of room.
//
// @unchecked Sendable: see EventSource; `writability` is atomic.
final class SocketChannel: EpollChannel, @unchecked Sendable {
  /// Whether the kernel may have something that was not received yet.
  var isReadable = false
  /// Whether behind a short read there may be something left: the end, once the other side has said its last; what
  /// follows a mark; on a unix socket what follows a piece that came with descriptors, of which nobody tells.
  lazy var isShortReadNoEnd = localAddress?.protocol == .unix
  var isInputShut = false
  var allowsHalfClosure = false
  /// Who takes bytes without the pipeline.
  struct Intake {
    let room: () -> UnsafeMutableRawBufferPointer?
    let received: (Int) -> Void
  }

  var intake: Intake?
  var receiveSizes: any RecvByteBufferAllocator = AdaptiveRecvByteBufferAllocator()

  var pending = PendingWrites()
  let writability = Atomic(true)
  var isOutputShut = false
  /// Whether the output is shut as soon as all is written.
  var isOutputEnding = false
  var outputEnd: EventLoopPromise<Void>?
  /// Whether the kernel had no room at the last write.
  var isBlocked = false
  var isWaitingForRoom = false
  /// Writes that the kernel took only in part, before others get their turn.
  var writeSpins: UInt = 16

  override var isWritable: Bool { writability.load(ordering: .relaxed) }

  // MARK: ChannelCore

  override func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) { write(data, promise) }
  override func flush0() { flushWrites() }
  override func read0() { wantRead() }

  override func autoReadChanged() {
    if autoRead { readIfAutomatic() } else { isReadWanted = false }
  }

  // MARK: Events

  override func watch() -> Bool { loop.watch(self, for: events) }

  private var events: UInt32 {
    EpollEvents.input | EpollEvents.inputEnd | EpollEvents.mark | EpollEvents.onArrival
      | (isWaitingForRoom ? EpollEvents.output : 0)
  }

  /// From now on epoll tells of room too. What came meanwhile it tells again.
  func waitForRoom() {
    guard !isWaitingForRoom else { return }
    isWaitingForRoom = true
    if !loop.rewatch(self, for: events) {
      close0(error: IOError(errnoCode: errno, reason: "epoll_ctl"), mode: .all, promise: nil)
    }
  }

  override func ready(_ events: UInt32) {
    if events & EpollEvents.gone != 0 { return gone() }
    if events & EpollEvents.output != 0, isBlocked {
      isBlocked = false
      writeNow()
    }
    guard isOpen, events & (EpollEvents.input | EpollEvents.inputEnd | EpollEvents.mark) != 0 else { return }
    isReadable = true
    if events & (EpollEvents.inputEnd | EpollEvents.mark) != 0 { isShortReadNoEnd = true }
    if isReadWanted { readNow() }
  }

  override func turn() {
    if isOpen, !isBlocked { writeNow() }
    if isOpen, isReadable, isReadWanted { readNow() }
  }

  override func becameActive() {
    if pending.isFlushed { writeNow() }
  }

  /// Nobody waits for it: who accepted it hears of it, as of a connection that could not be accepted.
  override func cannotBegin(_ error: any Error) { (parent as? ServerChannel)?.couldNotBegin(error) }

  /// Reset, or ended on both sides. What came before is still handed on, wanted or not: nothing will ask for it
  /// any more.
  private func gone() {
    isReadable = true
    isShortReadNoEnd = true
    while isActive, isReadable, !isInputShut { readNow() }
    guard isOpen else { return }
    let code = (try? socketOption(SocketOptionLevel(SOL_SOCKET), SO_ERROR, CInt())) ?? 0
    let error = IOError(errnoCode: code == 0 ? ECONNRESET : code, reason: "the connection is gone")
    close0(error: error, mode: .all, promise: nil)
  }

  // MARK: Ends

  override func closeHalf(_ mode: CloseMode, error: any Error, promise: EventLoopPromise<Void>?) {
    switch mode {
    case .input: closeInput(error, promise)
    default: closeOutput(error, promise)
    }
  }

  private func closeInput(_ error: any Error, _ promise: EventLoopPromise<Void>?) {
    guard !isInputShut else { return fail(promise, ChannelError.inputClosed) }
    guard !isOutputShut else { return close0(error: error, mode: .all, promise: promise) }
    isInputShut = true
    isReadWanted = false
    shutdown(descriptor, CInt(SHUT_RD))
    promise?.succeed()
    pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
  }

  /// The other end has said its last.
  func inputEnded() {
    isReadable = false
    isReadWanted = false
    pipeline.syncOperations.fireChannelReadComplete()
    guard isOpen, !isInputShut else { return }
    guard allowsHalfClosure, !isOutputShut else {
      return close0(error: ChannelError.eof, mode: .all, promise: nil)
    }
    isInputShut = true
    pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
  }

  private func closeOutput(_ error: any Error, _ promise: EventLoopPromise<Void>?) {
    guard !isOutputShut, !isOutputEnding else { return fail(promise, ChannelError.outputClosed) }
    guard !isInputShut else { return close0(error: error, mode: .all, promise: promise) }
    isOutputEnding = true
    outputEnd = promise
    if pending.isEmpty { shutOutput() }
  }

  /// All that was to be said is in the kernel.
  func shutOutput() {
    let promise = outputEnd
    outputEnd = nil
    isOutputShut = true
    shutdown(descriptor, CInt(SHUT_WR))
    promise?.succeed()
    pipeline.fireUserInboundEventTriggered(ChannelEvent.outputClosed)
  }

  override func failWrites(_ error: any Error) {
    intake = nil
    let waiting = pending.takeAll()
    let end = outputEnd
    outputEnd = nil
    for promise in waiting { promise.fail(error) }
    end?.fail(error)
  }

  // MARK: Options

  override func set<Option: ChannelOption>(_ option: Option, _ value: Option.Value) throws {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    switch (option, value) {
    case (is ChannelOptions.Types.AllowRemoteHalfClosureOption, let value as Bool): allowsHalfClosure = value
    case (is ChannelOptions.Types.RecvAllocatorOption, let value as any RecvByteBufferAllocator):
      receiveSizes = value
    case (is ChannelOptions.Types.WriteSpinOption, let value as UInt): writeSpins = value
    case (
      is ChannelOptions.Types.WriteBufferWaterMarkOption,
      let value as ChannelOptions.Types.WriteBufferWaterMark
    ):
      pending.waterMark = value
    default: try super.set(option, value)
    }
  }

  override func get<Option: ChannelOption>(_ option: Option) throws -> Any {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    switch option {
    case is ChannelOptions.Types.AllowRemoteHalfClosureOption: return allowsHalfClosure
    case is ChannelOptions.Types.RecvAllocatorOption: return receiveSizes
    case is ChannelOptions.Types.WriteSpinOption: return writeSpins
    case is ChannelOptions.Types.WriteBufferWaterMarkOption: return pending.waterMark
    case is ChannelOptions.Types.BufferedWritableBytesOption: return pending.bytes
    default: return try super.get(option)
    }
  }
}
