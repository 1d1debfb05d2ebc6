internal import CLinux
internal import Glibc
internal import NIOCore

/// One loop's part in a listening socket that several loops share.
///
/// The kernel wakes one of them for a connection (EPOLLEXCLUSIVE). Whoever accepts stands at the end of the
/// line again, so that they take turns. The connection stays on the loop that has accepted it.
//
// @unchecked Sendable: see EventSource.
final class ServerChannel: EpollChannel, @unchecked Sendable {
  typealias Initializer = @Sendable (any Channel) -> EventLoopFuture<Void>

  /// For how long nothing is accepted after the kernel had nothing to accept with, mostly no descriptor. Those who
  /// want to connect wait in its queue meanwhile.
  private static let rest = TimeAmount.seconds(1)

  private let initializer: Initializer
  private(set) var isResting = false

  init(loop: EpollLoop, descriptor: CInt, initializer: @escaping Initializer) {
    self.initializer = initializer
    super.init(loop: loop, descriptor: descriptor, local: SocketName.local(descriptor))
  }

  func begin() -> EventLoopFuture<Void> {
    let promise = loop.makePromise(of: Void.self)
    loop.listening.append(self)
    closeFuture.whenComplete { _ in self.loop.listening.removeAll { $0 === self } }
    registerAlreadyConfigured0(promise: promise)
    return promise.futureResult
  }

  // MARK: Waiting

  /// Other loops, and perhaps other programs, have it open too.
  override var isAlone: Bool { false }

  private var isWaiting: Bool { generation != 0 }

  override func watch() -> Bool { loop.watch(self, for: EpollEvents.input | EpollEvents.exclusive) }

  override func read0() {
    guard isOpen else { return }
    isReadWanted = true
    if isActive, !isWaiting, !isResting { waitAgain() }
  }

  /// At once: a loop in the line that does not accept would be woken for a connection that another one wants.
  override func autoReadChanged() {
    if autoRead { return readIfAutomatic() }
    isReadWanted = false
    loop.unwatch(self)
  }

  private func waitAgain() {
    loop.unwatch(self)
    if !watch() { lacking(errno, "epoll_ctl") }
  }

  // MARK: Accepting

  override func ready(_ events: UInt32) {
    guard isReadWanted else { return loop.unwatch(self) }
    var hasAccepted = false
    var left = readsMax
    while left > 0, isActive, isWaiting {
      left -= 1
      var name = SocketName()
      let accepted = name.fill { vg_accept(descriptor, $0, $1) }
      if accepted >= 0 {
        hasAccepted = true
        isReadWanted = false
        pipeline.syncOperations.fireChannelRead(NIOAny(connection(accepted, name.address)))
      } else if errno == EAGAIN {
        break
      } else if Self.isLack(errno) {
        lacking(errno, "accept")
        break
      }
      // Anything else is one connection's misfortune: it ended before it was accepted.
    }
    guard hasAccepted else { return }
    pipeline.syncOperations.fireChannelReadComplete()
    readIfAutomatic()
    if isActive, isReadWanted, !isResting { waitAgain() }
  }

  private func connection(_ accepted: CInt, _ remote: SocketAddress?) -> SocketChannel {
    SocketChannel(
      loop: loop, descriptor: accepted, parent: self, local: SocketName.local(accepted), remote: remote)
  }

  /// What the kernel says as long as it stays so, however often it is asked.
  private static func isLack(_ code: CInt) -> Bool {
    switch code {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, ENOTSOCK, EFAULT, EPERM: true
    default: false
    }
  }

  private func lacking(_ code: CInt, _ call: String) {
    rest()
    pipeline.syncOperations.fireErrorCaught(IOError(errnoCode: code, reason: call))
  }

  /// A connection was accepted and could not go to work. Where the kernel has refused, it would refuse the next one.
  func couldNotBegin(_ error: any Error) {
    if error is IOError { rest() }
    pipeline.fireErrorCaught(error)
  }

  private func rest() {
    guard !isResting else { return }
    isResting = true
    loop.unwatch(self)
    loop.scheduleTask(in: Self.rest) {
      self.isResting = false
      if self.isActive, self.isReadWanted, !self.isWaiting { self.waitAgain() }
    }
  }

  /// The end of its pipeline: what none of its handlers has kept becomes a connection at work.
  override func channelRead0(_ data: NIOAny) {
    unwrapData(data, as: SocketChannel.self).begin(initializer, promise: nil)
  }
}

extension SocketChannel {
  /// Has the handlers added, and goes to work.
  func begin(_ initializer: ServerChannel.Initializer, promise: EventLoopPromise<Void>?) {
    initializer(self).hop(to: loop).whenComplete { result in
      switch result {
      case .success: self.registerAlreadyConfigured0(promise: promise)
      case .failure(let error):
        self.close0(error: error, mode: .all, promise: nil)
        self.cannotBegin(error)
        promise?.fail(error)
      }
    }
  }
}
