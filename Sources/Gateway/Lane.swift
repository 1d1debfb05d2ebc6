internal import Signing

/// What one event loop owns: its snapshot, its keyed HMAC contexts and its body buffers. A delivery lives
/// on one lane from accept to reply, so nothing here is locked.
public final class Lane {
  public private(set) var snapshot: Snapshot
  /// Shared by all lanes.
  public let occupancy: Occupancy
  public let recorder: any Recorder
  /// The edge's clocks; the core has none.
  public let now: () -> Moment

  private var rings: [KeyRing]
  private var bodies = BodyBufferPool()
  private var requestIDs: RequestIDs

  /// `idSeed` must differ from lane to lane and from start to start.
  public init(
    snapshot: Snapshot, occupancy: Occupancy, recorder: any Recorder, idSeed: UInt64,
    now: @escaping () -> Moment
  ) {
    self.snapshot = snapshot
    self.occupancy = occupancy
    self.recorder = recorder
    self.now = now
    rings = KeyRing.all(for: snapshot, keeping: [])
    requestIDs = RequestIDs(seed: idSeed)
  }

  /// Takes a new snapshot for all deliveries that begin from now on. Contexts of secrets that stay are kept.
  public func adopt(_ snapshot: Snapshot) {
    rings = KeyRing.all(for: snapshot, keeping: rings)
    self.snapshot = snapshot
  }

  func ring(_ secretFileIndex: Int) -> KeyRing { rings[secretFileIndex] }

  /// The keys in force now for a file that a delivery began with under another snapshot, perhaps.
  func ring(path: String) -> KeyRing? { rings.first { $0.set.path == path } }

  func takeBody() -> BodyBuffer { bodies.take() }

  func giveBack(_ body: BodyBuffer) { bodies.giveBack(body) }

  func nextRequestID() -> String { requestIDs.next() }
}

/// One secret file's keys on one lane, with their idle contexts.
final class KeyRing {
  let set: SecretSet
  private let hash: Hash
  let pools: [KeyedHMACPool]
  /// Position of the secret that matched last.
  var likely = 0

  init(set: SecretSet, hash: Hash) {
    self.set = set
    self.hash = hash
    pools = set.keys.map { KeyedHMACPool(key: $0, hash: hash) }
  }

  /// A ring for each secret file; those whose set is the very same, under the same hash, stay warm.
  static func all(for snapshot: Snapshot, keeping old: [KeyRing]) -> [KeyRing] {
    var hashes: [Int: Hash] = [:]
    for route in snapshot.routes.all { hashes[route.secretFileIndex] = route.layout.hash }
    return snapshot.secrets.enumerated().map { index, set in
      let hash = hashes[index] ?? .sha256
      return old.first { $0.set === set && $0.hash == hash } ?? KeyRing(set: set, hash: hash)
    }
  }
}

/// Ids for requests that came without one: unique within a lane's life, unlike any other lane's.
struct RequestIDs {
  private let seed: UInt64
  private var count: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  mutating func next() -> String {
    count += 1
    return String(unsafeUninitializedCapacity: 32) { target in
      RequestIDs.write(seed, to: target, at: 0)
      RequestIDs.write(count, to: target, at: 16)
      return 32
    }
  }

  private static func write(_ value: UInt64, to target: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    for digit in 0..<16 {
      let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * digit)) & 15
      target[start + digit] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
  }
}
