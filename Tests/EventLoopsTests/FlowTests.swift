import Foundation
import NIOCore
import TestSupport
import Testing

@testable import EventLoops

/// Bytes in and out: order, back-pressure, and doing things in the middle of others.
@Suite(.timeLimit(.minutes(1))) struct FlowTests {
  @Test(arguments: Engine.allCases)
  func `what comes in goes out again, all of it and in order`(engine: Engine) async throws {
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let probe = Probe(Diary())
        probe.onRead = { $0.say($1) }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        for size in [1, 2, 2047, 2048, 2049, 4096, 65_536, 65_537, 100_000, 300_000] {
          let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ size) }
          try client.send(piece)
          let isSame = client.take(all: size) == piece
          #expect(isSame, "\(size)")
        }
      })
  }

  @Test(arguments: Engine.allCases)
  func `nothing is read unasked, and one wish brings what there is`(engine: Engine) async throws {
    let diary = Diary()
    let channels = Locked<[any Channel]>([])
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.autoRead, false)
        channels.withLock { $0.append(channel) }
        try channel.add(Probe(diary))
      },
      { fixture in
        let client = try fixture.connect()
        try client.send("one")
        #expect(eventually { diary.has("active") })
        let channel = try #require(channels.withLock { $0.first })
        try await channel.eventLoop.scheduleTask(in: .milliseconds(30)) {}.futureResult.get()
        #expect(diary.all == ["registered", "active"])
        channel.read()
        #expect(eventually { diary.has("read one") })
        try client.send("two")
        try await channel.eventLoop.scheduleTask(in: .milliseconds(30)) {}.futureResult.get()
        #expect(!diary.has("read two"))
        try await channel.setOption(.autoRead, value: true).get()
        #expect(eventually { diary.has("read two") })
        try client.send("three")
        #expect(eventually { diary.has("read three") })
        try await channel.setOption(.autoRead, value: false).get()
        try client.send("four")
        try await channel.eventLoop.scheduleTask(in: .milliseconds(30)) {}.futureResult.get()
        #expect(!diary.has("read four"))
        // The end waits its turn too.
        client.halfClose()
        // SwiftNIO's engine reads up to the end unasked, and has closed by now.
        try? await channel.setOption(.autoRead, value: true).get()
        #expect(eventually { diary.has("removed") } && diary.has("read four"))
      })
  }

  @Test(arguments: Engine.allCases)
  func `more than a reader takes makes a channel unwritable, until it is taken`(engine: Engine) async throws {
    let diary = Diary()
    let parts = 64
    let channels = Locked<[any Channel]>([])
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.writeBufferWaterMark, .init(low: 10_000, high: 200_000))
        channels.withLock { $0.append(channel) }
        let probe = Probe(diary)
        probe.onRead = { context, _ in
          for number in 0..<parts {
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenSuccess { diary.note("written \(number)") }
            context.write(NIOAny(ByteBuffer(repeating: UInt8(number), count: 150_000)), promise: promise)
          }
          context.flush()
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect(receiveBufferBytes: 4096)
        try client.send("x")
        #expect(eventually { diary.has("full") })
        let channel = try #require(channels.withLock { $0.first })
        #expect(!channel.isWritable)
        #expect(try await channel.getOption(.bufferedWritableBytes).get() > 200_000)
        #expect(!diary.has("writable"))
        var got = 0
        while got < parts * 150_000 {
          let bytes = client.take(all: 1)
          guard !bytes.isEmpty else { break }
          #expect(bytes.first == UInt8(got / 150_000))
          got += bytes.count
        }
        #expect(got == parts * 150_000)
        #expect(eventually { diary.has("writable") } && channel.isWritable)
        #expect(diary.count("full") == 1 && diary.count("writable") == 1)
        #expect(eventually { diary.has("written \(parts - 1)") })
        #expect(diary.all.filter { $0.hasPrefix("written") } == (0..<parts).map { "written \($0)" })
        #expect(try await channel.getOption(.bufferedWritableBytes).get() == 0)
      })
  }

  @Test(arguments: Engine.allCases)
  func `writes without bytes keep their promises, in their places`(engine: Engine) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let probe = Probe(diary)
        probe.onRead = { context, _ in
          for (number, text) in ["", "a", "", "", "b", ""].enumerated() {
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenSuccess { diary.note("\(number)") }
            context.write(NIOAny(ByteBuffer(string: text)), promise: promise)
          }
          diary.note("flush")
          context.flush()
          let more = context.eventLoop.makePromise(of: Void.self)
          more.futureResult.whenSuccess { diary.note("alone") }
          context.say("", promise: more)
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        try client.send("x")
        #expect(eventually { diary.has("alone") })
        #expect(diary.all.drop { $0 != "flush" } == ["flush", "0", "1", "2", "3", "4", "5", "alone"])
        #expect(client.take(all: 2) == Array("ab".utf8))
      })
  }

  @Test(arguments: Engine.allCases)
  func `writing, flushing and reading go on from within any of them`(engine: Engine) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.writeBufferWaterMark, .init(low: 1, high: 2))
        try channel.set(.autoRead, false)
        let probe = Probe(diary)
        probe.onActive = { $0.read() }
        probe.onRead = { context, buffer in
          // In the middle of a read: another wish, and an answer whose promise says more.
          context.read()
          let promise = context.eventLoop.makePromise(of: Void.self)
          let channel = context.channel
          promise.futureResult.whenSuccess {
            channel.writeAndFlush(ByteBuffer(string: "-promised"), promise: nil)
          }
          context.say(String(buffer: buffer), promise: promise)
        }
        probe.onReadComplete = { $0.say("-complete") }
        let depth = Locked(0)
        probe.onWritability = { context in
          guard context.channel.isWritable else { return }
          let count = depth.withLock { depth in
            depth += 1
            return depth
          }
          if count == 1 { context.say("-writable") }
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        for text in ["one", "two"] {
          try client.send(text)
          var got = ""
          while !got.hasSuffix("-complete") {
            let some = client.take(all: 1)
            guard !some.isEmpty else { break }
            got += String(decoding: some, as: UTF8.self)
          }
          #expect(got.hasPrefix(text) && got.contains("-promised"))
          #expect(got.contains("-writable") == (text == "one"))
        }
      })
  }

  enum Moment: String, CaseIterable, Sendable { case active, read, complete, writability, promise }

  @Test(arguments: Engine.allCases, Moment.allCases)
  func `closing is safe at any moment`(engine: Engine, moment: Moment) async throws {
    let diary = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        try channel.set(.maxMessagesPerRead, 16)
        try channel.set(.recvAllocator, FixedSizeRecvByteBufferAllocator(capacity: 16))
        try channel.set(.writeBufferWaterMark, .init(low: 1, high: 2))
        let probe = Probe(diary)
        let close: (ChannelHandlerContext) -> Void = { $0.close(promise: nil) }
        if moment == .active { probe.onActive = close }
        if moment == .complete { probe.onReadComplete = close }
        if moment == .writability { probe.onWritability = close }
        probe.onRead = { context, buffer in
          if moment == .read { return close(context) }
          let channel = context.channel
          let promise = context.eventLoop.makePromise(of: Void.self)
          if moment == .promise { promise.futureResult.whenSuccess { channel.close(promise: nil) } }
          context.say("answer", promise: promise)
          context.say("another")
        }
        try channel.add(probe)
      },
      { fixture in
        let client = try fixture.connect()
        client.offer([UInt8](repeating: 65, count: 1000))
        _ = client.readSome(for: 60)
        #expect(client.end != nil)
        #expect(eventually { diary.has("removed") })
        #expect(diary.count("inactive") == 1)
        let after = diary.all.drop { $0 != "inactive" }
        #expect(!after.contains { $0.hasPrefix("read") }, "nothing is read of a connection that was closed")
      })
  }

  @Test(arguments: Engine.allCases)
  func `a sender without end does not keep the loop for itself`(engine: Engine) async throws {
    let flood = Diary()
    try await LoopFixture.with(
      engine,
      connection: { channel in
        let probe = Probe(Diary())
        probe.onRead = { context, buffer in
          if buffer.readableBytes < 16 { context.say(buffer) } else { flood.note("flood") }
        }
        try channel.add(probe)
      },
      { fixture in
        let noisy = Locked(try fixture.connect())
        let isOver = Locked(false)
        let noise = Task.detached {
          try await onThread {
            let bytes = [UInt8](repeating: 1, count: 1 << 20)
            while !isOver.withLock({ $0 }) { noisy.withLock { $0.offer(bytes) } }
          }
        }
        #expect(eventually { !flood.all.isEmpty })
        for _ in 0..<20 {
          let client = try fixture.connect()
          try client.send("fair")
          #expect(client.take(all: 4) == Array("fair".utf8))
        }
        isOver.withLock { $0 = true }
        _ = try await noise.value
      })
  }

  @Test(arguments: Engine.allCases)
  func `options come back as they were set`(engine: Engine) async throws {
    let channels = Locked<[any Channel]>([])
    try await LoopFixture.with(
      engine, connection: { channel in channels.withLock { $0.append(channel) } },
      { fixture in
        let client = try fixture.connect()
        #expect(eventually { channels.withLock { !$0.isEmpty } })
        let channel = try #require(channels.withLock { $0.first })
        #expect(eventually { channel.isActive })
        #expect(try await channel.getOption(.allowRemoteHalfClosure).get() == false)
        #expect(try await channel.getOption(.autoRead).get())
        #expect(try await channel.getOption(.tcpOption(.tcp_nodelay)).get() != 0)
        try await channel.setOption(.maxMessagesPerRead, value: 9).get()
        try await channel.setOption(.writeSpin, value: 3).get()
        try await channel.setOption(.writeBufferWaterMark, value: .init(low: 3, high: 5)).get()
        try await channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 77))
          .get()
        #expect(try await channel.getOption(.maxMessagesPerRead).get() == 9)
        #expect(try await channel.getOption(.writeSpin).get() == 3)
        #expect(try await channel.getOption(.writeBufferWaterMark).get().high == 5)
        #expect(
          try await channel.getOption(.recvAllocator).get().buffer(allocator: channel.allocator).capacity
            >= 77)
        let socket = try #require(channel as? any SocketOptionProvider)
        try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 3)).get()
        #expect(try await socket.getSoLinger().get().l_linger == 3)
        #expect(
          channel.localAddress?.port == Int(fixture.port) && channel.remoteAddress?.ipAddress == "127.0.0.1")
        client.close()
        try await channel.closeFuture.get()
        await #expect(throws: ChannelError.self) { try await channel.getOption(.autoRead).get() }
      })
  }
}
