public import Formats
public import Gateway
internal import HTTP

/// Keeps the deliveries of one event loop, and makes the attempts that are this loop's.
//
// @unchecked Sendable: `caller`, `store` and `dispatcher` are shared as they are; all else is touched on the loop
// alone, which is where `caller` runs what it is given, and where the store answers.
public final class LoopKeeper: Keeper, @unchecked Sendable {
  let caller: any StoreCaller
  let store: Store
  private let dispatcher: Dispatcher
  let sealer: Sealer
  private let forwarder: any Forwarder
  private let recorder: any Recorder
  let now: () -> Moment
  private var random = SystemRandomNumberGenerator()
  private var running: [JobTicket: Running] = [:]

  private struct Running {
    let attempt: QueuedAttempt
    let job: JobToSend
  }

  /// To be made on its loop.
  ///
  /// - Parameter caller: runs things on this loop.
  public init(
    dispatcher: Dispatcher, caller: any StoreCaller, forwarder: any Forwarder, recorder: any Recorder,
    now: @escaping () -> Moment
  ) {
    self.dispatcher = dispatcher
    self.caller = caller
    self.forwarder = forwarder
    self.recorder = recorder
    self.now = now
    store = dispatcher.store
    sealer = Sealer(keys: store.sealKeys)
  }

  // MARK: Keeping

  public func refusal(bodyBytes: Int) -> KeepRefusal? {
    store.refusal(bytes: bodyBytes).map(KeepRefusal.init)
  }

  public func keep(_ delivery: DeliveryToKeep, then answer: @escaping (KeepOutcome) -> Void) {
    let (acceptance, waiting) = prepare(delivery, answer)
    store.accept(acceptance, for: caller) { [self] in accepted($0, waiting.value) }
  }

  func prepare(
    _ delivery: DeliveryToKeep, _ answer: @escaping (KeepOutcome) -> Void
  ) -> (Acceptance, OnLoop<Waiting>) {
    let kept = seal(delivery)
    let lanes = Lane.all(of: delivery.route)
    var permits: [Lane: Breaker.Permit] = [:]
    for lane in lanes { permits[lane] = dispatcher.reserve(lane) }
    let key = delivery.dedupeKey(kept.bodyDigest)
    let hours = Int64(delivery.route.durable?.dedupe.hours ?? 0)
    let until = delivery.accepted.unixMilliseconds.addingSaturated(hours * 3_600_000)
    let acceptance = Acceptance(
      delivery: kept, jobs: lanes.map { .init(lane: $0, startsNow: permits[$0] != nil) },
      dedupe: key.map { .init(key: $0, until: until) })
    let waiting = Waiting(
      request: delivery.request, kept: kept, lanes: lanes, permits: permits, answer: answer)
    return (acceptance, OnLoop(waiting))
  }

  struct Waiting {
    let request: StoredRequest
    let kept: KeptDelivery
    let lanes: [Lane]
    let permits: [Lane: Breaker.Permit]
    let answer: (KeepOutcome) -> Void
  }

  private func seal(_ delivery: DeliveryToKeep) -> KeptDelivery {
    let accepted = delivery.accepted.unixMilliseconds
    let id = PublicID(unixMilliseconds: accepted, random: (random.next(), random.next()))
    let facts = DeliveryFacts(
      id: id, route: delivery.route.name, accepted: accepted, signed: delivery.signed,
      requestID: delivery.requestID, remote: delivery.remote, method: delivery.request.method,
      target: delivery.target)
    return sealer.seal(facts, head: delivery.head, body: delivery.request.body, proof: delivery.proof)
  }

  func accepted(_ outcome: AcceptOutcome, _ waiting: Waiting) {
    let (facts, lanes) = (waiting.kept.facts, waiting.lanes)
    switch outcome {
    case .stored(let starts, let other):
      // The sender first: it has waited for the disk.
      waiting.answer(.stored(facts.id, otherBodyOf: other))
      for lane in lanes {
        guard let ticket = starts.first(where: { $0.lane == lane }), let permit = waiting.permits[lane] else {
          giveBack(waiting.permits[lane], of: lane)
          dispatcher.wait(lane, until: now().unixMilliseconds)
          continue
        }
        let history = RetryPolicy.History(attempts: 1, budgetFrom: facts.accepted, lateAttempts: 0)
        send(JobToSend(ticket, history, permit, facts, waiting.request))
      }
    case .duplicate(let first, let isRevived):
      waiting.answer(.duplicate(of: first, isRevived: isRevived))
      giveBack(waiting)
      if isRevived { for lane in lanes { dispatcher.wait(lane, until: now().unixMilliseconds) } }
    case .refused(let refusal):
      waiting.answer(.refused(KeepRefusal(refusal)))
      giveBack(waiting)
    }
  }

  func giveBack(_ waiting: Waiting) {
    for (lane, permit) in waiting.permits { giveBack(permit, of: lane) }
  }

  private func giveBack(_ permit: Breaker.Permit?, of lane: Lane) {
    if let permit { dispatcher.end(lane, permit, .notMade) }
  }

  // MARK: What is due

  /// Reads back jobs of a lane, and sends them.
  ///
  /// - Parameter learn: is told when the next one is due, Unix milliseconds, and whether there was none now.
  func claim(
    _ lane: Lane, _ permits: [Breaker.Permit], learn: @escaping @Sendable (_ nextDue: Int64?, Bool) -> Void
  ) {
    store.claim(lane, limit: permits.count, for: caller) { [self] result in
      guard case .success(let claim) = result else {
        learn(now().unixMilliseconds, true)
        for permit in permits { dispatcher.end(lane, permit, .notMade) }
        return
      }
      learn(claim.nextDue, claim.jobs.isEmpty)
      for permit in permits.dropFirst(claim.jobs.count) { dispatcher.end(lane, permit, .notMade) }
      for (job, permit) in zip(claim.jobs, permits) { send(job, permit) }
    }
  }

