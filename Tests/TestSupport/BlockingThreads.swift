import Foundation

/// Runs `body` on a thread of its own, within the calling task: tests that wait in system calls neither fill
/// the concurrency pool, which has one thread per core, nor lose the test that an expectation belongs to.
/// At most `BlockingThreads.widthMax` run at once.
public func onThread<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
  await BlockingThreads.semaphore.enter()
  do {
    let value = try await withTaskExecutorPreference(BlockingThreads.shared) { try await body() }
    await BlockingThreads.semaphore.leave()
    return value
  } catch {
    await BlockingThreads.semaphore.leave()
    throw error
  }
}

/// One new thread for each job.
public final class BlockingThreads: TaskExecutor {
  public static let shared = BlockingThreads()
  /// More gateways at once than this make each other's deadlines late.
  public static let widthMax = 12

  static let semaphore = Semaphore(widthMax)

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let thread = Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    // As a program's first thread has: some tests go as deep as the program may.
    thread.stackSize = 8 << 20
    thread.start()
  }
}

/// Lets so many in at a time.
actor Semaphore {
  private var places: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ places: Int) { self.places = places }

  func enter() async {
    guard places == 0 else { return places -= 1 }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
  }
}

/// Looks whether `condition` holds, every 2 ms at first and later every 20, for so many seconds at most on a machine
/// that does nothing else, and several times longer before it gives up.
@discardableResult
public func eventually(within seconds: Double = 10, _ condition: () -> Bool) -> Bool {
  let start = DispatchTime.now().uptimeNanoseconds
  let end = start + UInt64(max(seconds, 0) * Patience.factor * 1e9)
  while !condition() {
    let now = DispatchTime.now().uptimeNanoseconds
    guard now < end else { return condition() }
    // What has taken so long already may take a twentieth longer.
    usleep(UInt32(min(max((now - start) / 20_000, 2_000), 20_000)))
  }
  return true
}
