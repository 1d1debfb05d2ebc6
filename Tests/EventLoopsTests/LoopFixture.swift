import Foundation
import NIOCore
import NIOPosix
import TestSupport

@testable import EventLoops

/// The oracle beside what is tried: what holds of SwiftNIO's event loops has to hold of ours.
enum Engine: String, CaseIterable, Sendable {
  case epoll, posix

  func group(_ threads: Int) -> any EventLoopGroup {
    switch self {
    case .epoll: EpollGroup(threads: threads)
    case .posix: MultiThreadedEventLoopGroup(numberOfThreads: threads)
    }
  }
}

/// Loops, and perhaps a listening socket, for one test.
struct LoopFixture: Sendable {
  let engine: Engine
  let group: any EventLoopGroup
  let port: UInt16
  let listening: [any Channel]

  static func with<Result: Sendable>(
    _ engine: Engine, threads: Int = 1, descriptor: CInt? = nil,
    server: @escaping @Sendable (any Channel) throws -> Void = { _ in },
    connection: @escaping @Sendable (any Channel) throws -> Void,
    _ body: @Sendable @escaping (LoopFixture) async throws -> Result
  ) async throws -> Result {
    let group = engine.group(threads)
    let descriptor = try descriptor ?? listeningSocket()
    let port = localPort(descriptor)
    let addServer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
      channel.eventLoop.makeCompletedFuture { try server(channel) }
    }
    let addConnection: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
      channel.eventLoop.makeCompletedFuture { try connection(channel) }
    }
    let listening =
      if let epoll = group as? EpollGroup {
        try await epoll.serve(descriptor, server: addServer, connection: addConnection)
      } else {
        [
          try await ServerBootstrap(group: group).serverChannelInitializer(addServer)
            .childChannelInitializer(addConnection).withBoundSocket(descriptor).get()
        ]
      }
    let fixture = LoopFixture(engine: engine, group: group, port: port, listening: listening)
    do {
      let result = try await onThread { try await body(fixture) }
      try? await group.shutdownGracefully()
      return result
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  func connect(receiveBufferBytes: Int32? = nil) throws -> RawClient {
    try RawClient(port: port, receiveBufferBytes: receiveBufferBytes)
  }
}

/// Loops alone.
func withLoops<Result: Sendable>(
  _ engine: Engine, _ threads: Int = 1,
  _ body: @Sendable @escaping (any EventLoopGroup) async throws -> Result
) async throws -> Result {
  let group = engine.group(threads)
  do {
    let result = try await onThread { try await body(group) }
    try? await group.shutdownGracefully()
    return result
  } catch {
    try? await group.shutdownGracefully()
    throw error
  }
}

/// On a port of 127.0.0.1 that no other test gets, not even later: some find that nobody listens there any more.
func listeningSocket(listens: Bool = true) throws -> CInt {
  let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  // Connections of an earlier run may still wait for their end there.
  var one: CInt = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = try FreePort.take().bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  let bound = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard bound == 0, !listens || listen(descriptor, 128) == 0 else {
    throw FixtureError("no socket to listen on")
  }
  return descriptor
}

func localPort(_ descriptor: CInt) -> UInt16 {
  var address = sockaddr_in()
  var count = socklen_t(MemoryLayout<sockaddr_in>.size)
  _ = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &count) }
  }
  return UInt16(bigEndian: address.sin_port)
}

/// What happened, in words, in the order in which it did.
final class Diary: Sendable {
  private let lines = Locked<[String]>([])

  func note(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
  func count(_ line: String) -> Int { all.count { $0 == line } }
  func has(_ line: String) -> Bool { all.contains(line) }
}

/// Writes down what a channel tells, and does then what the test wants.
final class Probe: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let diary: Diary
  var onActive: ((ChannelHandlerContext) -> Void)?
  var onRead: ((ChannelHandlerContext, ByteBuffer) -> Void)?
  var onReadComplete: ((ChannelHandlerContext) -> Void)?
  var onWritability: ((ChannelHandlerContext) -> Void)?
  var onInputClosed: ((ChannelHandlerContext) -> Void)?
  var onInactive: ((ChannelHandlerContext) -> Void)?

  init(_ diary: Diary) { self.diary = diary }

  func channelRegistered(context: ChannelHandlerContext) {
    diary.note("registered")
    context.fireChannelRegistered()
  }

  func channelActive(context: ChannelHandlerContext) {
    diary.note("active")
    onActive?(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    diary.note("read \(String(buffer: buffer).prefix(20))")
    onRead?(context, buffer)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    onReadComplete?(context)
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    diary.note(context.channel.isWritable ? "writable" : "full")
    onWritability?(context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? ChannelEvent else { return }
    diary.note(event == .inputClosed ? "input closed" : "output closed")
    if event == .inputClosed { onInputClosed?(context) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    diary.note("inactive")
    onInactive?(context)
    context.fireChannelInactive()
  }

  func channelUnregistered(context: ChannelHandlerContext) {
    diary.note("unregistered")
    context.fireChannelUnregistered()
  }

  func handlerRemoved(context: ChannelHandlerContext) { diary.note("removed") }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    diary.note("error")
    context.close(promise: nil)
  }
}

extension ChannelHandlerContext {
  func say(_ text: String, promise: EventLoopPromise<Void>? = nil) {
    writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: promise)
  }

  func say(_ buffer: ByteBuffer) { writeAndFlush(NIOAny(buffer), promise: nil) }
}

extension Channel {
  func add(_ handler: some ChannelHandler) throws { try pipeline.syncOperations.addHandler(handler) }

  func set<Option: ChannelOption>(_ option: Option, _ value: Option.Value) throws {
    try syncOptions?.setOption(option, value: value)
  }
}

extension RawClient {
  /// At least so many bytes, as soon as they are there; fewer only where they do not come within a minute.
  func take(all count: Int) -> [UInt8] {
    var got: [UInt8] = []
    let end = Date(timeIntervalSinceNow: 60)
    while got.count < count, self.end == nil, Date() < end { got += take(max(count, 65_536)) }
    return got
  }
}
