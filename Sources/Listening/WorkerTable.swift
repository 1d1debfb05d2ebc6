internal import EventLoops
internal import Gateway
public import NIOCore

/// The workers, each reachable only on its own event loop.
public struct WorkerTable: Sendable {
  private let bound: [ObjectIdentifier: NIOLoopBound<Worker>]

  public init(_ workers: [NIOLoopBound<Worker>]) {
    bound = Dictionary(
      uniqueKeysWithValues: workers.map { (ObjectIdentifier($0.eventLoop), $0) })
  }

  private static let readBuffers = AdaptiveRecvByteBufferAllocator(
    minimum: 2048, initial: 4096, maximum: 32_768)

  /// Makes a channel of this group a sender's connection.
  func welcome(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      guard let worker = worker(on: channel.eventLoop), let options = channel.syncOptions else {
        throw ChannelError.operationUnsupported
      }
      try options.setOption(.allowRemoteHalfClosure, value: true)
      try options.setOption(.maxMessagesPerRead, value: 4)
      try options.setOption(.recvAllocator, value: Self.readBuffers)
      let connection = Connection(worker: worker)
      try channel.pipeline.syncOperations.addHandler(connection)
      EpollGroup.receive(on: channel, into: { connection.bodyRoom() }, then: { connection.bodyReceived($0) })
    }
  }

  func worker(on eventLoop: any EventLoop) -> Worker? {
    bound[ObjectIdentifier(eventLoop)]?.value
  }

  /// Runs `body` on every worker's loop and returns when all have.
  public func onEach(_ body: @escaping @Sendable (Worker) -> Void) async {
    for worker in bound.values {
      try? await worker.eventLoop.submit { body(worker.value) }.get()
    }
  }

  /// Whether a connection is open, or a delivery whose sender has gone is still on its way.
  func isBusy() async -> Bool {
    for worker in bound.values {
      if (try? await worker.eventLoop.submit { worker.value.isBusy }.get()) ?? false { return true }
    }
    return false
  }
}
