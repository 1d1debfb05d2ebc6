public import Formats
internal import Gateway
internal import Synchronization

/// Has replays go on, each at its rate, below what comes: a lane whose app fails or is behind is waited for, and of one
/// that is not half of its free slots are left to others.
public final class ReplayDriver: Sendable {
  /// Behind a store that has failed.
  private static let pauseNanoseconds: UInt64 = 1_000_000_000

  private struct State {
    var paces: [Int64: ReplayPace] = [:]
    /// Whose step is under way.
    var stepping: Set<Int64> = []
    var waiting: [Int64: Lane] = [:]
    var pausedUntil: UInt64 = 0
  }

  private let store: Store
  private let dispatcher: Dispatcher
  private let now: @Sendable () -> Moment
  private let state = Mutex(State())

  public init(dispatcher: Dispatcher, now: @escaping @Sendable () -> Moment) {
    self.dispatcher = dispatcher
    self.now = now
    store = dispatcher.store
  }

  /// To be called some times a second.
  public func tick() {
    let status = store.status
    guard status.fault == nil, dispatcher.isAtWork else { return }
    let running = status.counters.replays.filter { $0.state == .running }
    forget(allBut: Set(running.map(\.number)))
    for replay in running { step(replay) }
  }

  private func forget(allBut running: Set<Int64>) {
    state.withLock { state in
      guard !state.paces.isEmpty else { return }
      state.paces = state.paces.filter { running.contains($0.key) }
      state.waiting = state.waiting.filter { running.contains($0.key) }
    }
  }

  private func step(_ replay: Replay) {
    let uptime = now().uptimeNanoseconds
    let limit = state.withLock { state in
      guard uptime >= state.pausedUntil, !state.stepping.contains(replay.number) else { return 0 }
      let limit =
        state.paces[replay.number, default: ReplayPace(rate: replay.rate, at: uptime)].allowance(at: uptime)
      if limit > 0 { state.stepping.insert(replay.number) }
      return limit
    }
    guard limit > 0 else { return }
    store.step(
      replay: replay.number, limit: limit, room: dispatcher.replayRoom, for: OnStoreThread()
    ) { [weak self] in self?.stepped(replay, $0) }
  }

  private func stepped(_ replay: Replay, _ result: Result<ReplayStep, StoreRefusal>) {
    let uptime = now().uptimeNanoseconds
    let step = state.withLock { state -> ReplayStep? in
      state.stepping.remove(replay.number)
      guard case .success(let step) = result else {
        state.pausedUntil = uptime + Self.pauseNanoseconds
        return nil
      }
      state.paces[replay.number]?.move(step.moved)
      state.waiting[replay.number] = step.waitsFor
      return step
    }
    guard let step else { return }
    for lane in step.lanes { dispatcher.wake(lane) }
    // Nothing of its own was found in a part of the store: on to the next.
    if step.goesOn, step.moved == 0, step.waitsFor == nil, dispatcher.isAtWork { self.step(replay) }
  }

  /// The lane that a replay waits for: its app fails, or is behind with what came before.
  public func waits(_ number: Int64) -> Lane? { state.withLock { $0.waiting[number] } }
}

/// Answered where the store is: what is done there is short.
private final class OnStoreThread: StoreCaller {
  func execute(_ work: @escaping @Sendable () -> Void) { work() }
}
