internal import Glibc
internal import NIOCore
internal import Synchronization

/// What the listening and the connected channel share: NIO's view of them, and their life from the first
/// registration to the end.
//
// @unchecked Sendable: see EventSource; `activity` is atomic, the rest is constant or the loop's thread's own.
class EpollChannel: EventSource, Channel, ChannelCore, @unchecked Sendable {
  let parent: (any Channel)?
  let allocator = ByteBufferAllocator()
  private var ownPipeline: ChannelPipeline?
  private let closePromise: EventLoopPromise<Void>
  private let activity = Atomic(false)
  private var addresses: (local: SocketAddress?, remote: SocketAddress?)

  private(set) var isOpen = true
  private(set) var isRegistered = false
  var autoRead = true
  /// Whether a read was asked for that has not brought anything yet.
  var isReadWanted = false
  /// Reads for one event.
  var readsMax = 4

  init(
    loop: EpollLoop, descriptor: CInt, parent: (any Channel)? = nil, local: SocketAddress?,
    remote: SocketAddress? = nil
  ) {
    self.parent = parent
    closePromise = loop.makePromise(of: Void.self)
    addresses = (local, remote)
    super.init(loop: loop, descriptor: descriptor)
    ownPipeline = ChannelPipeline(channel: self)
  }

  // MARK: For the two kinds

  /// Tells the kernel what to wait for; false where it refuses, errno says why.
  func watch() -> Bool { false }
  /// Writes that wait now never will be.
  func failWrites(_ error: any Error) {}
  func becameActive() {}
  /// It was closed before it was at work.
  func cannotBegin(_ error: any Error) {}
  func autoReadChanged() {}
  func closeHalf(_ mode: CloseMode, error: any Error, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  /// Whether the kernel forgets the descriptor by itself when it is closed.
  var isAlone: Bool { true }

  func set<Option: ChannelOption>(_ option: Option, _ value: Option.Value) throws {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    switch option {
    case let option as ChannelOptions.Types.SocketOption:
      guard let value = value as? ChannelOptions.Types.SocketOption.Value else { break }
      return try setSocketOption(option.level, option.name, CInt(value))
    case is ChannelOptions.Types.AutoReadOption:
      guard let value = value as? Bool, value != autoRead else { return }
      autoRead = value
      return autoReadChanged()
    case is ChannelOptions.Types.MaxMessagesPerReadOption:
      if let value = value as? UInt { readsMax = max(Int(value), 1) }
      return
    default: break
    }
    throw ChannelError.operationUnsupported
  }

  func get<Option: ChannelOption>(_ option: Option) throws -> Any {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    switch option {
    case let option as ChannelOptions.Types.SocketOption:
      return ChannelOptions.Types.SocketOption.Value(try socketOption(option.level, option.name, CInt()))
    case is ChannelOptions.Types.AllocatorOption: return allocator
    case is ChannelOptions.Types.AutoReadOption: return autoRead
    case is ChannelOptions.Types.MaxMessagesPerReadOption: return UInt(readsMax)
    default: throw ChannelError.operationUnsupported
    }
  }

  // MARK: Channel

  final var eventLoop: any EventLoop { loop }
  final var _channelCore: any ChannelCore { self }
  final var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
  final var isActive: Bool { activity.load(ordering: .relaxed) }
  var isWritable: Bool { true }
  final var syncOptions: (any NIOSynchronousChannelOptions)? { SyncOptions(channel: self) }
  final var localAddress: SocketAddress? { addresses.local }
  final var remoteAddress: SocketAddress? { addresses.remote }

  final var pipeline: ChannelPipeline {
    guard let ownPipeline else { preconditionFailure("a channel without its pipeline") }
    return ownPipeline
  }

  final func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void>
  {
    onLoop { try self.set(option, value) }
  }

  final func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
    onLoop { try self.value(of: option) }
  }

  fileprivate func value<Option: ChannelOption>(of option: Option) throws -> Option.Value {
    guard let value = try get(option) as? Option.Value else { throw ChannelError.operationUnsupported }
    return value
  }

  final func onLoop<Value>(_ body: @escaping @Sendable () throws -> Value) -> EventLoopFuture<Value> {
    guard loop.inEventLoop else { return loop.submit(body) }
    let promise = loop.makePromise(of: Value.self)
    do {
      promise.assumeIsolated().succeed(try body())
    } catch {
      promise.fail(error)
    }
    return promise.futureResult
  }

  // MARK: ChannelCore

  final func localAddress0() throws -> SocketAddress {
    guard let address = addresses.local else { throw ChannelError.unknownLocalAddress }
    return address
  }

  final func remoteAddress0() throws -> SocketAddress {
    guard let address = addresses.remote else { throw ChannelError.operationUnsupported }
    return address
  }

  final func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  final func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  final func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  final func errorCaught0(error: any Error) {}
  func channelRead0(_ data: NIOAny) {}
  func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  func flush0() {}
  func read0() {}

  // MARK: Its life

  final func register0(promise: EventLoopPromise<Void>?) {
    guard isOpen else { return fail(promise, ChannelError.ioOnClosedChannel) }
    guard !isRegistered else { return fail(promise, ChannelError.inappropriateOperationForState) }
    isRegistered = true
    promise?.succeed()
    pipeline.syncOperations.fireChannelRegistered()
  }

  /// The socket is bound or connected already: from here it is at work.
  final func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) {
    register0(promise: nil)
    guard isOpen else { return fail(promise, ChannelError.ioOnClosedChannel) }
    guard watch() else {
      let error = IOError(errnoCode: errno, reason: "epoll_ctl")
      close0(error: error, mode: .all, promise: nil)
      cannotBegin(error)
      return fail(promise, error)
    }
    activity.store(true, ordering: .relaxed)
    promise?.succeed()
    if isOpen { pipeline.syncOperations.fireChannelActive() }
    if isOpen { becameActive() }
    readIfAutomatic()
  }

  final func readIfAutomatic() {
    if autoRead, !isReadWanted, isActive { pipeline.syncOperations.read() }
  }

  final func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard isOpen else { return fail(promise, ChannelError.alreadyClosed) }
    guard case .all = mode else { return closeHalf(mode, error: error, promise: promise) }
    isOpen = false
    isReadWanted = false
    let wasActive = activity.exchange(false, ordering: .relaxed)
    loop.unwatch(self, isClosing: isAlone)
    _ = Glibc.close(descriptor)
    // Only now is anybody told: whatever is done in answer finds a channel that is closed.
    failWrites(error)
    promise?.succeed()
    if wasActive { pipeline.syncOperations.fireChannelInactive() }
    if isRegistered { pipeline.syncOperations.fireChannelUnregistered() }
    // Later: its handlers may still be on the stack.
    loop.execute {
      self.removeHandlers(pipeline: self.pipeline)
      self.closePromise.succeed()
    }
  }

  final override func loopEnds() { close0(error: EventLoopError.shutdown, mode: .all, promise: nil) }

  /// As a call that returns nothing, to end a function with.
  final func fail(_ promise: EventLoopPromise<Void>?, _ error: any Error) { promise?.fail(error) }
}

/// Options without futures, for those who are on the loop.
private struct SyncOptions: NIOSynchronousChannelOptions {
  let channel: EpollChannel

  func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {
    try channel.set(option, value)
  }

  func getOption<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
    try channel.value(of: option)
  }
}
