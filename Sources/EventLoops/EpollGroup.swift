internal import CLinux
public import Dispatch
internal import Glibc
public import NIOCore
internal import Synchronization

/// Event loops on threads of their own, and the ways to give them sockets.
public final class EpollGroup: EventLoopGroup, Sendable {
  public let loops: [EpollLoop]
  private let turn = Atomic(0)
  /// Left by every loop at its end.
  private let running: DispatchGroup

  /// - Parameters:
  ///   - threads: how many loops, at least one.
  ///   - name: what the threads are called, each with its number behind it.
  public init(threads: Int, named name: String = "loop") {
    precondition(threads > 0, "no event loop without a thread")
    let running = DispatchGroup()
    self.running = running
    loops = (0..<threads).map { number in
      let loop = EpollLoop()
      running.enter()
      EpollGroup.startThread(named: "\(name)-\(number)") {
        loop.run()
        running.leave()
      }
      return loop
    }
  }

  private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  private static func startThread(named name: String, _ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { context in
        let body = Unmanaged<Body>.fromOpaque(context!).takeRetainedValue()
        vg_name_thread(body.name)
        body.run()
        return nil
      }, Unmanaged.passRetained(Body(name: name, run: run)).toOpaque())
    guard failed == 0 else {
      fatalError("no thread to be had (\(String(cString: strerror(failed)))): raise TasksMax= of the service")
    }
    pthread_detach(thread)
  }

  // MARK: EventLoopGroup

  public func next() -> any EventLoop { nextLoop }

  private var nextLoop: EpollLoop {
    loops[abs(turn.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count)]
  }

  public func any() -> any EventLoop { loops.first { $0.inEventLoop } ?? next() }

  public func makeIterator() -> EventLoopIterator { EventLoopIterator(loops) }

  public func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void)
  {
    for loop in loops { loop.beginEnd() }
    running.notify(queue: queue) { callback(nil) }
  }

  // MARK: Sockets

  /// Accepts on every loop from a socket that listens. The descriptor is the channels' from now on.
  ///
  /// - Parameters:
  ///   - server: adds the handlers of a listening channel, through which each connection comes as a `Channel`, and
  ///     each failure to accept one as an `IOError`.
  ///   - connection: adds a connection's.
  /// - Returns: the listening channel of each loop.
  /// - Throws: what one of them could not begin for. Then none of them is left.
  public func serve(
    _ descriptor: CInt,
    server: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = {
      $0.eventLoop.makeSucceededVoidFuture()
    },
    connection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> [any Channel] {
    var on: CInt = 1
    // What is accepted inherits it; a unix socket has no such option.
    setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    Self.unblock(descriptor)
    var channels: [any Channel] = []
    do {
      for (number, loop) in loops.enumerated() {
        let own = number == 0 ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { throw IOError(errnoCode: errno, reason: "fcntl") }
        let channel = ServerChannel(loop: loop, descriptor: own, initializer: connection)
        channels.append(channel)
        try await loop.flatSubmit { server(channel).flatMap { channel.begin() } }.get()
      }
    } catch {
      for channel in channels { try? await channel.close() }
      throw error
    }
    return channels
  }

  /// Makes a connected socket, which is the channel's from now on, a channel of these loops, in turn.
  public func adopt(
    _ descriptor: CInt, connection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> EventLoopFuture<any Channel> {
    let loop = nextLoop
    Self.unblock(descriptor)
    return loop.flatSubmit {
      let channel = SocketChannel(
        loop: loop, descriptor: descriptor, local: SocketName.local(descriptor),
        remote: SocketName.remote(descriptor))
      try? channel.setSocketOption(SocketOptionLevel(IPPROTO_TCP), TCP_NODELAY, CInt(1))
      let promise = loop.makePromise(of: Void.self)
      channel.begin(connection, promise: promise)
      return promise.futureResult.map { channel }
    }
  }

  /// From now on has what a connection of such loops receives put where `room` says, and not fired through its
  /// pipeline but told to `received`, for as long as `room` says anything. To be called on the channel's loop.
  public static func receive(
    on channel: any Channel, into room: @escaping () -> UnsafeMutableRawBufferPointer?,
    then received: @escaping (Int) -> Void
  ) {
    guard let channel = channel as? SocketChannel, channel.isOpen else { return }
    channel.loop.preconditionInEventLoop()
    channel.intake = SocketChannel.Intake(room: room, received: received)
  }

  private static func unblock(_ descriptor: CInt) {
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
  }
}
