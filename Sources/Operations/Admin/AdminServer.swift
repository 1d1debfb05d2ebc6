public import EventLoops
internal import NIOCore
internal import Synchronization

/// What a reader of the admin listener can ask for.
public enum AdminPage: String, Sendable, CaseIterable {
  case metrics = "/metrics"
  /// Whether the program runs.
  case health = "/healthz"
  /// Whether it takes deliveries.
  case readiness = "/readyz"
}

/// An answer to a reader, for its HTTP response.
public struct AdminAnswer: Sendable {
  public var status: Int
  public var contentType: String
  public var body: [UInt8]

  public init(status: Int, contentType: String, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  /// Plain text in UTF-8.
  public static func text(_ status: Int, _ text: String) -> AdminAnswer {
    AdminAnswer(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }
}

/// Answers scrapes and probes, away from the event loops of deliveries.
public struct AdminServer: Sendable {
  public typealias Handler = @Sendable (AdminPage) async -> AdminAnswer

  /// Readers at once; further ones are closed without a word.
  public static let connectionsMax = 32

  private let channels: [any Channel]

  /// Answers on a listening socket, whose descriptor is taken over. `group` should not carry deliveries.
  ///
  /// - Throws: `IOError` with the kernel's reason.
  public static func start(
    _ descriptor: CInt, group: EpollGroup, handler: @escaping Handler
  ) async throws -> AdminServer {
    let slots = AdminSlots()
    let channels = try await group.serveHTTP(descriptor) { AdminConversation(handler: handler, slots: slots) }
    return AdminServer(channels: channels)
  }

  /// Accepts nobody any more.
  public func close() async { for channel in channels { try? await channel.close() } }
}

/// How many readers there are.
final class AdminSlots: Sendable {
  private let taken = Atomic<Int>(0)

  func take() -> Bool { taken.add(1, ordering: .relaxed).newValue <= AdminServer.connectionsMax }

  func giveBack() { taken.subtract(1, ordering: .relaxed) }
}
