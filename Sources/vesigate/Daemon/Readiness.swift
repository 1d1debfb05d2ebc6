internal import Synchronization

/// Whether deliveries are taken.
final class Readiness: Sendable {
  enum Phase: String {
    case starting
    case listening
    case draining
  }

  private let current = Mutex(Phase.starting)

  var phase: Phase { current.withLock { $0 } }

  func advance(to phase: Phase) { current.withLock { $0 = phase } }
}
