import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import EventLoops

@Suite(.timeLimit(.minutes(1))) struct ServerTests {
  @Test func `loops that share a socket take turns`() async throws {
    let loops = Locked<[ObjectIdentifier: Int]>([:])
    try await LoopFixture.with(
      .epoll, threads: 2,
      connection: { channel in
        let probe = Probe(Diary())
        probe.onActive = { context in
          loops.withLock { $0[ObjectIdentifier(context.eventLoop), default: 0] += 1 }
          context.say("hello")
        }
        try channel.add(probe)
      },
      { fixture in
        var clients: [RawClient] = []
        func bothTake() -> Bool { loops.withLock { $0.count == 2 && $0.values.allSatisfy { $0 >= 4 } } }
        // A loop that is kept from the processor loses its turns to the other.
        while clients.count < 20 || clients.count < 200 && !bothTake() {
          let client = try fixture.connect()
          #expect(client.take(all: 5) == Array("hello".utf8))
          clients.append(client)
        }
        #expect(bothTake())
      })
  }

  @Test(arguments: Engine.allCases)
  func `while accepting is off connections wait, and none is lost`(engine: Engine) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine, threads: 2, connection: { try $0.add(Probe(diary)) },
      { fixture in
        for channel in fixture.listening { try await channel.setOption(.autoRead, value: false).get() }
        let clients = try (0..<10).map { _ in try fixture.connect() }
        try await fixture.group.next().scheduleTask(in: .milliseconds(50)) {}.futureResult.get()
        #expect(!diary.has("active"))
        for channel in fixture.listening { try await channel.setOption(.autoRead, value: true).get() }
        #expect(eventually { diary.count("active") == 10 })
        for client in clients { client.close() }
        for channel in fixture.listening { try await channel.close().get() }
        // A child that another test begins holds what was open until it has become its program.
        #expect(eventually { (try? fixture.connect()) == nil })
      })
  }

  /// A socket on which accept(2) fails as long as it does not listen stands for a process without descriptors,
  /// which would be this one, with all its other tests.
  @Test func `accepting that fails rests, and is taken up again`() async throws {
    let diary = Diary()
    let accepted = Diary()
    let descriptor = try listeningSocket(listens: false)
    let errors = ErrorCounter(diary)
    try await LoopFixture.with(
      .epoll, descriptor: descriptor, server: { try $0.add(errors) },
      connection: { try $0.add(Probe(accepted)) },
      { fixture in
        #expect(eventually { diary.has("failed") })
        try await fixture.group.next().scheduleTask(in: .milliseconds(200)) {}.futureResult.get()
        // Without a rest it would be tens of thousands.
        #expect(diary.count("failed") <= 20)
        #expect(listen(descriptor, 16) == 0)
        let client = try fixture.connect()
        #expect(eventually { accepted.has("active") })
        client.close()
      })
  }

  /// epoll takes no plain file: it stands for a connection for which the kernel has no memory, or no watch left.
  @Test func `a connection that cannot be watched is told of where it was accepted`() async throws {
    let diary = Diary()
    let errors = ErrorCounter(diary)
    try await LoopFixture.with(
      .epoll, server: { try $0.add(errors) }, connection: { try $0.add(Probe(diary)) },
      { fixture in
        let server = try #require(fixture.listening.first as? ServerChannel)
        let rests = try await server.loop.submit {
          let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
          let channel = SocketChannel(loop: server.loop, descriptor: descriptor, parent: server, local: nil)
          server.pipeline.syncOperations.fireChannelRead(NIOAny(channel))
          return server.isResting
        }.get()
        // The next one would fare no better.
        #expect(rests)
        #expect(eventually { diary.has("removed") })
        #expect(diary.all == ["registered", "unregistered", "failed", "removed"])
        let client = try fixture.connect()
        #expect(eventually { diary.has("active") })
        client.close()
      })
  }

  @Test func `what cannot be served on every loop is served on none`() async throws {
    struct Refused: Error {}
    let group = EpollGroup(threads: 3)
    let descriptor = try listeningSocket()
    let port = localPort(descriptor)
    let channels = Locked(0)
    await #expect(throws: Refused.self) {
      _ = try await group.serve(
        descriptor,
        server: { channel in
          channel.eventLoop.makeCompletedFuture {
            let number = channels.withLock { count in
              count += 1
              return count
            }
            if number == 2 { throw Refused() }
          }
        }, connection: { $0.eventLoop.makeSucceededVoidFuture() })
    }
    #expect(throws: (any Error).self) { try RawClient(port: port) }
    try await group.shutdownGracefully()
  }

  @Test(arguments: Engine.allCases)
  func `a listening socket that rests is closed with its loop`(engine: Engine) async throws {
    let diary = Diary()
    let (port, count) = try await LoopFixture.with(
      engine, threads: 2,
      server: { channel in channel.closeFuture.whenComplete { _ in diary.note("closed") } },
      connection: { _ in },
      { fixture in
        for channel in fixture.listening { try await channel.setOption(.autoRead, value: false).get() }
        return (fixture.port, fixture.listening.count)
      })
    #expect(diary.count("closed") == count)
    #expect(throws: (any Error).self) { try RawClient(port: port) }
  }

  final class ErrorCounter: ChannelInboundHandler, Sendable {
    typealias InboundIn = any Channel
    let diary: Diary
    init(_ diary: Diary) { self.diary = diary }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      diary.note(error is IOError ? "failed" : "\(error)")
    }
  }

  @Test func `a connected socket is adopted, of TCP or not`() async throws {
    try await withLoops(.epoll) { group in
      let group = try #require(group as? EpollGroup)
      var ends: [CInt] = [0, 0]
      #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
      let diary = Diary()
      let channel = try await group.adopt(ends[0]) { channel in
        channel.eventLoop.makeCompletedFuture {
          let probe = Probe(diary)
          probe.onRead = { $0.say($1) }
          try channel.add(probe)
        }
      }.get()
      #expect(channel.isActive && channel.remoteAddress?.ipAddress == nil)
      #expect(write(ends[1], "ping", 4) == 4)
      var answer = [UInt8](repeating: 0, count: 8)
      #expect(read(ends[1], &answer, 8) == 4 && answer.prefix(4) == Array("ping".utf8)[...])
      close(ends[1])
      try await channel.closeFuture.get()
      #expect(diary.has("read ping") && diary.has("removed"))
    }
  }

  @Test(arguments: Engine.allCases)
  func `NIO's own HTTP handlers serve on it`(engine: Engine) async throws {
    try await LoopFixture.with(
      engine, threads: 2,
      connection: { channel in
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
        try channel.add(Echo())
      },
      { fixture in
        let client = try fixture.connect()
        try client.send(
          "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirstGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.response().text == "/a first")
        #expect(try client.response().text == "/b ")
        let body = String(repeating: "b", count: 300_000)
        try client.send("POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body)
        #expect(try client.response().text == "/c " + body)
        try client.send("nonsense\r\n\r\n")
        #expect(try client.response().status == 400)
      })
  }

  final class Echo: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private var text = ""

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): text = head.uri + " "
      case .body(let part): text += String(buffer: part)
      case .end:
        let head = HTTPResponseHead(
          version: .http1_1, status: .ok, headers: ["content-length": "\(text.utf8.count)"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }

  /// Connections that come, speak and break off in every order, on several loops.
  @Test(arguments: Engine.allCases)
  func `nothing is left of connections that come and go`(engine: Engine) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine, threads: 2,
      connection: { channel in
        let probe = Probe(diary)
        probe.onRead = { $0.say($1) }
        try channel.add(probe)
      },
      { fixture in
        var generator = SeededGenerator(seed: 11)
        var clients: [RawClient] = []
        var connected = 0
        for _ in 0..<600 {
          if clients.count < 24 {
            clients.append(try fixture.connect())
            connected += 1
          }
          let index = Int.random(in: 0..<clients.count, using: &generator)
          switch Int.random(in: 0..<6, using: &generator) {
          case 0: clients.remove(at: index).close()
          case 1: clients.remove(at: index).reset()
          case 2: clients[index].offer([UInt8](repeating: 66, count: 20_000))
          case 3: _ = clients[index].readSome(for: 0.001)
          default: clients[index].offer([65])
          }
        }
        for client in clients { client.reset() }
        #expect(eventually { diary.count("removed") == connected })
        #expect(diary.count("active") == connected && diary.count("inactive") == connected)
      })
  }
}
