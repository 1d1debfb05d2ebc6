import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Operations

/// Who opens the control socket and says nothing keeps nobody out for long.
@Suite struct ConnectionSlotsTests {
  private func connected() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/control")).wait()
    return channel
  }

  /// Longer than who has just come is given to say its line.
  private func pause() { usleep(250_000) }

  @Test func `the oldest that says nothing gives way, once it has had time to`() throws {
    let slots = ConnectionSlots(max: ControlServer.connectionsMax)
    let silent = try (0..<ControlServer.connectionsMax).map { _ in try connected() }
    for channel in silent { #expect(slots.take(channel)) }
    pause()
    for (number, channel) in silent.enumerated() {
      let next = try connected()
      #expect(slots.take(next))
      #expect(slots.keep(next))
      #expect(!channel.isActive && !slots.keep(channel), "\(number)")
      // It is gone only now, and has no slot to give back.
      slots.giveBack(channel, isKept: false)
    }
    // All have asked for something.
    let refused = try connected()
    #expect(!slots.take(refused))
  }

  @Test func `who has asked keeps its slot, and gives it back at the end`() throws {
    let slots = ConnectionSlots(max: ControlServer.connectionsMax)
    let asking = try (0..<ControlServer.connectionsMax).map { _ in try connected() }
    for channel in asking { #expect(slots.take(channel) && slots.keep(channel)) }
    pause()
    let next = try connected()
    #expect(!slots.take(next))
    slots.giveBack(next, isKept: false)
    #expect(!slots.take(next))
    slots.giveBack(asking[3], isKept: true)
    #expect(slots.take(next))
    for channel in asking { #expect(channel.isActive) }
  }
}
