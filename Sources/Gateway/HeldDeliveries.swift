internal import Synchronization

/// One lane's deliveries that wait for the secret which a rotation under way will bring. They are bounded
/// by their file's `HoldCounts`.
struct HeldDeliveries {
  private struct Held {
    let judgement: Judgement
    let endUptimeNanoseconds: UInt64
  }

  private var files: [String: [Held]] = [:]

  mutating func add(_ judgement: Judgement, path: String, until uptimeNanoseconds: UInt64) {
    files[path, default: []].append(Held(judgement: judgement, endUptimeNanoseconds: uptimeNanoseconds))
  }

  mutating func remove(_ judgement: Judgement, path: String) {
    files[path]?.removeAll { $0.judgement === judgement }
  }

  /// All that wait for a file, in the order they came.
  mutating func take(path: String) -> [Judgement] {
    (files.removeValue(forKey: path) ?? []).map(\.judgement)
  }

  mutating func expired(at uptimeNanoseconds: UInt64) -> [Judgement] {
    guard !files.isEmpty else { return [] }
    var over: [Judgement] = []
    for (path, held) in files {
      over += held.filter { $0.endUptimeNanoseconds <= uptimeNanoseconds }.map(\.judgement)
      let left = held.filter { $0.endUptimeNanoseconds > uptimeNanoseconds }
      files[path] = left.isEmpty ? nil : left
    }
    return over
  }
}

/// What is held for one secret file, on all lanes together, and what became of it since the start.
public final class HoldCounts: Sendable {
  private let deliveries = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)
  private let heldTotal = Atomic<Int>(0)
  private let rejudged = Atomic<Int>(0)
  private let overflowed = Atomic<Int>(0)
  private let revoked = Atomic<Int>(0)

  init() {}

  /// Deliveries held now.
  public var heldNow: Int { deliveries.load(ordering: .relaxed) }
  /// Deliveries that were held at all.
  public var total: Int { heldTotal.load(ordering: .relaxed) }
  /// Held, and then verified by the new secret.
  public var rejudgedTotal: Int { rejudged.load(ordering: .relaxed) }
  /// Answered 503 because a bound of holding was reached, or its time was up.
  public var overflowedTotal: Int { overflowed.load(ordering: .relaxed) }
  /// Refused because only a revoked secret verified them.
  public var revokedTotal: Int { revoked.load(ordering: .relaxed) }

  /// Takes a place; false when deliveries or bytes are at their bound.
  func enter(bytes count: Int, deliveriesMax: Int, bytesMax: Int) -> Bool {
    guard deliveries.add(1, ordering: .relaxed).newValue <= deliveriesMax else {
      deliveries.subtract(1, ordering: .relaxed)
      return false
    }
    guard bytes.add(count, ordering: .relaxed).newValue <= bytesMax else {
      deliveries.subtract(1, ordering: .relaxed)
      bytes.subtract(count, ordering: .relaxed)
      return false
    }
    heldTotal.add(1, ordering: .relaxed)
    return true
  }

  func leave(bytes count: Int) {
    deliveries.subtract(1, ordering: .relaxed)
    bytes.subtract(count, ordering: .relaxed)
  }

  func countRejudged() { rejudged.add(1, ordering: .relaxed) }
  func countOverflowed() { overflowed.add(1, ordering: .relaxed) }
  func countRevoked() { revoked.add(1, ordering: .relaxed) }
}
