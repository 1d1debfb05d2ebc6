internal import NIOCore
internal import NIOPosix

/// The event loop on which people and monitors are answered. Deliveries have their own: a scrape takes no
/// time from them but that of a copy.
struct Office {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  func close() async { try? await group.shutdownGracefully() }
}
