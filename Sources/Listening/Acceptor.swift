public import NIOCore

/// What brings connections onto event loops: all that is needed here of an I/O library.
public protocol Acceptor: Sendable {
  /// Accepts from a socket that is bound. The descriptor is the channels' from now on.
  ///
  /// - Parameters:
  ///   - server: adds the handlers of a channel that listens: each connection comes through them, and each
  ///     failure to accept one as an `IOError`.
  ///   - connection: adds a connection's handlers.
  /// - Returns: the channels that listen, one or one for each loop.
  func serve(
    _ descriptor: CInt, server: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>,
    connection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws -> [any Channel]

  /// Makes a connected socket a channel of `loop`; the descriptor is the channel's from now on.
  func adopt(
    _ descriptor: CInt, on loop: any EventLoop,
    connection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) -> EventLoopFuture<any Channel>
}
