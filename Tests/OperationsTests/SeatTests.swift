import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Operations

/// Who opens the control socket and says nothing keeps nobody out for long.
@Suite struct SeatTests {
  private func connected() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/control")).wait()
    return channel
  }

  /// Longer than who has just come is given to say its line.
  private func pause() { usleep(250_000) }

  @Test func `the oldest that says nothing gives way, once it has had time to`() throws {
    let seats = Seats()
    let silent = try (0..<ControlServer.connectionsMax).map { _ in try connected() }
    for channel in silent { #expect(seats.take(channel)) }
    pause()
    for (number, channel) in silent.enumerated() {
      let next = try connected()
      #expect(seats.take(next))
      #expect(seats.keep(next))
      #expect(!channel.isActive && !seats.keep(channel), "\(number)")
      // It is gone only now, and has no seat to give back.
      seats.giveBack(channel, hasAsked: false)
    }
    // All have asked for something.
    let refused = try connected()
    #expect(!seats.take(refused))
  }

  @Test func `who has asked keeps its seat, and gives it back at the end`() throws {
    let seats = Seats()
    let asking = try (0..<ControlServer.connectionsMax).map { _ in try connected() }
    for channel in asking { #expect(seats.take(channel) && seats.keep(channel)) }
    pause()
    let next = try connected()
    #expect(!seats.take(next))
    seats.giveBack(next, hasAsked: false)
    #expect(!seats.take(next))
    seats.giveBack(asking[3], hasAsked: true)
    #expect(seats.take(next))
    for channel in asking { #expect(channel.isActive) }
  }
}
