internal import Glibc
internal import NIOCore
internal import Synchronization

/// What is told of one listening socket, however many loops accept from it: that it fails, once a minute, and
/// that it is over. That one connection is accepted does not mean that: its descriptor may have been the only one.
final class AcceptNews: Sendable {
  private struct State {
    var isFailing = false
    /// Since the last failure.
    var hasAccepted = false
    var calmFrom = NIODeadline.uptimeNanoseconds(0)
    var quietUntil = NIODeadline.uptimeNanoseconds(0)

    /// Whether it is over, which is said once.
    mutating func ends() -> Bool {
      guard isFailing, hasAccepted, NIODeadline.now() >= calmFrom else { return false }
      self = State()
      return true
    }
  }

  /// It is over when nothing has failed for so long, and something was accepted.
  static let calm = TimeAmount.seconds(5)

  /// While it lasts, once in so long is told.
  private static let silence = TimeAmount.seconds(60)

  private let state = Mutex(State())
  private let tell: @Sendable (AcceptTrouble) -> Void

  init(tell: @escaping @Sendable (AcceptTrouble) -> Void) { self.tell = tell }

  func failed(_ code: CInt) {
    let isNew = state.withLock { state in
      state.isFailing = true
      state.hasAccepted = false
      state.calmFrom = .now() + Self.calm
      guard NIODeadline.now() >= state.quietUntil else { return false }
      state.quietUntil = .now() + Self.silence
      return true
    }
    if isNew { tell(.began(String(cString: strerror(code)))) }
  }

  func succeeded() {
    let isOver = state.withLock { state in
      guard state.isFailing else { return false }
      state.hasAccepted = true
      return state.ends()
    }
    if isOver { tell(.ended) }
  }

  /// To be called when `calm` has passed since a failure.
  func look() {
    if state.withLock({ $0.ends() }) { tell(.ended) }
  }
}
