public import Formats

extension StatusReport {
  public struct Route: JSONCodedObject, Equatable {
    public var name = ""
    public var observe = false
    public var isDurable = false
    public var secretFile = ""
    /// The current secret's first.
    public var fingerprints: [String] = []
    public var previous: [ReplacedSecret] = []
    public var secretModifiedAt: Int64 = 0
    public var secretGeneration = 0
    /// Nil where a delivery may be of any age.
    public var toleranceSeconds: Int?
    public var outcomes = Counts()
    public var refusals = Counts()
    public var lastMinute = Stretch()
    public var lastFiveMinutes = Stretch()
    public var lastVerifiedAt: Int64 = 0
    public var lastRefusal: Refusal?
    public var clock: Clock?
    /// By name; what is known of them stands in the report's own list.
    public var upstreams: [String] = []
    /// What is stored of it and not delivered; one for each upstream where all of them get a delivery.
    public var queue: [Lane] = []
    /// What its app has taken out of the store since the start.
    public var delivered = 0
    /// What is kept though nothing has verified it.
    public var quarantined = 0
    /// `auto` or `manual`; nil where it has no quarantine, and keeps what is left of one.
    public var quarantineRelease: String?

    public init() {}

    public static let fields: [JSONField<Route>] = [
      .required("name", \.name), .init("observe", \.observe), .init("durable", \.isDurable),
      .init("secretFile", \.secretFile),
      .init("fingerprints", \.fingerprints), .init("previous", \.previous),
      .init("secretModifiedAt", \.secretModifiedAt), .init("secretGeneration", \.secretGeneration),
      .init("toleranceSeconds", \.toleranceSeconds), .init("outcomes", \.outcomes),
      .init("refusals", \.refusals), .init("lastMinute", \.lastMinute),
      .init("lastFiveMinutes", \.lastFiveMinutes), .init("lastVerifiedAt", \.lastVerifiedAt),
      .init("lastRefusal", \.lastRefusal), .init("clock", \.clock), .init("upstreams", \.upstreams),
      .init("queue", \.queue), .init("delivered", \.delivered), .init("quarantined", \.quarantined),
      .init("quarantineRelease", \.quarantineRelease),
    ]

    /// Its `path` setting: the name has the host before it.
    public var path: String { String(name.drop { $0 != "/" }) }
  }

  /// Stored deliveries on their way to one upstream, or to whichever of a route's takes them first.
  public struct Lane: JSONCodedObject, Equatable {
    /// Empty where any of them may.
    public var upstream = ""
    /// By state.
    public var jobs = Counts()
    /// Of the first that waits, Unix milliseconds.
    public var nextDue: Int64?
    /// Until the next attempt may be made, Unix milliseconds.
    public var pausedUntil: Int64?

    public init() {}

    public static let fields: [JSONField<Lane>] = [
      .init("upstream", \.upstream), .init("jobs", \.jobs), .init("nextDue", \.nextDue),
      .init("pausedUntil", \.pausedUntil),
    ]
  }

  /// The store of durable routes.
  public struct Store: JSONCodedObject, Equatable {
    /// Deliveries that are not delivered, and their bytes.
    public var undelivered = 0
    public var undeliveredBytes: Int64 = 0
    public var bytesMax: Int64 = 0
    /// Why it cannot be used; nil where it can.
    public var fault: String?
    /// What waits for a route or an upstream that is not configured.
    public var orphaned: [Orphans] = []

    public init() {}

    public static let fields: [JSONField<Store>] = [
      .init("undelivered", \.undelivered), .init("undeliveredBytes", \.undeliveredBytes),
      .init("bytesMax", \.bytesMax), .init("fault", \.fault), .init("orphaned", \.orphaned),
    ]
  }

  /// Stored deliveries that have lost their way.
  public struct Orphans: JSONCodedObject, Equatable {
    public var route = ""
    /// Empty where any of the route's would have done.
    public var upstream = ""
    public var count = 0

    public init() {}

    public static let fields: [JSONField<Orphans>] = [
      .required("route", \.route), .init("upstream", \.upstream), .init("count", \.count),
    ]
  }

  /// What was counted in the time before the report.
  public struct Stretch: JSONCodedObject, Equatable {
    /// How long that was: less where the daemon has not run for so long.
    public var milliseconds: Int64 = 0
    public var outcomes = Counts()

    public init() {}

    public static let fields: [JSONField<Stretch>] = [
      .init("milliseconds", \.milliseconds), .init("outcomes", \.outcomes),
    ]
  }

  /// The last delivery that was refused.
  public struct Refusal: JSONCodedObject, Equatable {
    public var reason = ""
    public var at: Int64 = 0
    /// How old a stale one was, negative where it was signed in the future.
    public var ageSeconds: Int?

    public init() {}

    public static let fields: [JSONField<Refusal>] = [
      .required("reason", \.reason), .init("at", \.at), .init("ageSeconds", \.ageSeconds),
    ]
  }

  /// What the ages of verified deliveries say of the clocks.
  public struct Clock: JSONCodedObject, Equatable {
    /// The median age; below zero the sender's clock is ahead of ours.
    public var skewSeconds = 0
    public var isAlarming = false
    public var finding = ""

    public init() {}

    public static let fields: [JSONField<Clock>] = [
      .init("skewSeconds", \.skewSeconds), .init("isAlarming", \.isAlarming), .required("finding", \.finding),
    ]
  }

  public struct Upstream: JSONCodedObject, Equatable {
    public var name = ""
    public var isFailing = false
    public var lastAnsweredAt: Int64 = 0
    /// Of its last answer, 0 where there was none yet.
    public var lastStatus = 0
    public var lastFailedAt: Int64 = 0
    public var lastFailure: String?
    public var attempts = Counts()
    /// Of the last so many attempts, how many were answered with a 5xx.
    public var recentAttempts = 0
    public var recentErrors = 0

    public init() {}

    public static let fields: [JSONField<Upstream>] = [
      .required("name", \.name), .init("isFailing", \.isFailing), .init("lastAnsweredAt", \.lastAnsweredAt),
      .init("lastStatus", \.lastStatus), .init("lastFailedAt", \.lastFailedAt),
      .init("lastFailure", \.lastFailure), .init("attempts", \.attempts),
      .init("recentAttempts", \.recentAttempts), .init("recentErrors", \.recentErrors),
    ]
  }
}

/// A replaced secret, and until when it is accepted, Unix milliseconds.
public struct ReplacedSecret: JSONCodedObject, Equatable {
  public var fingerprint = ""
  public var until: Int64 = 0

  public init() {}

  public init(fingerprint: String, until: Int64) {
    self.fingerprint = fingerprint
    self.until = until
  }

  public static let fields: [JSONField<ReplacedSecret>] = [
    .required("fingerprint", \.fingerprint), .init("until", \.until),
  ]
}
