internal import Formats
public import Gateway

/// When a failed attempt is made again, and when no more. Pure: time and chance are arguments.
public struct RetryPolicy: Sendable, Equatable {
  /// The wait after the first failure, seconds.
  public var firstSeconds: Int
  /// What each further wait is longer by.
  public var factor: Int
  /// The longest wait of the policy's own, seconds.
  public var secondsMax: Int
  /// Since the budget began; what is older and has failed often enough since is given up.
  public var hoursMax: Int
  /// How far a wait is moved by chance, either way, so that what failed together does not return together.
  public var jitterPercent: Int
  /// The longest wait that an app may ask for, seconds.
  public var retryAfterSecondsMax: Int
  /// Answers by which an app refuses for good.
  public var finalStatuses: Set<Int>

  /// A clock that jumps ages everything at once: so many attempts have to fail behind the age.
  public static let lateAttemptsMin = 3

  public init(
    firstSeconds: Int = 1, factor: Int = 2, secondsMax: Int = 300, hoursMax: Int = 72,
    jitterPercent: Int = 20,
    retryAfterSecondsMax: Int = 3600, finalStatuses: Set<Int> = [400, 410, 413, 415, 422]
  ) {
    self.firstSeconds = firstSeconds
    self.factor = factor
    self.secondsMax = secondsMax
    self.hoursMax = hoursMax
    self.jitterPercent = jitterPercent
    self.retryAfterSecondsMax = retryAfterSecondsMax
    self.finalStatuses = finalStatuses
  }

  /// As a route's `durable:` says.
  public init(_ settings: DurableSettings) {
    self.init(
      firstSeconds: settings.retry.firstSeconds, factor: settings.retry.factor,
      secondsMax: settings.retry.secondsMax, hoursMax: settings.retry.hoursMax,
      jitterPercent: settings.retry.jitterPercent,
      retryAfterSecondsMax: settings.retry.retryAfterSecondsMax, finalStatuses: settings.finalStatuses)
  }

  /// No wait that the policy gives is longer, milliseconds.
  public var longestDelayMilliseconds: Int64 {
    max(Int64(secondsMax) * 1000 * Int64(100 + jitterPercent) / 100, Int64(retryAfterSecondsMax) * 1000)
  }

  /// The wait behind this many failures of one budget, milliseconds.
  ///
  /// - Parameters:
  ///   - failures: at least 1.
  ///   - random: anything; its whole range is used.
  public func delayMilliseconds(failures: Int, random: UInt64) -> Int64 {
    var seconds = Int64(firstSeconds)
    let most = Int64(secondsMax)
    var left = max(failures, 1) - 1
    // A factor of 1 would be gone through for as long as a large count lasts.
    while left > 0, seconds < most, factor > 1 {
      let (longer, isTooLong) = seconds.multipliedReportingOverflow(by: Int64(factor))
      seconds = isTooLong ? most : longer
      left -= 1
    }
    let middle = min(seconds, most) * 1000
    let spread = middle * Int64(jitterPercent) / 100
    return middle - spread + Int64(random % UInt64(2 * spread + 1))
  }
}

extension RetryPolicy {
  /// What came of an attempt.
  public enum Outcome: Sendable, Equatable {
    case answered(status: Int, retryAfterMilliseconds: Int64?)
    /// No answer: refused, cut, too late.
    case failed
  }

  /// What a job's attempts have been so far, this one included.
  public struct History: Sendable, Equatable {
    /// Attempts since the budget began.
    public var attempts: Int
    /// When the budget began, Unix milliseconds.
    public var budgetFrom: Int64
    /// Attempts before this one that failed behind the age.
    public var lateAttempts: Int

    public init(attempts: Int, budgetFrom: Int64, lateAttempts: Int) {
      self.attempts = attempts
      self.budgetFrom = budgetFrom
      self.lateAttempts = lateAttempts
    }
  }

  /// What is done next.
  public enum Decision: Sendable, Equatable {
    case delivered
    case dead(DeathReason)
    /// - due: Unix milliseconds.
    /// - pausesUpstream: the app asked all to wait, not this one alone.
    case retry(due: Int64, isLate: Bool, pausesUpstream: Bool)
  }

  /// - Parameter isClockTrusted: false while the wall clock has jumped and nobody has confirmed it: age then ends
  ///   nothing.
  public func decide(
    _ outcome: Outcome, _ history: History, now: Int64, isClockTrusted: Bool, random: UInt64
  ) -> Decision {
    var asked: Int64 = 0
    var pausesUpstream = false
    if case .answered(let status, let retryAfter) = outcome {
      if (200...299).contains(status) { return .delivered }
      if finalStatuses.contains(status) { return .dead(.status) }
      asked = min(max(retryAfter ?? 0, 0), Int64(retryAfterSecondsMax) * 1000)
      pausesUpstream = retryAfter != nil && (status == 429 || status == 503)
    }
    let isLate = now.subtractingSaturated(history.budgetFrom) > Int64(hoursMax) * 3_600_000
    if isLate, isClockTrusted, history.lateAttempts + 1 >= Self.lateAttemptsMin { return .dead(.age) }
    // Behind the age each wait is the longest, so that a clock that is wrong for minutes uses nothing up.
    let failures = isLate ? Int.max : history.attempts
    let wait = max(delayMilliseconds(failures: failures, random: random), asked)
    return .retry(due: now.addingSaturated(wait), isLate: isLate, pausesUpstream: pausesUpstream)
  }
}
