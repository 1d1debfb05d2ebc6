import Foundation

/// Holds whoever waits until a test opens it: what has to happen meanwhile has all the time it needs.
public final class Latch: Sendable {
  private let state = Locked((isOpen: false, waiting: 0))

  public init() {}

  public var isOpen: Bool { state.withLock { $0.isOpen } }

  /// How many have come to wait.
  public var waiting: Int { state.withLock { $0.waiting } }

  public func open() { state.withLock { $0.isOpen = true } }

  /// Waits until it is open. A test that fails on its way leaves nobody waiting for ever.
  public func pass() {
    state.withLock { $0.waiting += 1 }
    let end = Date(timeIntervalSinceNow: 300)
    while !isOpen, Date() < end { usleep(2_000) }
  }

  /// The same, on no thread.
  public func wait() async {
    state.withLock { $0.waiting += 1 }
    while !isOpen { try? await Task.sleep(for: .milliseconds(5)) }
  }

  /// An upstream's reply, once it is open.
  public func held(_ reply: UpstreamReply = .ok) -> UpstreamReply {
    pass()
    return reply
  }
}
