import Logging
import ServiceLifecycle
import Synchronization
import Testing
import UnixSignals

@testable import vesigate

/// What a reload does in these tests: it counts, and can be held up.
private actor Reloads {
  private(set) var begun = 0
  private(set) var ended = 0
  private(set) var overlapped = false
  private var isHeld: Bool
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(held: Bool) { isHeld = held }

  func reload() async {
    if begun != ended { overlapped = true }
    begun += 1
    if isHeld { await withCheckedContinuation { waiting.append($0) } }
    ended += 1
  }

  func release() {
    isHeld = false
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

/// How often a signal was asked for.
private final class Asked: Sendable {
  private let number = Mutex(0)
  var count: Int { number.withLock { $0 } }

  func next() -> Int {
    number.withLock { number in
      number += 1
      return number
    }
  }
}

@Test func `signals during a reload are answered by exactly one more`() async {
  let reloads = Reloads(held: true)
  let asked = Asked()
  let (end, ending) = AsyncStream.makeStream(of: Void.self)
  // One, then fifty while its reload is held, then none.
  let signals = AsyncStream<UnixSignal> {
    switch asked.next() {
    case 1: break
    case 2: _ = await eventually { await reloads.begun == 1 }
    case ...51: break
    default:
      for await _ in end {}
      return nil
    }
    return .sighup
  }
  let service = ReloadService(on: signals) { await reloads.reload() }
  async let run: Void = service.run()
  // Who asks for another has done with the fifty; the last may be on its way from one task to another.
  #expect(await eventually { asked.count == 52 })
  try? await Task.sleep(for: .milliseconds(200))
  #expect(await reloads.begun == 1)
  await reloads.release()
  #expect(await eventually { await reloads.ended >= 2 })
  ending.finish()
  await run
  #expect(await reloads.ended == 2)
  #expect(await !reloads.overlapped)
}

@Test func `each signal with nothing under way is a reload of its own`() async {
  let (signals, hangUp) = AsyncStream.makeStream(of: UnixSignal.self)
  let reloads = Reloads(held: false)
  let service = ReloadService(on: signals) { await reloads.reload() }
  async let run: Void = service.run()
  for expected in 1...20 {
    hangUp.yield(.sighup)
    #expect(await eventually { await reloads.ended == expected })
  }
  hangUp.finish()
  await run
}

@Test func `a graceful shutdown lets the reload under way finish and ends the service`() async throws {
  let (signals, hangUp) = AsyncStream.makeStream(of: UnixSignal.self)
  let reloads = Reloads(held: true)
  let service = ReloadService(on: signals) { await reloads.reload() }
  let group = ServiceGroup(services: [service], logger: .init(label: "test"))
  async let whole: Void = group.run()
  hangUp.yield(.sighup)
  #expect(await eventually { await reloads.begun == 1 })
  await group.triggerGracefulShutdown()
  #expect(await reloads.ended == 0)
  await reloads.release()
  try await whole
  #expect(await reloads.ended == 1)
}
