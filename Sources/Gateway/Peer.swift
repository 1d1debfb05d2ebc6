public import Formats

/// Who sent a request, as the socket says.
public struct Peer: Sendable, Equatable {
  /// Nil for a unix socket.
  public let address: IPAddress?
  /// For logs; made once for a connection, not for each of its deliveries.
  public let text: String

  public init(address: IPAddress?) {
    self.address = address
    text = address?.text ?? "unix:"
  }

  /// Of what the gateway sends itself.
  static let itself = Peer(text: "test:")

  private init(text: String) {
    address = nil
    self.text = text
  }
}
