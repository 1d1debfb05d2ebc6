import Foundation
import NIOCore
import TestSupport
import Testing

@testable import EventLoops

/// How a connection begins and ends, and what its handlers hear of it.
@Suite(.timeLimit(.minutes(1))) struct ChannelLifeTests {
  @Test(arguments: Engine.allCases)
  func `a connection is registered, active, read from, inactive, unregistered, in this order`(
    engine: Engine
  ) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        channel.closeFuture.whenComplete { _ in diary.note("close future") }
        try channel.add(Probe(diary))
      },
      { fixture in
        let client = try fixture.connect()
        try client.send("hello")
        #expect(eventually { diary.has("read hello") })
        client.close()
        #expect(eventually { diary.has("close future") })
        #expect(
          diary.all == [
            "registered", "active", "read hello", "inactive", "unregistered", "removed", "close future",
          ])
      })
  }

  @Test(arguments: Engine.allCases)
  func `a sender that ends its side is heard to the end and answered, where that is wanted`(
    engine: Engine
  ) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.allowRemoteHalfClosure, true)
        let probe = Probe(diary)
        probe.onInputClosed = { context in
          context.say("answer")
          context.close(mode: .output, promise: nil)
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        try client.send("question")
        client.halfClose()
        #expect(try client.readToEnd() == Array("answer".utf8))
        // With its second half a connection is closed as a whole.
        #expect(eventually { diary.has("removed") })
        #expect(diary.count("input closed") == 1 && diary.count("output closed") == 0)
        #expect(diary.all.prefix(4) == ["registered", "active", "read question", "input closed"])
      })
  }

  @Test(arguments: Engine.allCases)
  func `a sender that ends its side ends the connection, where that is not wanted`(engine: Engine)
    async throws
  {
    let diary = Diary()
    try await LoopFixture.with(
      engine, connection: { try $0.add(Probe(diary)) },
      { fixture in
        let client = try fixture.connect()
        try client.send("x")
        client.halfClose()
        #expect(client.isClosedByPeer())
        #expect(eventually { diary.has("removed") } && !diary.has("input closed") && diary.has("read x"))
      })
  }

  @Test(arguments: Engine.allCases)
  func `output that is closed is closed after what was written, once, and takes no more`(
    engine: Engine
  ) async throws {
    let diary = Diary()
    let answer = String(repeating: "a", count: 20_000_000)
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.allowRemoteHalfClosure, true)
        let probe = Probe(diary)
        probe.onRead = { context, _ in
          context.say(answer)
          let closed = context.eventLoop.makePromise(of: Void.self)
          let channel = context.channel
          closed.futureResult.whenSuccess {
            diary.note("shut")
            channel.writeAndFlush(ByteBuffer(string: "late")).whenFailure { error in
              diary.note(error as? ChannelError == .outputClosed ? "late" : "\(error)")
            }
          }
          context.close(mode: .output, promise: closed)
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect(receiveBufferBytes: 4096)
        try client.send("x")
        #expect(eventually { diary.has("full") })
        #expect(!diary.has("shut"))
        #expect(try client.readToEnd().count == answer.utf8.count)
        #expect(eventually { diary.has("output closed") } && diary.has("shut") && diary.has("late"))
        #expect(!diary.has("inactive"))
        // Both sides have ended now.
        client.close()
        #expect(eventually { diary.has("removed") })
      })
  }

  @Test(arguments: Engine.allCases)
  func `a reset is noticed although nobody reads`(engine: Engine) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.autoRead, false)
        try channel.add(Probe(diary))
      },
      { fixture in
        let client = try fixture.connect()
        #expect(eventually { diary.has("active") })
        client.reset()
        #expect(eventually { diary.has("removed") })
        #expect(diary.count("inactive") == 1)
      })
  }

  @Test(arguments: Engine.allCases)
  func `closing fails what was not written, and a second time it is closed already`(engine: Engine)
    async throws
  {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let probe = Probe(diary)
        probe.onRead = { context, _ in
          let channel = context.channel
          for number in 0..<3 {
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenFailure { _ in diary.note("unwritten \(number)") }
            context.write(NIOAny(ByteBuffer(repeating: 7, count: 8_000_000)), promise: promise)
          }
          context.flush()
          channel.close().whenSuccess { diary.note("closed") }
          channel.close().whenFailure { diary.note("\($0 as? ChannelError == .alreadyClosed)") }
          channel.writeAndFlush(ByteBuffer(string: "x")).whenFailure { error in
            diary.note(error as? ChannelError == .ioOnClosedChannel ? "refused" : "\(error)")
          }
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        try client.send("x")
        #expect(eventually { diary.has("removed") })
        #expect(
          diary.all.filter { $0.hasPrefix("unwritten") } == ["unwritten 0", "unwritten 1", "unwritten 2"])
        #expect(diary.count("closed") == 1 && diary.has("true") && diary.has("refused"))
        #expect(diary.count("inactive") == 1)
      })
  }

  @Test(arguments: Engine.allCases)
  func `a connection that lingers for no time is reset`(engine: Engine) async throws {
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let probe = Probe(Diary())
        probe.onRead = { context, _ in
          let channel = context.channel
          let socket = channel as? any SocketOptionProvider
          socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenSuccess { _ = channel.close() }
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        try client.send("x")
        _ = client.readSome(for: 60)
        #expect(client.end == .reset)
      })
  }

  @Test(arguments: Engine.allCases)
  func `loops that end close their connections and keep every promise`(engine: Engine) async throws {
    let diary = Diary()
    let client = try await LoopFixture.with(
      engine, threads: 2,
      connection: { channel in
        channel.closeFuture.whenComplete { _ in diary.note("close future") }
        let probe = Probe(diary)
        probe.onRead = { context, _ in
          let promise = context.eventLoop.makePromise(of: Void.self)
          promise.futureResult.whenFailure { _ in diary.note("unwritten") }
          context.writeAndFlush(NIOAny(ByteBuffer(repeating: 7, count: 20_000_000)), promise: promise)
        }
        try channel.add(probe)
      },
      { fixture in
        let client = Locked(try fixture.connect())
        try client.withLock { try $0.send("x") }
        #expect(eventually { diary.has("full") })
        return client
      })
    #expect(diary.count("inactive") == 1 && diary.count("close future") == 1 && diary.count("unwritten") == 1)
    _ = client.withLock { $0.readSome(for: 60) }
    #expect(client.withLock { $0.end } != nil)
  }

  @Test(arguments: Engine.allCases)
  func `a connection that was closed while it became one is not begun`(engine: Engine) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let probe = Probe(diary)
        probe.onActive = { $0.close(promise: nil) }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        client.offer(Array("too late".utf8))
        _ = client.readSome(for: 60)
        #expect(client.end != nil)
        #expect(eventually { diary.has("removed") })
        #expect(diary.all == ["registered", "active", "inactive", "unregistered", "removed"])
      })
  }

  /// Events that were told together, of which the first closes the rest; then the numbers are used again.
  @Test(arguments: Engine.allCases)
  func `an event of a connection that is gone does not reach the one that came after it`(
    engine: Engine
  ) async throws {
    let open = Locked<[ObjectIdentifier: any Channel]>([:])
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let id = ObjectIdentifier(channel)
        open.withLock { $0[id] = channel }
        let probe = Probe(Diary())
        probe.onRead = { context, buffer in
          guard String(buffer: buffer) == "close the others" else { return context.say(buffer) }
          for (other, channel) in open.withLock({ $0 }) where other != id { channel.close(promise: nil) }
        }
        probe.onInactive = { _ in open.withLock { $0[id] = nil } }
        try channel.add(probe)
      },
      { fixture in
        for _ in 0..<20 {
          let clients = try (0..<16).map { _ in try fixture.connect() }
          #expect(eventually { open.withLock { $0.count } == 16 })
          try clients[0].send("close the others")
          for client in clients[1...] { client.offer(Array("x".utf8)) }
          #expect(eventually { open.withLock { $0.count } == 1 })
          let next = try fixture.connect()
          try next.send("new")
          #expect(next.take(all: 3) == Array("new".utf8))
          for client in clients + [next] { client.close() }
          #expect(eventually { open.withLock { $0.isEmpty } })
        }
      })
  }
}
