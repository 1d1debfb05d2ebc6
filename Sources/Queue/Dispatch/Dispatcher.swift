public import Formats
public import Gateway
internal import Synchronization

/// Decides which deliveries are sent when, for all loops together: what waits, whose app may be sent to, and which loop
/// takes what is due. Nothing but retries comes this way; first attempts only ask for leave.
public final class Dispatcher: Sendable {
  /// Jobs that are read back at once.
  static let claimMax = 16
  /// Between two questions about what waits: a clock that was set, an operator, a failure of the store may change it.
  private static let surveyNanoseconds: UInt64 = 5_000_000_000
  /// Before the store is asked again that had nothing, or has failed.
  private static let pauseNanoseconds: UInt64 = 50_000_000

  private struct State {
    var routes: [String: Route] = [:]
    var lanes: [Lane: LaneState] = [:]
    /// Lanes with something that waits; the first has its turn next.
    var waiting: [Lane] = []
    var keepers: [LoopKeeper] = []
    var nextKeeper = 0
    var underWay = 0
    var isDraining = false
    var surveyAt: UInt64 = 0
  }

  let store: Store
  private let attemptsMax: Int
  let now: @Sendable () -> Moment
  private let state = Mutex(State())

  /// - Parameter attemptsMax: under way at once, of all lanes.
  public init(store: Store, attemptsMax: Int, now: @escaping @Sendable () -> Moment) {
    self.store = store
    self.attemptsMax = attemptsMax
    self.now = now
  }

  /// A loop that takes part from now on.
  public func add(_ keeper: LoopKeeper) { state.withLock { $0.keepers.append(keeper) } }

  // MARK: The configuration

  /// Takes the routes of a start or a reload. Jobs whose lane is gone are parked, and taken back once it is
  /// there again.
  public func adopt(_ routes: RouteTable) {
    state.withLock { state in
      state.routes = Dictionary(routes.all.map { ($0.name, $0) }) { first, _ in first }
      for lane in state.lanes.keys { state.lanes[lane]?.adopt(Self.settings(of: lane, state.routes)) }
      state.lanes = state.lanes.filter { $0.value.settings != nil || $0.value.slots.underWay > 0 }
      state.waiting.removeAll { state.lanes[$0]?.settings == nil }
    }
    reconcile()
  }

  private static func settings(of lane: Lane, _ routes: [String: Route]) -> LaneSettings? {
    guard let route = routes[lane.route] else { return nil }
    guard !lane.upstream.isEmpty else {
      return LaneSettings(route.deliver == .first ? route : route.reduced(to: route.upstreams))
    }
    guard let upstream = route.upstreams.first(where: { $0.name == lane.upstream }) else { return nil }
    return LaneSettings(route.reduced(to: [upstream]))
  }

  func reconcile() {
    guard let caller = anyCaller else { return }
    let routes = state.withLock { $0.routes }
    store.reconcile(Lane.all(of: routes.values), for: caller) { [weak self] _ in self?.survey() }
  }

  private var anyCaller: (any StoreCaller)? { state.withLock { $0.keepers.first?.caller } }

  /// What a lane's deliveries are sent by; nil where it is configured no more.
  func settings(of lane: Lane) -> LaneSettings? {
    state.withLock { state in Self.ensure(lane, &state) ? state.lanes[lane]?.settings : nil }
  }

  /// False where the configuration has no such lane.
  private static func ensure(_ lane: Lane, _ state: inout State) -> Bool {
    if let known = state.lanes[lane] { return known.settings != nil }
    guard let settings = settings(of: lane, state.routes) else { return false }
    state.lanes[lane] = LaneState(settings)
    return true
  }

  // MARK: Leave for attempts

  /// Leave to begin an attempt now, or none: it goes back by `end`.
  func reserve(_ lane: Lane) -> Breaker.Permit? {
    let uptime = now().uptimeNanoseconds
    return state.withLock { state in
      guard !state.isDraining, state.underWay < attemptsMax, Self.ensure(lane, &state) else { return nil }
      let permit = state.lanes[lane]?.reserve(1, at: uptime).first
      if permit != nil { state.underWay += 1 }
      return permit
    }
  }

  func end(_ lane: Lane, _ permit: Breaker.Permit, _ consequence: AttemptConsequence) {
    let uptime = now().uptimeNanoseconds
    state.withLock { state in
      state.underWay -= 1
      state.lanes[lane]?.end(permit, consequence, at: uptime)
      if let lost = state.lanes[lane], lost.settings == nil, lost.slots.underWay == 0 {
        state.lanes[lane] = nil
      }
    }
    pump()
  }

  // MARK: What waits

  /// A job of this lane waits until then, Unix milliseconds.
  func wait(_ lane: Lane, until due: Int64) {
    let now = now()
    state.withLock { state in
      guard Self.ensure(lane, &state) else { return }
      state.lanes[lane]?.wait(until: Self.uptime(of: due, now))
      if !state.waiting.contains(lane) { state.waiting.append(lane) }
    }
    if due <= now.unixMilliseconds { pump() }
  }

  /// Waiting is done by the clock that nobody sets.
  private static func uptime(of due: Int64, _ now: Moment) -> UInt64 {
    let wait = max(0, due.subtractingSaturated(now.unixMilliseconds))
    let nanoseconds = UInt64(wait).multipliedReportingOverflow(by: 1_000_000)
    return now.uptimeNanoseconds.addingSaturated(nanoseconds.overflow ? .max : nanoseconds.partialValue)
  }

