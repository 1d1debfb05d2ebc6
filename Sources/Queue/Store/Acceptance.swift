public import Gateway

/// A delivery to be kept, with its jobs and the key that its repetitions are known by: all or nothing.
public struct Acceptance: Sendable {
  public struct Job: Sendable {
    public var lane: Lane
    /// Whether its first attempt begins from memory as soon as it is durable; otherwise it is due at once.
    public var startsNow: Bool

    public init(lane: Lane, startsNow: Bool) {
      self.lane = lane
      self.startsNow = startsNow
    }
  }

  public struct Dedupe: Sendable {
    public var key: DedupeKey
    /// How long it is known, Unix milliseconds.
    public var until: Int64

    public init(key: DedupeKey, until: Int64) {
      self.key = key
      self.until = until
    }
  }

  public var delivery: KeptDelivery
  /// At least one, of different lanes.
  public var jobs: [Job]
  public var dedupe: Dedupe?

  public init(delivery: KeptDelivery, jobs: [Job], dedupe: Dedupe? = nil) {
    precondition(!jobs.isEmpty, "a delivery without a job would never be sent, and never be deleted")
    self.delivery = delivery
    self.jobs = jobs
    self.dedupe = dedupe
  }
}

/// What became of a delivery that was to be kept. All but the last is durable when it is told.
public enum AcceptOutcome: Sendable, Equatable {
  /// - starts: leave for the attempts that begin now; none while the store is cautious.
  /// - otherBodyOf: the delivery that has the same key and another body.
  case stored(starts: [JobTicket], otherBodyOf: PublicID?)
  /// It was here before; revived where all that had become of it was dead or cancelled.
  case duplicate(of: PublicID, isRevived: Bool)
  case refused(StoreRefusal)
}

/// One attempt of one job: what comes of it counts only for that one.
public struct JobTicket: Sendable, Hashable {
  /// The job's number in the store.
  public let job: Int64
  public let lane: Lane
  /// Counts all attempts of the job from 1.
  public let attempt: Int
}

/// A job whose time has come.
public struct ClaimedJob: Sendable {
  public let ticket: JobTicket
  public let history: RetryPolicy.History
  public let delivery: StoredDelivery
}

/// What a lane has to hand out.
public struct Claim: Sendable {
  public let jobs: [ClaimedJob]
  /// When the first of those that are left is due, Unix milliseconds; nil where none waits.
  public let nextDue: Int64?
}

/// What came of an attempt, and what is done next.
public struct AttemptReport: Sendable {
  public enum Next: Sendable, Equatable {
    case delivered
    /// - due: Unix milliseconds.
    case retry(due: Int64, isLate: Bool)
    case dead(DeathReason)
    /// It was not made, or it was cut off by this process's end.
    case giveBack
  }

  /// What of an answer's body is kept, bytes.
  public static let answerBytesMax = 1024
  /// Of a job's attempts the last are kept.
  public static let attemptsKept = 20

  public var ticket: JobTicket
  /// When it began, Unix milliseconds, and how long it took.
  public var at: Int64
  public var milliseconds: Int64
  public var status: Int?
  /// Why there is no answer; the cause of death where the job is dead.
  public var reason: String?
  /// Which of several it ended with; nil where there was no choice.
  public var upstream: String?
  public var answer: [UInt8]
  public var next: Next

  public init(
    ticket: JobTicket, at: Int64, milliseconds: Int64, status: Int? = nil, reason: String? = nil,
    upstream: String? = nil, answer: [UInt8] = [], next: Next
  ) {
    self.ticket = ticket
    self.at = at
    self.milliseconds = milliseconds
    self.status = status
    self.reason = reason
    self.upstream = upstream
    self.answer = Array(answer.prefix(Self.answerBytesMax))
    self.next = next
  }
}

/// Whether what came of an attempt was written down.
public enum RecordOutcome: Sendable, Equatable {
  case recorded
  /// The job is in other hands, or gone: nothing was changed.
  case late
  case refused(StoreRefusal)
}
