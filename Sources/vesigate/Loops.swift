internal import Forwarding
public import Listening
internal import NIOCore
internal import NIOPosix
internal import Settings
public import Transport

/// The event loops, and the two things that differ with what they are made of: how connections come to them,
/// and how they hear of libcurl's sockets.
struct Loops: Sendable {
  let group: any EventLoopGroup
  let acceptor: any Acceptor
  private let kind: EngineKind

  init(_ kind: EngineKind, count: Int) {
    self.kind = kind
    switch kind {
    case .epoll:
      let group = EpollGroup(threads: count)
      self.group = group
      acceptor = group
    case .posix:
      let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
      self.group = group
      acceptor = PosixAcceptor(group: group)
    }
  }

  /// Has the forwarder driven whenever one of its sockets is ready. To be called on `loop`.
  func watch(_ forwarder: CurlForwarder, on loop: any EventLoop) -> any Watch {
    if let loop = loop as? EpollLoop {
      return DescriptorWatch(forwarder.readinessDescriptor, on: loop) { forwarder.drive() }
    }
    let bound = NIOLoopBound(forwarder, eventLoop: loop)
    return ReadinessThread(descriptor: forwarder.readinessDescriptor, eventLoop: loop) { bound.value.drive() }
  }
}

/// What tells a forwarder of its sockets, for as long as it lasts.
protocol Watch: Sendable {
  /// To be called on no loop, before the loops end.
  func stop()
}

extension ReadinessThread: Watch {}

/// It ends with its loop.
extension DescriptorWatch: Watch {
  func stop() {}
}

extension EpollGroup: Acceptor {}

/// Connections by NIOPosix: one loop accepts, the others get theirs in turn.
private struct PosixAcceptor: Acceptor {
  let group: MultiThreadedEventLoopGroup

  func serve(
    _ descriptor: CInt, server: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>,
    connection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> [any Channel] {
    let channel = try await ServerBootstrap(group: group)
      .serverChannelInitializer(server)
      .childChannelInitializer(connection)
      .withBoundSocket(descriptor)
      .get()
    return [channel]
  }

  func adopt(
    _ descriptor: CInt, on loop: any EventLoop,
    connection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> EventLoopFuture<any Channel> {
    ClientBootstrap(group: loop).channelInitializer(connection).withConnectedSocket(descriptor)
  }

  /// SwiftNIO's channels receive into buffers of their own.
  func receive(
    on channel: any Channel, into room: @escaping () -> UnsafeMutableRawBufferPointer?,
    then received: @escaping (Int) -> Void
  ) {}
}
