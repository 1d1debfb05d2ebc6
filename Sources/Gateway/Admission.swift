internal import Signing
internal import Synchronization

/// How full the gateway is, counted across all loops.
public final class Admission: Sendable {
  private let deliveries = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)
  private let connections = Atomic<Int>(0)
  private let refused = Atomic<Int>(0)
  private let connectionsAccepted = Atomic<Int>(0)
  private let acceptFailures = Atomic<Int>(0)
  private let ended = Mutex<[ConnectionBound: Int]>([:])
  private let files = Mutex<[String: HoldCounts]>([:])

  public init() {}

  /// Between their head and their answer, now.
  public var deliveriesInFlight: Int { deliveries.load(ordering: .relaxed) }
  /// Body bytes of all deliveries in flight.
  public var bytesInFlight: Int { bytes.load(ordering: .relaxed) }
  /// Of senders, now.
  public var openConnections: Int { connections.load(ordering: .relaxed) }
  /// Since the start, those beyond the limit too.
  public var connectionsTotal: Int { connectionsAccepted.load(ordering: .relaxed) }
  /// Since the start, by the bound that was reached.
  public var connectionsEnded: [ConnectionBound: Int] { ended.withLock { $0 } }
  /// Since the start: connections that the kernel could not give.
  public var acceptFailuresTotal: Int { acceptFailures.load(ordering: .relaxed) }

  /// What a rotation of this secret file has had to hold. Only deliveries that fail come here.
  public func holds(path: String) -> HoldCounts {
    files.withLock { files in
      if let counts = files[path] { return counts }
      let counts = HoldCounts()
      files[path] = counts
      return counts
    }
  }

  /// What is counted from now on belongs to the rotations that this snapshot is the first to tell of.
  public func noteRotations(of snapshot: Snapshot) {
    for set in snapshot.secrets { holds(path: set.path).note(rotationUnderWay: set.rotation != nil) }
  }

  /// Takes a place for a delivery; false when all are taken.
  func enterDelivery(max: Int) -> Bool { Self.take(1, of: deliveries, max: max) }

  func leaveDelivery() { deliveries.subtract(1, ordering: .relaxed) }

  /// Takes room for body bytes that arrived; false when there is none.
  func take(bytes count: Int, max: Int) -> Bool { Self.take(count, of: bytes, max: max) }

  func giveBack(bytes count: Int) { bytes.subtract(count, ordering: .relaxed) }

  /// Takes a place for a connection; false when all are taken.
  public func enterConnection(max: Int) -> Bool {
    connectionsAccepted.add(1, ordering: .relaxed)
    return Self.take(1, of: connections, max: max)
  }

  /// The kernel had no connection to give: out of descriptors or memory.
  public func countAcceptFailure() { acceptFailures.add(1, ordering: .relaxed) }

  /// A connection ends because this bound was reached.
  public func countEnd(at bound: ConnectionBound) { ended.withLock { $0[bound, default: 0] += 1 } }

  public func leaveConnection() { connections.subtract(1, ordering: .relaxed) }

  /// Takes a place for a connection that was refused and is read a little longer; false when all are taken.
  public func enterRefused(max: Int) -> Bool { Self.take(1, of: refused, max: max) }

  public func leaveRefused() { refused.subtract(1, ordering: .relaxed) }

  private static func take(_ count: Int, of counter: borrowing Atomic<Int>, max: Int) -> Bool {
    guard counter.add(count, ordering: .relaxed).newValue <= max else {
      counter.subtract(count, ordering: .relaxed)
      return false
    }
    return true
  }
}
