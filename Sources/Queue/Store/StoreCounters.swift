public import Gateway

/// One queue of the store: a route's, or, where all its upstreams get each delivery, one upstream's.
public struct Lane: Sendable, Hashable {
  public let route: String
  /// Empty where the first upstream that takes it is enough.
  public let upstream: String

  public init(route: String, upstream: String = "") {
    self.route = route
    self.upstream = upstream
  }
}

extension Lane {
  /// Those that routes have. A route that was durable once, or delivered to all, may have jobs of that time.
  public static func all(of routes: some Sequence<Route>) -> Set<Lane> {
    Set(
      routes.flatMap { route in
        [Lane(route: route.name)] + route.upstreams.map { Lane(route: route.name, upstream: $0.name) }
      })
  }
}

/// What the writer counts: nobody has to look through the tables for it.
public struct StoreCounters: Sendable, Equatable {
  public struct LaneState: Sendable, Hashable {
    public let lane: Lane
    public let state: JobState

    public init(_ lane: Lane, _ state: JobState) {
      self.lane = lane
      self.state = state
    }
  }

  /// What is not delivered or cancelled, dead ones included, and their heads and bodies.
  public internal(set) var heldDeliveries = 0
  public internal(set) var heldBytes: Int64 = 0
  /// Jobs in states that are held.
  public internal(set) var jobs: [LaneState: Int] = [:]
  public internal(set) var dedupeKeys = 0
  /// Those that are not over, and the last of those that are.
  public internal(set) var replays: [Replay] = []
  public internal(set) var quarantine = QuarantineCounters()
  /// Fingerprints of secrets that were replaced because others had them, the newest last.
  public internal(set) var revoked: [String] = []

  // From here on: since the process began.
  public internal(set) var stored: UInt64 = 0
  /// What apps have taken, by route; with `all` one for each upstream.
  public internal(set) var delivered: [String: UInt64] = [:]
  public internal(set) var duplicates: UInt64 = 0
  public internal(set) var revived: UInt64 = 0
  /// Known ids with another body.
  public internal(set) var otherBodies: UInt64 = 0
  public internal(set) var refused: UInt64 = 0
  /// Outcomes of attempts that were somebody else's, or nobody's, by the time they came.
  public internal(set) var lateResults: UInt64 = 0
  public internal(set) var dedupeForgotten: UInt64 = 0
  public internal(set) var prunedBodies: UInt64 = 0
  public internal(set) var prunedDeliveries: UInt64 = 0
  public internal(set) var prunedDead: UInt64 = 0
  public internal(set) var commits: UInt64 = 0
  public internal(set) var commitNanoseconds: UInt64 = 0
  /// Deliveries that one transaction has stored, of those that have stored any.
  public internal(set) var batches = Tally([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000])

  public func count(_ lane: Lane, _ state: JobState) -> Int { jobs[LaneState(lane, state)] ?? 0 }

  /// What is to be sent yet, and has no lane among these; parked or about to be.
  public func strays(besides configured: Set<Lane>) -> [(lane: Lane, count: Int)] {
    let strays = Set(jobs.keys.map(\.lane)).subtracting(configured)
    return strays.sorted { ($0.route, $0.upstream) < ($1.route, $1.upstream) }
      .map { ($0, count($0, .queued) + count($0, .sending) + count($0, .orphaned)) }.filter { $0.1 > 0 }
  }

  mutating func move(_ lane: Lane, from: JobState?, to: JobState?, count: Int = 1) {
    for (state, change) in [(from, -count), (to, count)] {
      guard let state, state.isHeld else { continue }
      jobs[LaneState(lane, state), default: 0] += change
    }
  }
}

/// How the store is.
public struct StoreStatus: Sendable {
  public internal(set) var counters = StoreCounters()
  /// Nil where it is usable.
  public internal(set) var fault: StoreFault?
  public internal(set) var errors: [String: UInt64] = [:]
  public internal(set) var reopenings: UInt64 = 0
  /// How long checkpoints have taken, nanoseconds. Whoever waits for a commit waits for them, too.
  public internal(set) var checkpoints = Tally(
    [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000].map { $0 * 1_000_000 })
  public internal(set) var logBytes: Int64 = 0
  public internal(set) var isDiskLow = false
  /// Ends without a goodbye have come so quickly that attempts are made one at a time.
  public internal(set) var isCautious = false
  /// False while the wall clock has jumped: nothing is deleted by age.
  public internal(set) var isClockTrusted = true
}

extension StoreCounters {
  /// Takes over what is counted since the process began; what is in the file has just been counted anew.
  mutating func goOn(from before: StoreCounters) {
    var counters = before
    counters.heldDeliveries = heldDeliveries
    counters.heldBytes = heldBytes
    counters.jobs = jobs
    counters.dedupeKeys = dedupeKeys
    counters.replays = replays
    counters.revoked = revoked
    counters.quarantine.kept = quarantine.kept
    self = counters
  }
}
