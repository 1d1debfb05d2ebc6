import NIOCore
import TestSupport
import Testing

@testable import EventLoops

/// Bytes that go where their taker says, past the pipeline.
@Suite(.timeLimit(.minutes(1))) struct IntakeTests {
  /// Takes the first so many bytes of a connection itself, in parts of at most `part`.
  private final class Taker {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    let part: Int
    var left: Int
    var taken: [UInt8] = []
    var onTaken: (() -> Void)?

    init(first count: Int, part: Int) {
      left = count
      self.part = part
    }

    deinit { memory.deallocate() }

    func room() -> UnsafeMutableRawBufferPointer? {
      left > 0 ? UnsafeMutableRawBufferPointer(rebasing: memory[..<min(left, part)]) : nil
    }

    func received(_ count: Int) {
      left -= count
      taken += memory[..<count]
      onTaken?()
    }
  }

  private func attach(_ taker: Taker, to channel: any Channel) {
    EpollGroup.receive(on: channel, into: { taker.room() }, then: { taker.received($0) })
  }

  @Test(arguments: [(1, 1), (1, 4096), (1000, 4096), (1000, 300_000), (65_536, 300_000), (1 << 20, 300_000)])
  func `what there is room for goes there, all else through the pipeline, each in order`(
    part: Int, first: Int
  ) async throws {
    let group = EpollGroup(threads: 1)
    let taken = Locked<[UInt8]>([])
    let passed = Locked<[UInt8]>([])
    let isEnded = Locked(false)
    let descriptor = try listeningSocket()
    let port = localPort(descriptor)
    _ = try await group.serve(
      descriptor,
      connection: { channel in
        channel.eventLoop.makeCompletedFuture {
          let taker = Taker(first: first, part: part)
          taker.onTaken = { taken.withLock { $0 = taker.taken } }
          let probe = Probe(Diary())
          probe.onRead = { _, buffer in passed.withLock { $0 += Array(buffer.readableBytesView) } }
          probe.onInactive = { _ in isEnded.withLock { $0 = true } }
          try channel.add(probe)
          attach(taker, to: channel)
        }
      })
    let bytes = (0..<first + 5000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try await onThread {
      let client = try RawClient(port: port)
      client.offer(bytes)
      client.halfClose()
      #expect(eventually { isEnded.withLock { $0 } })
    }
    #expect(taken.withLock { $0 } == Array(bytes[..<first]))
    #expect(passed.withLock { $0 } == Array(bytes[first...]))
    try await group.shutdownGracefully()
  }

  @Test func `a taker may close, and holds no channel that is closed`() async throws {
    let group = EpollGroup(threads: 1)
    let diary = Diary()
    let descriptor = try listeningSocket()
    let port = localPort(descriptor)
    let isHeld = Locked<@Sendable () -> Bool>({ true })
    _ = try await group.serve(
      descriptor,
      connection: { channel in
        channel.eventLoop.makeCompletedFuture {
          let taker = Taker(first: 1 << 20, part: 1000)
          taker.onTaken = { channel.close(promise: nil) }
          let watched = NIOLoopBound(Weak(taker), eventLoop: channel.eventLoop)
          isHeld.withLock {
            $0 = {
              (try? channel.eventLoop.submit { watched.value.object != nil }.wait()) ?? false
            }
          }
          try channel.add(Probe(diary))
          attach(taker, to: channel)
        }
      })
    try await onThread {
      let client = try RawClient(port: port)
      client.offer([UInt8](repeating: 1, count: 100_000))
      #expect(eventually { diary.has("removed") })
      #expect(diary.count("inactive") == 1 && !diary.all.contains { $0.hasPrefix("read") })
      let held = isHeld.withLock { $0 }
      #expect(eventually { !held() })
    }
    try await group.shutdownGracefully()
  }

  private final class Weak {
    weak var object: Taker?
    init(_ object: Taker) { self.object = object }
  }
}
