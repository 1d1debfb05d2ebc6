import CLinux
import Foundation
import Testing

@testable import Forwarding

@Suite struct SocketTableTests {
  private static let input = EPOLLIN.rawValue
  private static let room = EPOLLOUT.rawValue

  /// The events that the table's epoll has now, without waiting.
  private func events(_ table: SocketTable) -> [UInt32] {
    var events = [epoll_event](repeating: epoll_event(), count: 4)
    let count = epoll_wait(table.epoll, &events, 4, 0)
    return events.prefix(Int(max(count, 0))).map(\.events)
  }

  @Test func `a pooled connection has an event when something comes, and none because there is room`() throws
  {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { for end in ends { close(end) } }
    let table = SocketTable()
    table.opened(ends[0])
    for waited in [Self.input, Self.input | Self.room, Self.room] {
      table.wait(ends[0], for: waited, isPaused: false, pooledUntil: .max)
      #expect(events(table) == (waited & Self.room == 0 ? [] : [Self.room]))
      table.wait(ends[0], for: 0, isPaused: false, pooledUntil: .max)
      #expect(events(table) == [], "after waiting for \(waited)")
    }
    #expect(write(ends[1], "x", 1) == 1)
    #expect(events(table) == [Self.input])
    table.closed(ends[0])
  }
}
