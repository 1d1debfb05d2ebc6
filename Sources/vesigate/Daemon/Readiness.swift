internal import Operations
internal import Synchronization

/// Whether deliveries are taken.
final class Readiness: Sendable {
  private let current = Mutex(ServicePhase.starting)

  var phase: ServicePhase { current.withLock { $0 } }

  func advance(to phase: ServicePhase) { current.withLock { $0 = phase } }
}
