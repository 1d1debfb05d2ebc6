internal import Glibc
public import NIOCore
internal import NIOPosix

/// The open doors: every listening socket, each shared by all event loops.
public struct Listener: Sendable {
  private let channels: [any Channel]
  private let sockets: [ListenSocket]
  private let workers: WorkerTable

  /// Starts to accept on sockets that are bound. Connections go to the loops in turn; each stays on its own.
  public static func start(
    _ sockets: [ListenSocket], group: any EventLoopGroup, workers: WorkerTable
  ) async throws -> Listener {
    var channels: [any Channel] = []
    for socket in sockets {
      let channel = try await ServerBootstrap(group: group)
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(AcceptFailures(workers: workers))
          }
        }
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelOption(.maxMessagesPerRead, value: 4)
        .childChannelOption(
          .recvAllocator,
          value: AdaptiveRecvByteBufferAllocator(
            minimum: 2048, initial: 4096, maximum: 65_536)
        )
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard let worker = workers.worker(on: channel.eventLoop) else {
              throw ChannelError.operationUnsupported
            }
            try channel.pipeline.syncOperations.addHandler(Connection(worker: worker))
          }
        }
        .withBoundSocket(socket.descriptor)
        .get()
      // NIO listens anew with a backlog of 128.
      socket.listenAgain()
      channels.append(channel)
    }
    return Listener(channels: channels, sockets: sockets, workers: workers)
  }

  /// Ends accepting, lets deliveries finish, closes idle connections after a second and everything when
  /// `secondsMax` are over. Returns when no connection is left.
  public func drain(secondsMax: Int) async {
    await stopAccepting()
    // Before the socket closes: after it, the next instance may have bound its own file there already.
    for socket in sockets { socket.unixPath.map { _ = unlink($0) } }
    for channel in channels { try? await channel.close() }
    await workers.onEach { $0.beginDraining() }
    guard await workers.isBusy() else { return }
    try? await Task.sleep(for: .seconds(1))
    await workers.onEach { $0.closeIdle() }
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(max(secondsMax - 1, 0)))
    while await workers.isBusy(), clock.now < end {
      try? await Task.sleep(for: .milliseconds(20))
    }
    await workers.onEach { $0.closeAll() }
  }

  /// NIO throws away a connection that it has accepted when the listener closes before it was handed on to
  /// its loop and back, so accepting ends first, and those under way arrive.
  private func stopAccepting() async {
    for channel in channels { try? await channel.setOption(.autoRead, value: false).get() }
    for _ in 0..<3 {
      await workers.onEach { _ in }
      for channel in channels { try? await channel.eventLoop.submit {}.get() }
    }
  }
}

/// The workers, each reachable only on its own event loop.
public struct WorkerTable: Sendable {
  private let bound: [ObjectIdentifier: NIOLoopBound<Worker>]

  public init(_ workers: [NIOLoopBound<Worker>]) {
    bound = Dictionary(
      uniqueKeysWithValues: workers.map { (ObjectIdentifier($0.eventLoop), $0) })
  }

  func worker(on eventLoop: any EventLoop) -> Worker? {
    bound[ObjectIdentifier(eventLoop)]?.value
  }

  /// Runs `body` on every worker's loop and returns when all have.
  public func onEach(_ body: @escaping @Sendable (Worker) -> Void) async {
    for worker in bound.values {
      try? await worker.eventLoop.submit { body(worker.value) }.get()
    }
  }

  /// Whether a connection is open, or a delivery whose sender has gone is still on its way.
  func isBusy() async -> Bool {
    for worker in bound.values {
      if (try? await worker.eventLoop.submit { worker.value.isBusy }.get()) ?? false { return true }
    }
    return false
  }
}