  /// To be called some times a second.
  public func tick() {
    let uptime = now().uptimeNanoseconds
    let isSurveyDue = state.withLock { state in
      guard uptime >= state.surveyAt, !state.isDraining else { return false }
      state.surveyAt = uptime + Self.surveyNanoseconds
      return true
    }
    if isSurveyDue { survey() }
    pump()
  }

  /// Ends these lanes' pauses: one attempt in each shows whether its app is back.
  public func probe(_ lanes: Set<Lane>) {
    let uptime = now().uptimeNanoseconds
    state.withLock { state in
      for lane in lanes { state.lanes[lane]?.probe(at: uptime) }
    }
  }

  /// Asks the store what waits: somebody has changed it.
  public func survey() {
    guard let caller = anyCaller else { return }
    store.dues(for: caller) { [weak self] result in
      guard let self, case .success(let dues) = result else { return }
      for due in dues { wait(due.lane, until: due.due) }
    }
  }

  private struct Order {
    let lane: Lane
    let permits: [Breaker.Permit]
    let arrivals: Int
    let keeper: LoopKeeper
  }

  /// Has read back what is due, as far as there is leave for it.
  func pump() {
    while let order = nextOrder() {
      order.keeper.claim(order.lane, order.permits) { [weak self] nextDue, isEmpty in
        self?.learn(order, nextDue: nextDue, isEmpty: isEmpty)
      }
    }
  }

  /// One lane after the other, so that none waits for the others' ends.
  private func nextOrder() -> Order? {
    let uptime = now().uptimeNanoseconds
    return state.withLock { state in
      guard !state.isDraining, !state.keepers.isEmpty else { return nil }
      for (place, lane) in state.waiting.enumerated() where state.lanes[lane]?.isDue(at: uptime) == true {
        let most = min(attemptsMax - state.underWay, Self.claimMax)
        guard most > 0 else { return nil }
        guard let permits = state.lanes[lane]?.reserve(most, at: uptime), !permits.isEmpty else { continue }
        state.underWay += permits.count
        state.waiting.remove(at: place)
        state.waiting.append(lane)
        state.nextKeeper = (state.nextKeeper + 1) % state.keepers.count
        // What else is due there is known when this has been answered.
        let arrivals = state.lanes[lane]?.arrivals ?? 0
        state.lanes[lane]?.learn(nextDue: nil, askedAt: arrivals)
        return Order(
          lane: lane, permits: permits, arrivals: arrivals, keeper: state.keepers[state.nextKeeper])
      }
      return nil
    }
  }

  /// - Parameter nextDue: of what the lane has left, Unix milliseconds.
  private func learn(_ order: Order, nextDue: Int64?, isEmpty: Bool) {
    let now = now()
    state.withLock { state in
      var due = nextDue.map { Self.uptime(of: $0, now) }
      // Something is due and was not handed out: a store that is careful, or has failed.
      if isEmpty, let asked = due { due = max(asked, now.uptimeNanoseconds + Self.pauseNanoseconds) }
      state.lanes[order.lane]?.learn(nextDue: due, askedAt: order.arrivals)
      if state.lanes[order.lane]?.nextDue == nil { state.waiting.removeAll { $0 == order.lane } }
    }
    // There may be leave for more than one page.
    if !isEmpty { pump() }
  }

  // MARK: The end

  public var underWay: Int { state.withLock { $0.underWay } }

  /// Routes are known, and what is begun is to be finished.
  var isAtWork: Bool { state.withLock { !$0.isDraining && !$0.routes.isEmpty } }

  /// From now on nothing is begun; what is under way goes on.
  public func beginDraining() { state.withLock { $0.isDraining = true } }

  /// Ends what is under way: it is sent again by the next start.
  public func giveBack() {
    for keeper in state.withLock({ $0.keepers }) { keeper.caller.execute { keeper.giveBack() } }
  }

  // MARK: How things stand

  /// One lane, for operators.
  public struct LaneStatus: Sendable {
    public let lane: Lane
    public let underWay: Int
    /// For further attempts, now.
    public let freeSlots: Int
    /// Until the next attempt may be made, milliseconds; nil where nothing keeps it.
    public let pausedForMilliseconds: Int64?
    /// Until the first job that waits is due, milliseconds; negative where it is late.
    public let nextDueInMilliseconds: Int64?
  }

  /// Names of those that are in force.
  public var durableRoutes: [String] {
    state.withLock { state in state.routes.values.filter(\.isDurable).map(\.name) }
  }

  public var lanes: [LaneStatus] {
    let uptime = now().uptimeNanoseconds
    let milliseconds = { (instant: UInt64) in (Int64(clamping: instant) - Int64(clamping: uptime)) / 1_000_000
    }
    return state.withLock { state in
      state.lanes.map { lane, state in
        LaneStatus(
          lane: lane, underWay: state.slots.underWay, freeSlots: state.slots.free,
          pausedForMilliseconds: state.breaker.isPaused
            ? max(0, milliseconds(state.breaker.pausedUntil ?? uptime)) : nil,
          nextDueInMilliseconds: state.nextDue.map(milliseconds))
      }
    }
  }
}
