internal import Gateway

/// One upstream's connections that wait for their next delivery, on one event loop.
final class ConnectionPool {
  /// How many wait in all pools of a loop.
  final class Total {
    fileprivate(set) var count = 0
  }

  /// Held, so that no other upstream is ever taken for it.
  let upstream: Upstream
  let sessions: TLSSessions?
  /// For `Host`.
  let authority: [UInt8]
  private let total: Total
  /// The newest last: it is taken first, and the others grow old.
  private var idle: [UpstreamStream] = []
  /// No configuration names the upstream any more.
  private(set) var isRetired = false

  init(upstream: Upstream, total: Total) {
    self.upstream = upstream
    sessions = upstream.isTLS ? TLSSessions() : nil
    authority = upstream.authority
    self.total = total
  }

  /// A connection on which nothing has come since it was given back.
  func take(now: UInt64) -> UpstreamStream? {
    while let stream = idle.popLast() {
      left(stream)
      if stream.pooledUntil > now, stream.isQuiet() { return stream }
      stream.close()
    }
    return nil
  }

  func giveBack(_ stream: UpstreamStream, until: UInt64) {
    stream.pool = self
    stream.pooledUntil = until
    idle.append(stream)
    total.count += 1
  }

  func remove(_ stream: UpstreamStream) {
    guard let place = idle.lastIndex(where: { $0 === stream }) else { return }
    idle.remove(at: place)
    left(stream)
  }

  func closeAged(_ now: UInt64) { close { $0.pooledUntil <= now } }

  func retire() {
    isRetired = true
    close { _ in true }
  }

  private func close(where isOver: (UpstreamStream) -> Bool) {
    guard idle.contains(where: isOver) else { return }
    for stream in idle where isOver(stream) {
      left(stream)
      stream.close()
    }
    idle.removeAll { $0.pool == nil }
  }

  private func left(_ stream: UpstreamStream) {
    stream.pool = nil
    total.count -= 1
  }
}
