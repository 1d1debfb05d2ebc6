public import Gateway

/// How things stand at one moment, as the rest of the program knows it: what cannot be counted by deliveries.
/// Instants are Unix milliseconds.
public struct StatusSnapshot: Sendable {
  public struct Route: Sendable {
    public var name: String
    public var observe: Bool
    public var isDurable: Bool
    /// Nil where a timestamp may be as old as it likes, or none is signed.
    public var toleranceSeconds: Int?
    public var secretGeneration: Int
    public var secretModifiedAt: Int64
    public var secretsAccepted: Int

    public init(
      name: String, observe: Bool, isDurable: Bool = false, toleranceSeconds: Int?, secretGeneration: Int,
      secretModifiedAt: Int64,
      secretsAccepted: Int
    ) {
      self.name = name
      self.observe = observe
      self.isDurable = isDurable
      self.toleranceSeconds = toleranceSeconds
      self.secretGeneration = secretGeneration
      self.secretModifiedAt = secretModifiedAt
      self.secretsAccepted = secretsAccepted
    }
  }

  public struct SecretFile: Sendable {
    public var path: String
    public var isUsable: Bool
    public var isRotating: Bool
    public var isUnfinished: Bool
    public var held: Int
    public var holds: Int
    public var holdsVerified: Int
    public var holdsOverflowed: Int
    public var revoked: Int

    public init(
      path: String, isUsable: Bool, isRotating: Bool, isUnfinished: Bool, held: Int, holds: Int,
      holdsVerified: Int, holdsOverflowed: Int, revoked: Int
    ) {
      self.path = path
      self.isUsable = isUsable
      self.isRotating = isRotating
      self.isUnfinished = isUnfinished
      self.held = held
      self.holds = holds
      self.holdsVerified = holdsVerified
      self.holdsOverflowed = holdsOverflowed
      self.revoked = revoked
    }
  }

  /// The store of durable routes.
  public struct Store: Sendable {
    /// Jobs of one route, or of one of its upstreams where all of them get a delivery.
    public struct Lane: Sendable {
      public var route: String
      /// Empty where the first upstream that takes it is enough.
      public var upstream: String
      /// Jobs that are not delivered or cancelled, by state.
      public var jobs: [(state: String, count: Int)] = []
      /// Of the first job that waits; nil where none does.
      public var oldestDue: Int64?
      /// Until the next attempt may be made; nil where nothing keeps it.
      public var pausedUntil: Int64?

      public init(route: String, upstream: String) {
        self.route = route
        self.upstream = upstream
      }

      public func count(_ state: String) -> Int { jobs.first { $0.state == state }?.count ?? 0 }
    }

    /// How often values fell below which bounds, inclusive and ascending; of the counts the last has no bound.
    public struct Tally: Sendable {
      public var bounds: [Int64]
      public var counts: [UInt64]
      public var sum: Int64

      public init(bounds: [Int64] = [], counts: [UInt64] = [0], sum: Int64 = 0) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
      }
    }

    /// What a route keeps though nothing has verified it.
    public struct Quarantine: Sendable {
      public var route: String
      public var kept: Int
      /// Since the start.
      public var results: [(result: String, count: UInt64)]

      public init(route: String, kept: Int, results: [(result: String, count: UInt64)]) {
        self.route = route
        self.kept = kept
        self.results = results
      }
    }

    /// Why it cannot be used, as a sentence; nil where it can.
    public var fault: String?
    public var isDiskLow = false
    public var heldDeliveries = 0
    public var heldBytes: Int64 = 0
    public var bytesMax: Int64 = 0
    public var lateResults: UInt64 = 0
    public var dedupeKeys = 0
    public var logBytes: Int64 = 0
    public var errors: [(kind: String, count: UInt64)] = []
    /// Deliveries that one commit has stored.
    public var commitBatches = Tally()
    /// Nanoseconds that checkpoints have taken.
    public var checkpoints = Tally()
    public var lanes: [Lane] = []
    /// By route, since the start.
    public var delivered: [String: UInt64] = [:]
    /// By state, those that are over among them for as long as they are shown.
    public var replays: [(state: String, count: Int)] = []
    /// Of routes that have a quarantine, or something in it.
    public var quarantines: [Quarantine] = []

    public init() {}
  }

  public struct Reloads: Sendable {
    public var taken = 0
    public var refused = 0
    public var isLastTaken = true
    /// Why the last was not taken, where no check of the file alone would say it.
    public var refusal: String?
    /// The last that was taken; the start counts.
    public var takenAt: Int64 = 0

    public init() {}
  }

  public var now: Int64 = 0
  public var startedAt: Int64 = 0
  public var version = ""
  public var libraries = ""
  public var isReady = false
  public var generation = 0
  public var routes: [Route] = []
  public var secretFiles: [SecretFile] = []
  public var reloads = Reloads()
  /// Nil where the kernel does not say.
  public var isClockSynchronised: Bool?
  public var inFlight = 0
  public var inFlightBytes = 0
  public var openConnections = 0
  public var connections = 0
  public var connectionsEnded: [ConnectionBound: Int] = [:]
  public var acceptFailures = 0
  public var logLinesDropped = 0
  public var logLinesLeftOut = 0
  /// Nil where no route has been durable since the start.
  public var store: Store?

  public init() {}
}
