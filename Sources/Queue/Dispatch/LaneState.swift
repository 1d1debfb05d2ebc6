internal import Formats
internal import Gateway

/// What a lane's deliveries are sent by.
struct LaneSettings: Sendable {
  /// Its upstreams are the lane's.
  let route: Route
  let policy: RetryPolicy

  init(_ route: Route) {
    self.route = route
    policy = RetryPolicy(route.durable ?? DurableSettings())
  }
}

/// One lane: who may be sent to now, and when there is something to send. Times are monotonic nanoseconds.
struct LaneState: Sendable {
  /// Nil once the lane has left the configuration.
  private(set) var settings: LaneSettings?
  private(set) var slots: UpstreamSlots
  private(set) var breaker: Breaker
  /// When the first of its jobs that wait is due; nil where none is known.
  private(set) var nextDue: UInt64?
  /// Counts what came in, so that what was asked before does not hide it.
  private(set) var arrivals = 0

  init(_ settings: LaneSettings) {
    let durable = settings.route.durable ?? DurableSettings()
    self.settings = settings
    slots = UpstreamSlots(most: durable.concurrentMax)
    breaker = Breaker(Breaker.Settings(durable))
  }

  /// What a reload brought; nil where the lane is configured no more.
  mutating func adopt(_ settings: LaneSettings?) {
    self.settings = settings
    guard let settings else { return }
    let durable = settings.route.durable ?? DurableSettings()
    slots.resize(most: durable.concurrentMax)
    breaker.use(Breaker.Settings(durable))
  }

  /// Ends a pause that somebody takes to be over.
  mutating func probe(at now: UInt64) { breaker.probe(at: now) }

  /// Leave for so many attempts at most.
  mutating func reserve(_ most: Int, at now: UInt64) -> [Breaker.Permit] {
    var permits: [Breaker.Permit] = []
    guard settings != nil else { return permits }
    while permits.count < most, slots.free > 0, let permit = breaker.permit(at: now) {
      guard slots.take() else { break }
      permits.append(permit)
    }
    return permits
  }

  mutating func end(_ permit: Breaker.Permit, _ end: AttemptConsequence, at now: UInt64) {
    switch end {
    case .alive:
      slots.succeed()
      breaker.succeed(permit)
    case .failed(let pausedUntil):
      slots.giveBack()
      var isPaused = breaker.fail(permit, at: now)
      if let pausedUntil {
        breaker.wait(until: pausedUntil)
        isPaused = true
      }
      if isPaused { slots.slowDown() }
    case .notMade:
      slots.giveBack()
      breaker.giveBack(permit, at: now)
    }
  }

  /// A job waits until then.
  mutating func wait(until due: UInt64) {
    arrivals += 1
    nextDue = min(nextDue ?? .max, due)
  }

  /// What the store has said of it, unless something has come in since it was asked.
  mutating func learn(nextDue: UInt64?, askedAt arrivals: Int) {
    guard arrivals != self.arrivals else { return self.nextDue = nextDue }
    guard let nextDue else { return }
    self.nextDue = min(self.nextDue ?? .max, nextDue)
  }

  func isDue(at now: UInt64) -> Bool { nextDue.map { $0 <= now } ?? false }
}

/// What an attempt's end says of the app.
enum AttemptConsequence: Sendable {
  /// It has taken or refused a delivery.
  case alive
  /// - pausedUntil: the app has asked all to wait.
  case failed(pausedUntil: UInt64?)
  /// Nothing is known of the app.
  case notMade
}
