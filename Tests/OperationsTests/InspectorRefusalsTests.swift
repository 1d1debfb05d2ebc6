import Configuration
import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Operations

@Suite struct InspectorRefusalsTests {
  private static let refusal = InspectorRefusal(status: 403, reason: "cross-site", sentence: "a")

  @Test func `a minute has ten lines, and the next tells how many were left out`() {
    let log = LogLines()
    let refusals = InspectorRefusals(logger: log.logger)
    for _ in 0..<25 { refusals.note(Self.refusal, host: "localhost", user: 7, at: 60) }
    #expect(log.all.count == 10)
    #expect(log.all[0] == "inspector: refused host=localhost reason=cross-site status=403 uid=7")
    refusals.note(Self.refusal, host: nil, user: nil, at: 120)
    #expect(
      log.all.dropFirst(10) == [
        "inspector: further refusals were not told count=15",
        "inspector: refused reason=cross-site status=403",
      ])
  }

  @Test func `what somebody calls his host is cut, and no line of its own`() {
    let log = LogLines()
    let host = "a\nb\u{1B}[2Jü" + String(repeating: "c", count: 500)
    InspectorRefusals(logger: log.logger).note(Self.refusal, host: host, user: nil, at: 0)
    let told = log.all[0].split(separator: " ").first { $0.hasPrefix("host=") } ?? ""
    #expect(told.hasPrefix("host=a?b?[2J??c") && told.utf8.count == 105)
  }
}

/// Who asks for nothing gives way.
@Suite(.ownThread) struct InspectorSlotsTests {
  private func connected() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/inspector")).wait()
    return channel
  }

  @Test func `who is being answered keeps its slot, and rests afterwards`() throws {
    let slots = ConnectionSlots(max: InspectorServer.connectionsMax)
    let asking = try (0..<InspectorServer.connectionsMax).map { _ in try connected() }
    for channel in asking { #expect(slots.take(channel) && slots.keep(channel)) }
    let next = try connected()
    usleep(250_000)
    #expect(!slots.take(next))
    slots.rest(asking[3])
    // It has just had its answer, and may go on.
    #expect(!slots.take(next))
    usleep(250_000)
    #expect(slots.take(next) && !asking[3].isActive && !slots.keep(asking[3]))
    slots.giveBack(asking[3], isKept: false)
    let last = try connected()
    #expect(!slots.take(last))
    slots.giveBack(asking[0], isKept: true)
    #expect(slots.take(last))
  }
}

/// What commands are told of the way in.
@Suite struct InspectorInvitationTests {
  private func invitation(_ change: (inout InspectorSettings) -> Void = { _ in }) -> (
    InspectorInvitation, LogLines
  ) {
    var settings = InspectorSettings()
    change(&settings)
    let log = LogLines()
    return (
      InspectorInvitation(settings: settings, login: InspectorLogin(), logger: log.logger, uptime: { 5 }), log
    )
  }

  private let root = QueueCaller(user: 0, maySeeBodies: true)
  private let stranger = QueueCaller(user: 1_000, maySeeBodies: false)

  @Test func `of a socket everybody is told where it is, for its mode is the guard`() {
    for caller in [root, stranger] {
      let answer = invitation().0.answer(to: caller)
      #expect(
        answer.ok && answer.socket == "/run/vesigate/inspector.sock" && answer.token == nil && answer.actions)
    }
  }

  @Test func `a link over TCP is for those who may see bodies, and is logged without its token`() throws {
    let (invitation, log) = invitation { $0 = InspectorFixture.tcp() }
    let refused = invitation.answer(to: stranger)
    #expect(!refused.ok && refused.isForbidden && refused.token == nil)
    let answer = invitation.answer(to: root)
    let token = try #require(answer.token)
    #expect(answer.address == "127.0.0.1:9465" && answer.socket == nil && !answer.actions)
    #expect(invitation.login.isLink(token, at: 5))
    #expect(log.all == ["inspector: a one-time link was made uid=0"])
  }

  @Test(arguments: [
    ("127.0.0.1", [], "127.0.0.1:9465"), ("::1", [], "[::1]:9465"),
    ("*", ["ops.example", "b"], "ops.example:9465"),
    ("10.0.0.5", [], "localhost:9465"),
  ])
  func `the link names a host that is answered`(host: String, hosts: [String], address: String) {
    let (invitation, _) = invitation {
      $0.listen = .tcp(host: host, port: 9465)
      $0.hosts = hosts
    }
    #expect(invitation.answer(to: root).address == address)
  }

  @Test func `where there is none it is said why`() {
    let log = LogLines()
    let off = InspectorInvitation(settings: nil, login: InspectorLogin(), logger: log.logger, uptime: { 0 })
    #expect(
      off.answer(to: root) == .refused("the inspector is switched off in the configuration (inspector: none)")
    )
  }

  @Test func `the answer goes over the control socket and reads back`() async throws {
    try await onThread {
      let (invitation, _) = invitation { $0 = InspectorFixture.tcp() }
      let server = try await ControlFixture(inspect: { invitation.answer(to: $0).line }) { _ in
        ControlProtocolTests.answer
      }
      let answer = try server.client.inspect()
      #expect(answer.ok && answer.address == "127.0.0.1:9465" && answer.token?.utf8.count == 32)
      // The word alone.
      #expect(try server.ask("inspect /\n").isEmpty)
      try await server.stop()
    }
  }
}
