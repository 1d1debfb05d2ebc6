internal import Formats
internal import Synchronization
internal import Telemetry

/// What waits for one tail: event loops put it in and never wait, one task takes it out.
public final class TailBox: Sendable {
  /// Of those that wait. Beyond it they are counted and left out.
  static let glancesMax = 1_000

  /// What is taken at once.
  struct Batch {
    var glances: [Glance] = []
    /// Left out behind the last of them.
    var dropped = 0

    /// As it goes over the socket.
    var bytes: [UInt8] {
      let lines = glances.map(\.line) + (dropped > 0 ? [TailDrop(dropped).line] : [])
      return Array(lines.joined().utf8)
    }
  }

  private struct State {
    var waiting = Batch()
    var taker: CheckedContinuation<Void, Never>?
    var isEnded = false
  }

  private let state = Mutex(State())

  /// Any thread may call it; it does not block.
  func put(_ glance: Glance) {
    let taker = state.withLock { state -> CheckedContinuation<Void, Never>? in
      // What comes behind a gap is left out too, until that has been told: the count stands in its place.
      guard state.waiting.glances.count < Self.glancesMax, state.waiting.dropped == 0 else {
        state.waiting.dropped = state.waiting.dropped.addingSaturated(1)
        return nil
      }
      state.waiting.glances.append(glance)
      return state.taker.take()
    }
    taker?.resume()
  }

  /// All that waits, once there is something; nil when it is over. One task calls it.
  func next() async -> Batch? {
    while true {
      let batch = state.withLock { state -> Batch? in
        guard !state.waiting.glances.isEmpty else { return nil }
        defer { state.waiting = Batch() }
        return state.waiting
      }
      if let batch { return batch }
      guard await wait() else { return nil }
    }
  }

  /// Whoever waits goes on, and nothing is given out any more but what waits.
  func end() {
    let taker = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.isEnded = true
      return state.taker.take()
    }
    taker?.resume()
  }

  /// False when it is over.
  private func wait() async -> Bool {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          guard !state.isEnded, state.waiting.glances.isEmpty else { return true }
          state.taker = continuation
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      end()
    }
    return state.withLock { !$0.isEnded || !$0.waiting.glances.isEmpty }
  }
}

/// How many deliveries stand where this stands and are not told.
struct TailDrop: JSONCodedObject, Equatable {
  var dropped = 0

  init() {}

  init(_ dropped: Int) { self.dropped = dropped }

  static let fields: [JSONField<TailDrop>] = [.required("dropped", \.dropped)]
}
