/// One loop's deliveries that wait: for a look to end, or for the secret that a rotation under way will
/// bring. Those held are bounded by their file's `HoldCounts`, all of them by `in-flight-max`.
struct PendingVerifications {
  private struct Pending {
    let exchange: Exchange
    let endUptimeNanoseconds: UInt64
    let order: UInt64
  }

  // By identity: a flood of forgeries comes and goes here, and none of it may cost a search.
  private var files: [String: [ObjectIdentifier: Pending]] = [:]
  private var added: UInt64 = 0

  mutating func add(_ exchange: Exchange, path: String, until uptimeNanoseconds: UInt64) {
    added += 1
    let pending = Pending(exchange: exchange, endUptimeNanoseconds: uptimeNanoseconds, order: added)
    files[path, default: [:]][ObjectIdentifier(exchange)] = pending
  }

  mutating func remove(_ exchange: Exchange, path: String) {
    files[path]?[ObjectIdentifier(exchange)] = nil
  }

  /// All that wait for a file, in the order they came.
  mutating func take(path: String) -> [Exchange] {
    inOrder(files.removeValue(forKey: path)?.values.map { $0 } ?? [])
  }

  mutating func expired(at uptimeNanoseconds: UInt64) -> [Exchange] {
    var over: [Pending] = []
    for (path, waiting) in files where !waiting.isEmpty {
      let ended = waiting.values.filter { $0.endUptimeNanoseconds <= uptimeNanoseconds }
      for pending in ended { files[path]?[ObjectIdentifier(pending.exchange)] = nil }
      over += ended
    }
    return inOrder(over)
  }

  private func inOrder(_ pending: [Pending]) -> [Exchange] {
    pending.sorted { $0.order < $1.order }.map(\.exchange)
  }
}
