internal import Glibc
internal import NIOCore

/// Who is at the other end of a unix socket, as the kernel noted when it connected (unix(7), SO_PEERCRED).
enum PeerCredentials {
  /// `struct ucred`, which the C library's module does not show.
  private struct Credentials: Sendable {
    var pid: Int32 = 0
    var user: UInt32 = .max
    var group: UInt32 = .max
  }

  /// Whether it is root or the user that this process runs as: only they may see bodies.
  static func maySeeBodies(_ channel: any Channel) -> EventLoopFuture<Bool> {
    caller(channel).map(\.maySeeBodies)
  }

  /// Who it is.
  static func caller(_ channel: any Channel) -> EventLoopFuture<QueueCaller> {
    guard let provider = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeSucceededFuture(QueueCaller(user: nil, maySeeBodies: false))
    }
    let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    let own = geteuid()
    return credentials.map { QueueCaller(user: $0.user, maySeeBodies: $0.user == 0 || $0.user == own) }
      .recover { _ in QueueCaller(user: nil, maySeeBodies: false) }
  }
}
