/// How a route's deliveries are stored, answered, and delivered with retries. Each has a setting of the same name under
/// `durable:`.
public struct DurableSettings: Sendable, Equatable {
  /// What the sender is answered once its delivery is on disk.
  public var answerStatus = 200
  /// Attempts under way at once: of the route, or at each upstream where all of them get a delivery.
  public var concurrentMax = 16
  /// The whole of one attempt.
  public var attemptSecondsMax = 25
  /// Answers by which an app refuses for good.
  public var finalStatuses: Set<Int> = [400, 410, 413, 415, 422]
  /// Whether the signature's header is stored and sent.
  public var storesSignature = true
  public var retry = Retry()
  public var breaker = Breaker()
  /// By what a repeated delivery is known.
  public var dedupe = Dedupe()
  /// Nil where nothing is kept of what is refused.
  public var quarantine: Quarantine?

  public init() {}

  /// When a failed attempt is made again.
  public struct Retry: Sendable, Equatable {
    public var firstSeconds = 1
    public var factor = 2
    public var secondsMax = 300
    public var hoursMax = 72
    public var jitterPercent = 20
    public var retryAfterSecondsMax = 3_600

    public init() {}
  }

  /// When an upstream that fails is left alone for a while.
  public struct Breaker: Sendable, Equatable {
    public var failures = 5
    public var firstSeconds = 5
    public var secondsMax = 300

    public init() {}
  }

  /// What may be genuine though no secret verified it is kept for a while, to be judged again by other secrets. It has
  /// a setting of the same name under `quarantine:`.
  public struct Quarantine: Sendable, Equatable {
    public enum Release: String, Sendable, CaseIterable {
      /// As soon as the secrets are others.
      case auto
      /// When somebody asks for it.
      case manual
    }

    public var hours = Self.hoursUnlessSaid
    /// Beyond them the oldest goes.
    public var deliveriesMax = 1_000
    public var bytesMax = 33_554_432
    public var perSecondMax = 20
    public var release = Release.auto

    public static let hoursUnlessSaid = 24

    public init() {}
  }

  public struct Dedupe: Sendable, Equatable {
    /// `auto` has become what it stands for.
    public var by = DedupeRule.none
    public var hours = 96

    public init() {}
  }
}
