/// Connections that say nothing: a gateway that drains closes them, each event loop its own, so that the last one's
/// end shows that every loop drains. The log's line about it comes before that.
public struct DrainWitness {
  private let silent: [RawClient]

  public init(_ gateway: GatewayProcess) throws {
    silent = try (0..<16).map { _ in try gateway.connect() }
  }

  /// Whether all loops drain now; to be asked after SIGTERM.
  public func sawDrain() -> Bool { silent.allSatisfy { $0.isClosedByPeer() } }
}
