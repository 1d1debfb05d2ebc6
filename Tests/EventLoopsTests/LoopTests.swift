import Dispatch
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import EventLoops

@Suite(.timeLimit(.minutes(1))) struct LoopTests {
  @Test(arguments: Engine.allCases)
  func `tasks run on the loop, in the order in which a thread hands them over`(engine: Engine) async throws {
    try await withLoops(engine) { group in
      let loop = group.next()
      let seen = Locked<[Int]>([])
      for number in 0..<5000 {
        loop.execute {
          loop.preconditionInEventLoop()
          seen.withLock { $0.append(number) }
          // From within: behind what waits already.
          if number == 0 { loop.execute { seen.withLock { $0.append(-1) } } }
        }
      }
      try await loop.submit {}.get()
      try await loop.submit {}.get()
      #expect(seen.withLock { $0.filter { $0 >= 0 } } == Array(0..<5000))
      #expect(seen.withLock { $0.contains(-1) } && !loop.inEventLoop)
    }
  }

  @Test(arguments: Engine.allCases)
  func `what is submitted answers with its result or its error`(engine: Engine) async throws {
    struct Refused: Error {}
    try await withLoops(engine) { group in
      let loop = group.next()
      #expect(try await loop.submit { 7 }.get() == 7)
      await #expect(throws: Refused.self) { try await loop.submit { throw Refused() }.get() }
      let inner = try await loop.flatSubmit {
        loop.scheduleTask(in: .milliseconds(1)) { "later" }.futureResult
      }.get()
      #expect(inner == "later")
    }
  }

  @Test(arguments: Engine.allCases)
  func `timers run by their deadline, then in the order in which they were made, never early`(
    engine: Engine
  ) async throws {
    try await withLoops(engine) { group in
      let loop = group.next()
      let seen = Locked<[String]>([])
      let start = NIODeadline.now()
      try await loop.submit {
        for (name, milliseconds) in [("c", 30), ("a", 10), ("b1", 20), ("b2", 20), ("b3", 20)]
          as [(String, Int64)]
        {
          let deadline = start + .milliseconds(milliseconds)
          loop.scheduleTask(deadline: deadline) {
            seen.withLock { $0.append(NIODeadline.now() >= deadline ? name : name + " early") }
          }
        }
      }.get()
      try await loop.scheduleTask(deadline: start + .milliseconds(31)) {}.futureResult.get()
      #expect(seen.withLock { $0 } == ["a", "b1", "b2", "b3", "c"])
    }
  }

  @Test(arguments: Engine.allCases)
  func `a cancelled timer fails and never runs, whoever cancels it`(engine: Engine) async throws {
    try await withLoops(engine) { group in
      let loop = group.next()
      let ran = Locked(0)
      let fromOutside = loop.scheduleTask(in: .milliseconds(800)) { ran.withLock { $0 += 1 } }
      fromOutside.cancel()
      let fromInside = try await loop.submit {
        let timer = loop.scheduleTask(in: .milliseconds(800)) { ran.withLock { $0 += 1 } }
        timer.cancel()
        timer.cancel()
        return timer
      }.get()
      for timer in [fromOutside, fromInside] {
        do {
          try await timer.futureResult.get()
          Issue.record("it ran")
        } catch {
          #expect(error as? EventLoopError == .cancelled)
        }
      }
      try await loop.scheduleTask(in: .milliseconds(900)) {}.futureResult.get()
      #expect(ran.withLock { $0 } == 0)
    }
  }

  /// Many, in an order of chance, with every third one taken out again.
  @Test func `the heap gives back what it was given, in order`() {
    var generator = SeededGenerator(seed: 42)
    for count in [1, 2, 3, 10, 1000] {
      var heap = TimerHeap()
      let timers = (0..<count).map { _ in
        LoopTimer(deadline: .uptimeNanoseconds(UInt64.random(in: 0..<UInt64(count), using: &generator)))
      }
      for timer in timers { heap.insert(timer) }
      let (out, left) = (timers.indices.filter { $0 % 3 == 0 }, timers.indices.filter { $0 % 3 != 0 })
      for index in out.shuffled(using: &generator) {
        heap.remove(timers[index])
        heap.remove(timers[index])
      }
      var popped: [LoopTimer] = []
      while let timer = heap.popDue(0) { popped.append(timer) }
      #expect(popped.allSatisfy { $0.deadline == 0 })
      while let timer = heap.popDue(.max) { popped.append(timer) }
      let expected = left.map { timers[$0] }.enumerated()
        .sorted { ($0.element.deadline, $0.offset) < ($1.element.deadline, $1.offset) }.map(\.element)
      #expect(popped.map(ObjectIdentifier.init) == expected.map(ObjectIdentifier.init))
    }
  }

  /// SwiftNIO's loop would not come back to its sockets.
  @Test func `tasks without end starve neither sockets nor timers`() async throws {
    let isOver = Locked(false)
    try await LoopFixture.with(
      .epoll,
      connection: { channel in
        let probe = Probe(Diary())
        probe.onRead = { $0.say($1) }
        try channel.add(probe)
      },
      { fixture in
        let loop = fixture.group.next()
        @Sendable func again() { if !isOver.withLock({ $0 }) { loop.execute(again) } }
        loop.execute(again)
        try await loop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
        let client = try fixture.connect()
        try client.send("x")
        #expect(client.take(all: 1) == Array("x".utf8))
        isOver.withLock { $0 = true }
      })
  }

  @Test(arguments: Engine.allCases)
  func `an actor may live on the loop`(engine: Engine) async throws {
    actor Tenant {
      let loop: any EventLoop
      nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
      init(_ loop: any EventLoop) { self.loop = loop }
      func isAtHome() -> Bool { loop.inEventLoop }
    }
    try await withLoops(engine) { group in
      let tenant = Tenant(group.next())
      #expect(await tenant.isAtHome())
    }
  }

  @Test(arguments: Engine.allCases)
  func `a group has its loops in turn, and the current one for whoever is on it`(engine: Engine) async throws
  {
    try await withLoops(engine, 3) { group in
      let loops = Array(group.makeIterator())
      #expect(loops.count == 3)
      let taken = (0..<6).map { _ in ObjectIdentifier(group.next()) }
      #expect(Set(taken).count == 3 && Array(taken[..<3]) == Array(taken[3...]))
      for loop in loops {
        let isHere = try await loop.submit { group.any() === loop }.get()
        #expect(isHere)
      }
    }
  }

  @Test(arguments: Engine.allCases)
  func `a shutdown runs what was handed over and fails what was to come later`(engine: Engine) async throws {
    let group = engine.group(2)
    let ran = Locked(0)
    let timers = group.makeIterator().map { $0.scheduleTask(in: .hours(1)) {} }
    for loop in group.makeIterator() {
      for _ in 0..<100 { loop.execute { loop.execute { ran.withLock { $0 += 1 } } } }
    }
    // Failing is heard on the loop, which is about to end: so the answer is waited for from before.
    let failures = Locked<[EventLoopError?]>([])
    for timer in timers {
      timer.futureResult.whenFailure { error in failures.withLock { $0.append(error as? EventLoopError) } }
    }
    try await group.shutdownGracefully()
    #expect(ran.withLock { $0 } == 200)
    #expect(failures.withLock { $0 } == [.shutdown, .shutdown])
  }

  @Test func `a loop that has ended takes nothing more, and says so`() async throws {
    let group = EpollGroup(threads: 1)
    let loop = group.next()
    try await group.shutdownGracefully()
    try await group.shutdownGracefully()
    loop.execute { Issue.record("it ran") }
    #expect(!loop.inEventLoop)
    let alone = EpollGroup(threads: 1)
    await #expect(throws: EventLoopError.self) { try await alone.next().shutdownGracefully() }
    try await alone.shutdownGracefully()
  }
}
