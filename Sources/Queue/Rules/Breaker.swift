internal import Formats
public import Gateway

/// Pauses an upstream that fails, so that what waits for it spends no attempts. It never gives up: behind each pause
/// one attempt, the probe, shows whether the app is back. Times are of a monotonic clock, nanoseconds.
public struct Breaker: Sendable {
  public struct Settings: Sendable, Equatable {
    /// Failures in a row that pause.
    public var failures: Int
    /// The first pause; each probe that fails doubles it.
    public var firstSeconds: Int
    public var secondsMax: Int

    public init(failures: Int = 5, firstSeconds: Int = 5, secondsMax: Int = 300) {
      self.failures = failures
      self.firstSeconds = firstSeconds
      self.secondsMax = secondsMax
    }

    /// As a route's `durable:` says.
    public init(_ settings: DurableSettings) {
      failures = settings.breaker.failures
      firstSeconds = settings.breaker.firstSeconds
      secondsMax = settings.breaker.secondsMax
    }
  }

  /// Leave to make one attempt; it goes back with what came of it.
  public struct Permit: Sendable, Equatable {
    public let isProbe: Bool
    let round: UInt64
  }

  private enum State {
    case closed
    case paused(until: UInt64)
    case probing
  }

  private var settings: Settings
  private var state = State.closed
  private var failuresInARow = 0
  /// The pause that the next failure brings, seconds; 0 before any.
  private var lastPauseSeconds = 0
  /// Counts pauses: what began before one says nothing about the time behind it.
  private var round: UInt64 = 0

  public init(_ settings: Settings = Settings()) { self.settings = settings }

  /// Other settings, as a reload may bring them: they count from the next failure on.
  public mutating func use(_ settings: Settings) { self.settings = settings }

  /// Until when nothing is sent; nil where it may be, or where a probe is on its way.
  public var pausedUntil: UInt64? {
    if case .paused(let until) = state { until } else { nil }
  }

  public var isPaused: Bool { if case .closed = state { false } else { true } }

  /// Leave for one attempt, or none: paused, or a probe is under way.
  public mutating func permit(at now: UInt64) -> Permit? {
    switch state {
    case .closed: return Permit(isProbe: false, round: round)
    case .probing: return nil
    case .paused(let until):
      guard now >= until else { return nil }
      state = .probing
      return Permit(isProbe: true, round: round)
    }
  }

  /// The app has answered 2xx, or has refused for good: it is alive. True where that ends a pause.
  @discardableResult
  public mutating func succeed(_ permit: Permit) -> Bool {
    let ended = isPaused
    // What began before a pause that the app itself asked for does not call it off.
    if ended, !permit.isProbe, isAsked { return false }
    state = .closed
    failuresInARow = 0
    lastPauseSeconds = 0
    isAsked = false
    return ended
  }

  /// True where that begins a pause.
  @discardableResult
  public mutating func fail(_ permit: Permit, at now: UInt64) -> Bool {
    // Sixteen that were under way when it broke are one breakdown, not sixteen.
    guard permit.round == round else { return false }
    failuresInARow += 1
    // A probe that somebody else's success has overtaken is an attempt like another.
    let isProbing = if case .probing = state { permit.isProbe } else { false }
    guard isProbing || failuresInARow >= settings.failures else { return false }
    lastPauseSeconds = min(max(lastPauseSeconds * 2, settings.firstSeconds), settings.secondsMax)
    pause(until: now.addingSaturated(UInt64(lastPauseSeconds) * 1_000_000_000))
    return true
  }

  /// The attempt was not made, or nobody knows what came of it.
  public mutating func giveBack(_ permit: Permit, at now: UInt64) {
    guard permit.isProbe, permit.round == round, case .probing = state else { return }
    state = .paused(until: now)
  }

  /// The app asked all to wait (Retry-After with 429 or 503). It only lengthens.
  public mutating func wait(until: UInt64) {
    if case .paused(let already) = state, already >= until { return }
    isAsked = true
    pause(until: until)
  }

  /// Somebody says that the app is back: its pause ends now, and one attempt shows whether that is so.
  public mutating func probe(at now: UInt64) {
    if case .paused(let until) = state, until > now { state = .paused(until: now) }
  }

  private var isAsked = false

  private mutating func pause(until: UInt64) {
    state = .paused(until: until)
    round += 1
    failuresInARow = 0
  }
}
