public import EventLoops
public import Gateway
internal import Glibc
internal import NIOCore

/// The open doors: every listening socket, each shared by all event loops.
public struct Listener: Sendable {
  private let group: EpollGroup
  private let channels: [any Channel]
  private let sockets: [ListenSocket]
  private let workers: WorkerTable

  /// How many sockets may be open at once: those of senders, and of whom was refused.
  public static func descriptorsMax(_ limits: Limits) -> Int {
    limits.connectionsMax + ConnectionMachine.lingeringRefusedMax
  }

  /// Starts to accept on sockets that are bound. Each connection stays on the loop that it was given to.
  ///
  /// - Parameter acceptTrouble: hears that no connection can be accepted, once a minute, and that it is over.
  /// - Throws: `IOError` with the kernel's reason.
  public static func start(
    _ sockets: [ListenSocket], group: EpollGroup, workers: WorkerTable,
    acceptTrouble: @escaping @Sendable (AcceptTrouble) -> Void
  ) async throws -> Listener {
    var channels: [any Channel] = []
    for socket in sockets {
      let news = AcceptNews(tell: acceptTrouble)
      channels += try await group.serve(
        socket.descriptor,
        server: { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(AcceptFailures(workers: workers, news: news))
          }
        }, connection: { workers.welcome($0) })
    }
    return Listener(group: group, channels: channels, sockets: sockets, workers: workers)
  }

  /// Ends accepting, lets deliveries finish, closes idle connections after a second and everything when
  /// `secondsMax` are over. Returns when no connection is left.
  public func drain(secondsMax: Int) async {
    // Before the socket closes: after it, the next instance may have bound its own file there already.
    for socket in sockets { socket.unixPath.map { _ = unlink($0) } }
    let queues = sockets.filter { !$0.isShared }.map { fcntl($0.descriptor, F_DUPFD_CLOEXEC, 0) }
    for channel in channels { try? await channel.close() }
    await workers.onEach { $0.beginDraining() }
    for queue in queues where queue >= 0 { await serveQueued(queue) }
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

  /// Senders whom the kernel has let in already would be reset with our own socket, in the middle of what
  /// they say: they are served as the last ones. An inherited socket keeps them for the next instance.
  private func serveQueued(_ queue: CInt) async {
    var channels: [EventLoopFuture<any Channel>] = []
    while channels.count < 4096 {
      let descriptor = accept(queue, nil, nil)
      if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
      guard descriptor >= 0 else { break }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      channels.append(group.adopt(descriptor) { [workers] in workers.welcome($0) })
    }
    Glibc.close(queue)
    for channel in channels { _ = try? await channel.get() }
  }
}
