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

  /// From now on has what a connection receives put where `room` says, and not handed to its handlers but told
  /// to `received`, for as long as `room` says anything. Where that cannot be, all goes to its handlers. To be
  /// called on the channel's loop, on which both are called.
  func receive(
    on channel: any Channel, into room: @escaping () -> UnsafeMutableRawBufferPointer?,
    then received: @escaping (Int) -> Void)
}