  /// Only what its seal proves is sent.
  private func send(_ job: ClaimedJob, _ permit: Breaker.Permit) {
    do {
      let sealed = try sealer.check(job.delivery)
      // Jobs are not sealed: one that was moved to another route would be sent under that route's mark.
      guard sealed.facts.route == job.ticket.lane.route else { throw SealFault.broken }
      send(JobToSend(job.ticket, job.history, permit, sealed.facts, try StoredRequest(sealed)))
    } catch SealFault.broken {
      unsendable(job, permit, .dead(.sealBroken), nil)
    } catch {
      // Another key's, or a later version's: it is there again with the right file or program.
      let due = now().unixMilliseconds + Self.unreadableMilliseconds
      unsendable(job, permit, .retry(due: due, isLate: false), "unreadable")
    }
  }

  private static let unreadableMilliseconds: Int64 = 300_000

  private func unsendable(
    _ job: ClaimedJob, _ permit: Breaker.Permit, _ next: AttemptReport.Next, _ reason: String?
  ) {
    let now = now()
    var record = QueuedAttemptRecord(
      delivery: job.delivery.facts.id, route: job.ticket.lane.route, upstream: job.ticket.lane.upstream,
      attempt: job.ticket.attempt, outcome: .dead, reason: reason ?? DeathReason.sealBroken.rawValue,
      nanoseconds: 0, millisecondsSinceAccepted: 0)
    if case .retry(let due, _) = next {
      record.outcome = .retried
      record.millisecondsToNext = due - now.unixMilliseconds
    }
    dispatcher.end(job.ticket.lane, permit, .notMade)
    write(
      AttemptReport(ticket: job.ticket, at: now.unixMilliseconds, milliseconds: 0, reason: reason, next: next)
    )
    recorder.record(record)
  }

  // MARK: Attempts

  private func send(_ job: JobToSend) {
    guard let settings = dispatcher.settings(of: job.ticket.lane) else {
      dispatcher.end(job.ticket.lane, job.permit, .notMade)
      let now = now().unixMilliseconds
      return write(AttemptReport(ticket: job.ticket, at: now, milliseconds: 0, next: .giveBack))
    }
    let begin = now()
    let fields = AttemptFields(id: job.facts.id, attempt: job.ticket.attempt, isReplay: job.isReplay)
    let attempt = QueuedAttempt(
      job.request, fields, route: settings.route, forwarder: forwarder, recorder: recorder, begin: begin,
      answerBytesMax: AttemptReport.answerBytesMax
    ) { [self] in ended(job, settings, $0, begin: begin) }
    running[job.ticket] = Running(attempt: attempt, job: job)
    attempt.start()
  }

  private func ended(_ job: JobToSend, _ settings: LaneSettings, _ end: QueuedAttempt.End, begin: Moment) {
    let policy = settings.policy
    guard running.removeValue(forKey: job.ticket) != nil else { return }
    let now = now()
    let outcome = RetryPolicy.Outcome(end.result, now: now.unixMilliseconds)
    let decision = policy.decide(
      outcome, job.history, now: now.unixMilliseconds, isClockTrusted: store.status.isClockTrusted,
      random: random.next())
    let ending = AttemptEnding(
      job, end, decision, among: settings.route.upstreams.count, begin: begin, end: now)
    dispatcher.end(job.ticket.lane, job.permit, decision.consequence(outcome, policy, now))
    // What is told is on its way to the store: a repetition that comes at once finds it there.
    write(ending.report)
    recorder.record(ending.record)
  }

  private func write(_ report: AttemptReport) {
    let lane = report.ticket.lane
    store.record(report, for: caller) { [dispatcher] _ in
      guard dispatcher.settings(of: lane) != nil else { return dispatcher.reconcile() }
      switch report.next {
      case .retry(let due, _): dispatcher.wait(lane, until: due)
      case .giveBack: dispatcher.wait(lane, until: report.at)
      case .delivered, .dead: break
      }
    }
  }

  /// Cuts off what is under way.
  func giveBack() {
    let now = now()
    for (ticket, running) in running {
      running.attempt.cancel()
      dispatcher.end(ticket.lane, running.job.permit, .notMade)
      write(AttemptReport(ticket: ticket, at: now.unixMilliseconds, milliseconds: 0, next: .giveBack))
      recorder.record(
        QueuedAttemptRecord(
          delivery: running.job.facts.id, route: ticket.lane.route, upstream: ticket.lane.upstream,
          attempt: ticket.attempt, outcome: .cancelled, reason: "shutdown", nanoseconds: 0,
          millisecondsSinceAccepted: now.unixMilliseconds.subtractingSaturated(running.job.facts.accepted)))
    }
    running = [:]
  }
}

extension Lane {
  /// Where a route's deliveries go.
  static func all(of route: Route) -> [Lane] {
    switch route.deliver {
    case .first: [Lane(route: route.name)]
    case .all:
      // The same URL twice is one lane.
      route.upstreams.reduce(into: []) { lanes, upstream in
        let lane = Lane(route: route.name, upstream: upstream.name)
        if !lanes.contains(lane) { lanes.append(lane) }
      }
    }
  }
}
