import Logging
import ServiceLifecycle
import Synchronization
import Testing
import UnixSignals

@testable import Supervision

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

@Test func `signals during a reload are answered by exactly one more`() async throws {
  let (signals, hangUp) = AsyncStream.makeStream(of: UnixSignal.self)
  let reloads = Reloads(held: true)
  let service = ReloadService(on: signals) { await reloads.reload() }
  async let run: Void = service.run()
  hangUp.yield(.sighup)
  #expect(await eventually { await reloads.begun == 1 })
  for _ in 0..<50 { hangUp.yield(.sighup) }
  // Time for the fifty to be taken; were they not, the count below would be higher, not lower.
  try await Task.sleep(for: .seconds(2))
  #expect(await reloads.begun == 1)
  await reloads.release()
  #expect(await eventually { await reloads.ended >= 2 })
  hangUp.finish()
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
