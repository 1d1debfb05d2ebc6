internal import Formats
internal import NIOCore

extension IPAddress {
  /// The IP address of a socket's other end; nil for a unix socket.
  init?(_ socket: SocketAddress) {
    guard let text = socket.ipAddress else { return nil }
    // A link-local address carries its zone behind a percent sign, which means nothing to anybody else.
    self.init(text: String(text.prefix { $0 != "%" }))
  }
}
