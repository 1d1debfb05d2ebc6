public import Formats
public import HTTP
internal import Signing

/// What one event loop owns: its snapshot, its keyed HMAC contexts and its body buffers. A delivery lives
/// on one loop from accept to reply, so nothing here is locked.
public final class LoopContext {
  public private(set) var snapshot: Snapshot
  /// Shared by all loops.
  public let admission: Admission
  public let recorder: any Recorder
  /// Sees what fails verification; nil where nobody ever asks.
  let refusals: (any RefusalObserver)?
  /// The edge's clocks; the core has none.
  public let now: () -> Moment

  private var rings: [KeyRing]
  /// Rings that a snapshot replaced and by which deliveries in flight are still to be judged.
  private var retired: [KeyRing] = []
  private var held = PendingVerifications()
  public let lists = HeaderListPool()
  private var bodies = BodyBufferPool()
  private var requestIDs: RequestIDs
  private var traceIDs: TraceIDs

  /// `idSeed` must differ from loop to loop and from start to start.
  public init(
    snapshot: Snapshot, admission: Admission, recorder: any Recorder,
    refusals: (any RefusalObserver)? = nil, idSeed: UInt64, now: @escaping () -> Moment
  ) {
    self.snapshot = snapshot
    self.admission = admission
    self.recorder = recorder
    self.refusals = refusals
    self.now = now
    rings = KeyRing.all(for: snapshot, keeping: [])
    requestIDs = RequestIDs(seed: idSeed)
    traceIDs = TraceIDs(seed: idSeed)
  }

  /// Takes a new snapshot for all deliveries that begin from now on. Contexts of secrets that stay are kept,
  /// and deliveries held for a file that has changed are judged once more.
  public func adopt(_ snapshot: Snapshot) {
    let old = rings
    rings = KeyRing.all(for: snapshot, keeping: old)
    self.snapshot = snapshot
    for ring in old where !rings.contains(where: { $0 === ring }) {
      retired.append(ring)
      if ring.set.isRevoked(by: self.ring(path: ring.set.path)?.set) { revoke(path: ring.set.path) }
      for judgement in held.take(path: ring.set.path) { judgement.judgeAnew() }
    }
    retired.removeAll { $0.unjudged == 0 }
  }

  // MARK: Revocation

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

  // MARK: Holding, while a rotation is under way

  func hold(_ judgement: Judgement, path: String, until uptimeNanoseconds: UInt64) {
    held.add(judgement, path: path, until: uptimeNanoseconds)
  }

  func forget(_ judgement: Judgement, path: String) { held.remove(judgement, path: path) }

  /// Answers deliveries that were held for as long as they may be. To be called some times a second.
  public func expireHolds() {
    for judgement in held.expired(at: now().uptimeNanoseconds) { judgement.holdExpired() }
  }

  func ring(_ secretFileIndex: Int) -> KeyRing { rings[secretFileIndex] }

  /// The keys in force now for a file that a delivery began with under another snapshot, perhaps.
  func ring(path: String) -> KeyRing? { rings.first { $0.set.path == path } }

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
