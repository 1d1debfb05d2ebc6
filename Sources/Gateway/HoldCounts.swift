internal import Synchronization

/// What is held for one secret file, on all loops together, and what became of it since the start.
public final class HoldCounts: Sendable {
  private let deliveries = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)
  private let heldTotal = Atomic<Int>(0)
  private let rejudged = Atomic<Int>(0)
  private let overflowed = Atomic<Int>(0)
  private let deferred = Atomic<Int>(0)
  private let revoked = Atomic<Int>(0)
  private let announced = Mutex<(isUnderWay: Bool, totals: Totals?)>((false, nil))

  /// What was counted up to an instant: deliveries, as the totals of the same names below.
  public struct Totals: Sendable, Equatable {
    public let held: Int
    public let rejudged: Int
    public let deferred: Int
    public let revoked: Int
  }

  init() {}

  /// Deliveries held now.
  public var heldNow: Int { deliveries.load(ordering: .relaxed) }
  /// Deliveries that were held at all.
  public var total: Int { heldTotal.load(ordering: .relaxed) }
  /// Held, and then verified by the new secret.
  public var rejudgedTotal: Int { rejudged.load(ordering: .relaxed) }
  /// Answered 503 because a bound of holding was reached, or its time was up.
  public var overflowedTotal: Int { overflowed.load(ordering: .relaxed) }
  /// Answered 503 for their sender to try again, because of a rotation: held until it was over, or not held at all.
  public var deferredTotal: Int { deferred.load(ordering: .relaxed) }
  /// Refused because only a revoked secret verified them.
  public var revokedTotal: Int { revoked.load(ordering: .relaxed) }

  /// All that was counted when the last rotation was announced; nil where none has been yet.
  public var atAnnouncement: Totals? { announced.withLock(\.totals) }

  /// Says whether a rotation is under way. What is counted from its announcement on belongs to it.
  public func note(rotationUnderWay isUnderWay: Bool) {
    announced.withLock { announced in
      if isUnderWay, !announced.isUnderWay {
        announced.totals = Totals(
          held: total, rejudged: rejudgedTotal, deferred: deferredTotal, revoked: revokedTotal)
      }
      announced.isUnderWay = isUnderWay
    }
  }

  /// Takes a place, or throws the bound that was reached.
  func enter(bytes count: Int, deliveriesMax: Int, bytesMax: Int) throws(HoldEnd) {
    guard deliveries.add(1, ordering: .relaxed).newValue <= deliveriesMax else {
      deliveries.subtract(1, ordering: .relaxed)
      throw .deliveries
    }
    guard bytes.add(count, ordering: .relaxed).newValue <= bytesMax else {
      deliveries.subtract(1, ordering: .relaxed)
      bytes.subtract(count, ordering: .relaxed)
      throw .bytes
    }
    heldTotal.add(1, ordering: .relaxed)
  }

  func leave(bytes count: Int) {
    deliveries.subtract(1, ordering: .relaxed)
    bytes.subtract(count, ordering: .relaxed)
  }

  func countRejudged() { rejudged.add(1, ordering: .relaxed) }
  func countOverflowed() { overflowed.add(1, ordering: .relaxed) }
  func countDeferred() { deferred.add(1, ordering: .relaxed) }
  func countRevoked() { revoked.add(1, ordering: .relaxed) }
}
