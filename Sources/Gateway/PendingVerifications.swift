/// One loop's deliveries that wait: for a look to end, or for the secret that a rotation under way will
/// bring. Those held are bounded by their file's `HoldCounts`, all of them by `in-flight-max`.
struct PendingVerifications {
  private struct Held {
    let judgement: Judgement
    let endUptimeNanoseconds: UInt64
    let order: UInt64
  }

  // By identity: a flood of forgeries comes and goes here, and none of it may cost a search.
  private var files: [String: [ObjectIdentifier: Held]] = [:]
  private var added: UInt64 = 0

  mutating func add(_ judgement: Judgement, path: String, until uptimeNanoseconds: UInt64) {
    added += 1
    let held = Held(judgement: judgement, endUptimeNanoseconds: uptimeNanoseconds, order: added)
    files[path, default: [:]][ObjectIdentifier(judgement)] = held
  }

  mutating func remove(_ judgement: Judgement, path: String) {
    files[path]?[ObjectIdentifier(judgement)] = nil
  }

  /// All that wait for a file, in the order they came.
  mutating func take(path: String) -> [Judgement] {
    inOrder(files.removeValue(forKey: path)?.values.map { $0 } ?? [])
  }

  mutating func expired(at uptimeNanoseconds: UInt64) -> [Judgement] {
    var over: [Held] = []
    for (path, waiting) in files where !waiting.isEmpty {
      let ended = waiting.values.filter { $0.endUptimeNanoseconds <= uptimeNanoseconds }
      for held in ended { files[path]?[ObjectIdentifier(held.judgement)] = nil }
      over += ended
    }
    return inOrder(over)
  }

  private func inOrder(_ held: [Held]) -> [Judgement] {
    held.sorted { $0.order < $1.order }.map(\.judgement)
  }
}
