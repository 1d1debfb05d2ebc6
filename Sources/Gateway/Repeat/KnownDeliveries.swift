internal import HTTP
internal import Synchronization

/// What synchronous routes have answered lately, by what the deliveries' repetitions are known by; shared by all loops,
/// in memory alone.
public final class KnownDeliveries: Sendable {
  enum Finding {
    /// Nobody has sent it before. `end` says what becomes of it.
    case first
    case answered(KnownAnswer)
    /// The first is under way: whoever asked is told its end.
    case joined
    /// Another event under the same id.
    case otherBody
  }

  private struct Entry {
    let body: BodyDigest
    /// Nil while the first is under way.
    var answer: KnownAnswer?
    var joiners: [@Sendable (FirstEnd) -> Void] = []
    /// Until when it is known, monotonic nanoseconds.
    let until: UInt64
    let number: UInt64
  }

  private struct State {
    var entries: [DedupeKey: Entry] = [:]
    /// The answered ones, the oldest first; some may be gone already.
    var answered: [(key: DedupeKey, number: UInt64)] = []
    var forgotten = 0
    var bytes = 0
    var count: UInt64 = 0
  }

  private let state = Mutex(State())

  public init() {}

  /// What is held of answers.
  var bytes: Int { state.withLock { $0.bytes } }

  func find(
    _ key: DedupeKey, _ body: BodyDigest, at now: UInt64, until: UInt64,
    joiner: @escaping @Sendable (FirstEnd) -> Void
  ) -> Finding {
    state.withLock { state in
      if let entry = state.entries[key], entry.answer == nil || now < entry.until {
        guard entry.body == body else { return .otherBody }
        if let answer = entry.answer { return .answered(answer) }
        state.entries[key]?.joiners.append(joiner)
        return .joined
      }
      Self.forget(key, &state)
      state.count += 1
      state.entries[key] = Entry(body: body, until: until, number: state.count)
      return .first
    }
  }

  /// What became of the first. A failure frees the key: whoever comes next is a first again.
  ///
  /// - Parameter bytesMax: of all answers together; beyond it the oldest are forgotten.
  func end(_ key: DedupeKey, _ end: FirstEnd, bytesMax: Int) {
    let joiners = state.withLock { state in
      let joiners = state.entries[key]?.joiners ?? []
      state.entries[key]?.joiners = []
      guard case .answered(let answer) = end, answer.response.isSuccess, answer.bytes <= bytesMax else {
        state.entries[key] = nil
        return joiners
      }
      if let number = state.entries[key]?.number {
        state.entries[key]?.answer = answer
        state.bytes += answer.bytes
        state.answered.append((key, number))
      }
      Self.bound(bytesMax, &state)
      return joiners
    }
    for joiner in joiners { joiner(end) }
  }

  private static func forget(_ key: DedupeKey, _ state: inout State) {
    guard let entry = state.entries.removeValue(forKey: key) else { return }
    state.bytes -= entry.answer?.bytes ?? 0
  }

  private static func bound(_ bytesMax: Int, _ state: inout State) {
    while state.bytes > bytesMax, state.forgotten < state.answered.count {
      let (key, number) = state.answered[state.forgotten]
      state.forgotten += 1
      if state.entries[key]?.number == number { forget(key, &state) }
    }
    // What was forgotten is moved out once it is half of all.
    guard state.forgotten > 64, state.forgotten * 2 > state.answered.count else { return }
    state.answered.removeFirst(state.forgotten)
    state.forgotten = 0
  }
}
