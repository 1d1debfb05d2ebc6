public import Formats
public import HTTP
internal import Signing

/// What one event loop owns: its snapshot, its keyed HMAC contexts and its body buffers. A delivery lives
/// on one loop from accept to reply, so nothing here is locked.
public final class LoopContext {
  /// What deliveries that begin now are judged by.
  public private(set) var snapshot: Snapshot
  /// Shared by all loops.
  public let admission: Admission
  public let recorder: any Recorder
  /// Sees what fails verification; nil where nobody ever asks.
  let refusals: (any RefusalObserver)?
  /// The edge's clocks; the core has none.
  public let now: () -> Moment

  /// Where deliveries of durable routes are kept; nil where there is no store.
  public var keeper: (any Keeper)?
  /// Where what they refuse is kept for a while; nil where there is no store.
  public var quarantine: (any Quarantine)?
  /// What synchronous routes know repetitions by; nil where they know none.
  public var repetitions: Repetitions?
  /// Which members of verified bodies records hold; nil where they hold none.
  public var fields: DeliveryFields?

  private let looks: any SecretLooks
  private var rings: [KeyRing]
  /// Rings that a snapshot replaced and by which deliveries in flight are still to be judged.
  private var retired: [KeyRing] = []
  private var pending = PendingVerifications()
  public let lists = HeaderListPool()
  private var bodies = BodyBufferPool()
  private var requestIDs: RequestIDs
  private var traceIDs: TraceIDs

  /// `idSeed` must differ from loop to loop and from start to start.
  public init(
    snapshot: Snapshot, admission: Admission, recorder: any Recorder, looks: any SecretLooks,
    refusals: (any RefusalObserver)? = nil, idSeed: UInt64, now: @escaping () -> Moment
  ) {
    self.snapshot = snapshot
    self.admission = admission
    self.recorder = recorder
    self.looks = looks
    self.refusals = refusals
    self.now = now
    rings = KeyRing.all(for: snapshot, keeping: [])
    requestIDs = RequestIDs(seed: idSeed)
    traceIDs = TraceIDs(seed: idSeed)
  }

  /// Takes a new snapshot for all deliveries that begin from now on. Contexts of secrets that stay are kept,
  /// and deliveries that wait for a file that has changed are judged once more.
  public func adopt(_ snapshot: Snapshot) {
    let old = rings
    rings = KeyRing.all(for: snapshot, keeping: old)
    self.snapshot = snapshot
    for ring in old where !rings.contains(where: { $0 === ring }) {
      retired.append(ring)
      if ring.set.isRevoked(by: self.ring(path: ring.set.path)?.set) { revoke(path: ring.set.path) }
      for exchange in pending.take(path: ring.set.path) { exchange.secretsChanged() }
    }
    retired.removeAll { $0.unjudged == 0 }
  }

  // MARK: Keys

  func ring(_ secretFileIndex: Int) -> KeyRing { rings[secretFileIndex] }

  /// The keys in force now for a file that a delivery began with under another snapshot, perhaps.
  func ring(path: String) -> KeyRing? { rings.first { $0.set.path == path } }

  /// Whether a delivery in flight can still be judged by secrets that are no longer in force. A journal that
  /// came meanwhile changes no secret: slow senders must not keep a rotation from beginning.
  public var judgesByOlderSecrets: Bool {
    retired.contains { ring in
      self.ring(path: ring.set.path).map { !$0.set.acceptsSame(as: ring.set) } ?? true
    }
  }

  /// A delivery in flight may have begun several sets ago, before the journal: none of them verifies it now.
  private func revoke(path: String) {
    for ring in retired where ring.set.path == path { ring.isRevoked = true }
  }

  /// A delivery that began with this ring has been judged by it, or never will be. The last one takes
  /// replaced secrets out of memory.
  func settled(_ ring: KeyRing) {
    ring.unjudged -= 1
    if ring.unjudged == 0, !retired.isEmpty { retired.removeAll { $0 === ring } }
  }

  // MARK: Waits of verifications

  /// Has the exchange go on when the file's secrets change, or when the time is up.
  func wait(_ exchange: Exchange, path: String, until uptimeNanoseconds: UInt64) {
    pending.add(exchange, path: path, until: uptimeNanoseconds)
  }

  /// The same, and at the end of a look at the file that begins now.
  func look(_ exchange: Exchange, path: String, until uptimeNanoseconds: UInt64) {
    wait(exchange, path: path, until: uptimeNanoseconds)
    looks.look(atSecretFile: path) { end in exchange.looked(end) }
  }

  func forget(_ exchange: Exchange, path: String) { pending.remove(exchange, path: path) }

  /// Answers deliveries that have waited for as long as they may. To be called some times a second.
  public func expireWaits() {
    for exchange in pending.expired(at: now().uptimeNanoseconds) { exchange.waitExpired() }
  }

  // MARK: Memory and ids

  func takeBody() -> BodyBuffer { bodies.take() }

  func giveBack(_ body: BodyBuffer) { bodies.giveBack(body) }

  /// Frees bodies' memory that nobody used lately; false when none is kept. To be called some times a second.
  public func trimBodies() -> Bool {
    bodies.trim()
    return !bodies.isEmpty
  }

  func nextRequestID() -> String { requestIDs.next() }

  func beginTrace() -> TraceContext { traceIDs.next() }
}
