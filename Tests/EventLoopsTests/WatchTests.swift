import CLinux
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import EventLoops

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
  @Test func `a descriptor is watched until that is stopped`() async throws {
    try await withLoops(.epoll) { group in
      let loop = try #require(group.next() as? EpollLoop)
      var pipes: [Int32] = [0, 0]
      pipe(&pipes)
      let calls = Locked(0)
      let (read, write) = (pipes[0], pipes[1])
      let watch = try await loop.submit {
        let watch = DescriptorWatch(read, on: loop, for: EPOLLIN.rawValue) { events in
          #expect(events == EPOLLIN.rawValue)
          var byte: UInt8 = 0
          #expect(loop.inEventLoop && Glibc.read(read, &byte, 1) == 1)
          calls.withLock { $0 += 1 }
        }
        return NIOLoopBound(watch, eventLoop: loop)
      }.get()
      for round in 1...3 {
        #expect(Glibc.write(write, "x", 1) == 1)
        #expect(eventually { calls.withLock { $0 } == round })
      }
      try await loop.submit { watch.value?.stop() }.get()
      #expect(Glibc.write(write, "x", 1) == 1)
      try await loop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
      #expect(calls.withLock { $0 } == 3)
      for descriptor in [read, write] { close(descriptor) }
    }
  }
}
