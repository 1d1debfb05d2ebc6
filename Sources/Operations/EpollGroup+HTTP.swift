internal import EventLoops
internal import NIOCore
internal import NIOHTTP1

extension EpollGroup {
  /// HTTP/1.1 on a listening socket, whose descriptor is taken over. A conversation has one request at a time, however
  /// many are sent ahead; broken ones get a 400.
  ///
  /// - Parameter conversation: makes the handler of a connection, on its event loop.
  /// - Throws: `IOError` with the kernel's reason.
  func serveHTTP(
    _ descriptor: CInt, conversation: @escaping @Sendable () -> any ChannelHandler
  ) async throws -> [any Channel] {
    try await serve(descriptor) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
        try channel.pipeline.syncOperations.addHandler(conversation())
      }
    }
  }
}
