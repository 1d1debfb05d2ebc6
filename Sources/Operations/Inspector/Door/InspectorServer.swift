internal import EventLoops
internal import NIOCore

/// Answers browsers, away from the event loops of deliveries.
struct InspectorServer: Sendable {
  /// Browsers' connections at once, and pages that are being made. Beyond it one that rests gives way, or the new one
  /// is closed without a word.
  static let connectionsMax = 16

  private let channels: [any Channel]

  /// Answers on a listening socket, whose descriptor is taken over. `group` should not carry deliveries.
  ///
  /// - Throws: `IOError` with the kernel's reason.
  static func start(_ descriptor: CInt, group: EpollGroup, door: InspectorDoor) async throws
    -> InspectorServer
  {
    let slots = ConnectionSlots(max: connectionsMax)
    let channels = try await group.serveHTTP(descriptor) { InspectorConversation(door: door, slots: slots) }
    return InspectorServer(channels: channels)
  }

  /// Accepts nobody any more.
  func close() async { for channel in channels { try? await channel.close() } }
}
