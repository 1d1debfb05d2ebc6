import Foundation

/// Holds an upstream's answers until a test says so: what has to happen meanwhile has all the time it needs.
public final class Latch: Sendable {
  private let isOpen = Locked(false)

  public init() {}

  public func open() { isOpen.withLock { $0 = true } }

  /// Waits until it is open. A test that fails on its way leaves nobody waiting for ever.
  public func pass() {
    let end = Date(timeIntervalSinceNow: 300)
    while !isOpen.withLock({ $0 }), Date() < end { usleep(2_000) }
  }

  /// The reply, once it is open.
  public func held(_ reply: UpstreamReply = .ok) -> UpstreamReply {
    pass()
    return reply
  }
}
