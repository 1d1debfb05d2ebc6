import Dispatch
import Gateway
import NIOPosix
import TestSupport
import Testing

@testable import vesigate

/// What the parts are wired together with goes through it as long as the gateway runs.
@Suite struct WiringTests {
  /// Anyone can have a secret file looked at, 200 times a second.
  /// AddressSanitizer keeps what is on the stack elsewhere. How deep a stack is depends on no load.
  @Test(.disabled(if: Sanitizers.areOn)) func `the ten thousandth look has as much stack as the first`()
    async throws
  {
    let files = NIOThreadPool(numberOfThreads: 1)
    files.start()
    let places = Locked<[UInt]>([])
    let watcher = SecretWatcher(files: files) { _ in
      let place = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) {
        UInt(bitPattern: $0.baseAddress)
      }
      places.withLock { $0.append(place) }
      return .inForce
    }
    await withCheckedContinuation { done in
      // Files of their own: one is not looked at again within 5 ms.
      for number in 1...10_000 {
        watcher.look(at: "/secret/\(number)") { _ in if number == 10_000 { done.resume() } }
      }
    }
    try await files.shutdownGracefully()
    let all = places.withLock { $0 }
    #expect(all.count == 10_000)
    let used = (all.max() ?? 0) - (all.min() ?? 0)
    #expect(used < 4096, "\(used) bytes more")
  }
}
