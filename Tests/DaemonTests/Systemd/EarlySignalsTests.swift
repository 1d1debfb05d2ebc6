import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import UnixSignals

@testable import vesigate

/// Waits until `condition` holds, at most 30 s.
func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
  for _ in 0..<3000 {
    if await condition() { return true }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return await condition()
}

@Suite struct `Early signals` {
  // Signals belong to a whole process, so each of these tests runs in one of its own.

  @Test func `SIGHUP ends a process that holds nothing`() async {
    await #expect(processExitsWith: .signal(SIGHUP)) {
      kill(getpid(), SIGHUP)
      sleep(30)
    }
  }

  @Test func `an early SIGHUP is survived and later ones are counted`() async {
    await #expect(processExitsWith: .success) {
      EarlySignals.hold()
      for _ in 0..<100 {
        kill(getpid(), SIGHUP)
        usleep(500)
      }
      let signals = await UnixSignalsSequence(trapping: .sighup)
      let seen = Atomic(0)
      let counting = Task { for await _ in signals { seen.wrappingAdd(1, ordering: .relaxed) } }
      for expected in 1...20 {
        kill(getpid(), SIGHUP)
        #expect(await eventually { seen.load(ordering: .relaxed) >= expected })
      }
      #expect(seen.load(ordering: .relaxed) == 20)
      counting.cancel()
    }
  }

  @Test func `SIGHUPs that storm in while the sequence is made end nothing`() async {
    await #expect(processExitsWith: .success) {
      EarlySignals.hold()
      let child = getpid()
      let storm = Task.detached {
        while !Task.isCancelled { kill(child, SIGHUP) }
      }
      try? await Task.sleep(for: .milliseconds(20))
      let signals = await UnixSignalsSequence(trapping: .sighup)
      let seen = Atomic(0)
      let counting = Task { for await _ in signals { seen.wrappingAdd(1, ordering: .relaxed) } }
      #expect(await eventually { seen.load(ordering: .relaxed) >= 10 })
      storm.cancel()
      counting.cancel()
    }
  }

  @Test func `a peer that hangs up ends nothing`() async {
    await #expect(processExitsWith: .exitCode(0)) {
      EarlySignals.hold()
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      close(ends[0])
      let count = write(ends[1], "x", 1)
      exit(count == -1 && errno == EPIPE ? 0 : 1)
    }
  }

  @Test func `SIGTERM still ends a process that has only held the others`() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      EarlySignals.hold()
      kill(getpid(), SIGTERM)
      sleep(30)
    }
  }

  @Test func `SIGHUP reloads and SIGTERM ends a whole group in order`() async {
    await #expect(processExitsWith: .success) {
      EarlySignals.hold()
      kill(getpid(), SIGHUP)
      let signals = await UnixSignalsSequence(trapping: .sighup)
      let reloads = Atomic(0)
      let service = ReloadService(on: signals) { reloads.wrappingAdd(1, ordering: .relaxed) }
      let group = ServiceGroup(
        services: [service], gracefulShutdownSignals: [.sigterm], logger: .init(label: "test"))
      async let whole: Void = group.run()
      for expected in 1...10 {
        kill(getpid(), SIGHUP)
        #expect(await eventually { reloads.load(ordering: .relaxed) >= expected })
      }
      // A service that runs shows that the group's own handler of SIGTERM exists.
      kill(getpid(), SIGTERM)
      try await whole
      #expect(reloads.load(ordering: .relaxed) == 10)
    }
  }
}
