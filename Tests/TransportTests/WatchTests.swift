import CLinux
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
  /// As libcurl's sockets are gathered.
  @Test func `a descriptor is watched, also an epoll with others in it, until that is stopped`() async throws
  {
    try await withLoops(.epoll) { group in
      let loop = try #require(group.next() as? EpollLoop)
      let inner = vg_epoll_create()
      var pipes: [Int32] = [0, 0]
      pipe(&pipes)
      #expect(vg_epoll_ctl(inner, EPOLL_CTL_ADD, pipes[0], EPOLLIN.rawValue) == 0)
      let calls = Locked(0)
      let (read, write) = (pipes[0], pipes[1])
      let watch = try await loop.submit {
        DescriptorWatch(inner, on: loop) {
          var byte: UInt8 = 0
          #expect(loop.inEventLoop && Glibc.read(read, &byte, 1) == 1)
          calls.withLock { $0 += 1 }
        }
      }.get()
      for round in 1...3 {
        #expect(Glibc.write(write, "x", 1) == 1)
        #expect(eventually { calls.withLock { $0 } == round })
      }
      try await loop.submit { watch.stop() }.get()
      #expect(Glibc.write(write, "x", 1) == 1)
      try await loop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
      #expect(calls.withLock { $0 } == 3)
      for descriptor in [inner, read, write] { close(descriptor) }
    }
  }
}
