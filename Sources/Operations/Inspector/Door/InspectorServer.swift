internal import EventLoops
internal import NIOCore
internal import NIOHTTP1

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
    let slots = InspectorSlots()
    let channels = try await group.serve(descriptor) { channel in
      channel.eventLoop.makeCompletedFuture {
        // One request at a time, however many a browser sends ahead; broken ones get a 400.
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
        try channel.pipeline.syncOperations.addHandler(InspectorConversation(door: door, slots: slots))
      }
    }
    return InspectorServer(channels: channels)
  }

  /// Accepts nobody any more.
  func close() async { for channel in channels { try? await channel.close() } }
}
