internal import Synchronization

/// How many of a route's deliveries may enter the quarantine in a second: whoever sends forgeries decides how many
/// there are, and each that is kept costs a write.
struct SecondBudget: Sendable, Equatable {
  private var began: UInt64 = 0
  private var used = 0

  /// - Parameter now: monotonic nanoseconds.
  mutating func admits(perSecondMax: Int, at now: UInt64) -> Bool {
    if used == 0 || now < began || now - began >= 1_000_000_000 { (began, used) = (now, 0) }
    guard used < perSecondMax else { return false }
    used += 1
    return true
  }
}

/// The budgets of all routes, for all loops, and what was left out for whatever reason.
public final class QuarantineGate: Sendable {
  private struct State {
    var budgets: [String: SecondBudget] = [:]
    var leftOut: [String: UInt64] = [:]
  }

  private let state = Mutex(State())

  func admits(_ route: String, perSecondMax: Int, at now: UInt64) -> Bool {
    state.withLock { state in
      let isAdmitted = state.budgets[route, default: SecondBudget()].admits(
        perSecondMax: perSecondMax, at: now)
      if !isAdmitted { state.leftOut[route, default: 0] += 1 }
      return isAdmitted
    }
  }

  func leaveOut(_ route: String) { state.withLock { $0.leftOut[route, default: 0] += 1 } }

  /// By route, since the start.
  public var leftOut: [String: UInt64] { state.withLock { $0.leftOut } }
}
