/// The way of one delivery, top to bottom:
///
///     match -> collect -> verify -> plan -> dispatch -> reply -> record
///
/// Listening feeds it what the sender sends, Forwarding does the attempts, and both call on the delivery's
/// own event loop. Each phase is one function below, in this order.
public final class Exchange {
  private enum Phase {
    case matching
    case collecting
    case verifying
    case dispatching
    case over
  }

  private let lane: Lane
  private let forwarder: any Forwarder
  private let looks: any SecretLooks
  private let reply: any ReplySink
  private let peer: Peer
  private let arrival: Moment
  /// The settings that the delivery began with; a reload meanwhile does not touch them.
  private let snapshot: Snapshot

  private var phase = Phase.matching
  private let head: RequestHead
  private var match: RouteTable.Match?
  private var judgement: Judgement?
  private var body: BodyBuffer?
  private var dispatch: Dispatch?
  private var record: ExchangeRecord
  private var bodyEnd: Moment?
  private var dispatchStart: Moment?
  private var isSenderGone = false

  public init(
    _ head: RequestHead, from peer: Peer, at arrival: Moment, lane: Lane, forwarder: any Forwarder,
    looks: any SecretLooks, reply: any ReplySink
  ) {
    self.head = head
    self.peer = peer
    self.arrival = arrival
    self.lane = lane
    self.forwarder = forwarder
    self.looks = looks
    self.reply = reply
    snapshot = lane.snapshot
    record = ExchangeRecord(
      requestID: RequestID.read(head.headers) ?? lane.nextRequestID(), outcome: .refused, status: 0,
      remote: ClientAddress.text(peer: peer, headers: head.headers, trusted: snapshot.trustedProxies),
      method: head.method, path: head.pathText)
    record.arrivedUnixMilliseconds = arrival.unixMilliseconds
  }

  /// What to say of its answer where the sender does not take it.
  public var untaken: UntakenAnswer { UntakenAnswer(requestID: record.requestID, remote: record.remote) }

  /// Body bytes that this delivery may have: the route's limit once it is matched.
  public var bodyBytesMax: Int { match?.route.bodyBytesMax ?? snapshot.limits.bodyBytesMax }

  // MARK: 1. Match: route and limits, before any body is read

  /// Whether the body is wanted. When it is not, the refusal has been written already.
  public func begin() -> Bool {
    do {
      try matchRoute()
      try admit()
    } catch {
      refuse(error)
      return false
    }
    beginCollecting()
    return true
  }

  private func matchRoute() throws(Rejection) {
    guard let found = snapshot.routes.match(head) else { throw .noSuchPath }
    record.route = found.route.name
    record.matched = found.route
    if found.route.traces { record.trace = TraceParent.read(head.headers) }
    guard found.route.methods.contains(head.method) else {
      throw .methodNotAllowed(allowed: found.route.methods)
    }
    let rest = head.target[found.restStart..<head.pathCount]
    guard rest.withUnsafeBytes({ PathRest.isUnambiguous($0) }) else { throw .ambiguousPath }
    match = found
    if case .length(let length) = head.framing, length > bodyBytesMax { throw .bodyTooLarge }
  }

  private func admit() throws(Rejection) {
    guard lane.occupancy.enterDelivery(max: snapshot.limits.inFlightMax) else {
      throw .tooBusy(.inFlight)
    }
    body = lane.takeBody()
  }

  // MARK: 2. Collect: the body in memory, the HMAC fed while it streams in

  private func beginCollecting() {
    guard let route = match?.route, let body else { return }
    phase = .collecting
    if case .length(let length) = head.framing { body.reserve(length) }
    judgement = Judgement(head, route: route, lane: lane, looks: looks, arrival: arrival) { [self] in
      judged($0, $1)
    }
  }

  /// Takes body bytes; false when a limit was reached and the refusal has been written.
  public func collect(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard phase == .collecting, let body, admit(bytes.count, to: body) else { return false }
    body.append(bytes)
    judgement?.feed(bytes)
    return true
  }

  /// Where the next bytes of a body whose length was said may be put, at most `bytesMax`, so that they need not
  /// be copied; nil where no body is wanted any more. The room is for the next call of `collected`.
  public func room(_ bytesMax: Int) -> UnsafeMutableRawBufferPointer? {
    guard phase == .collecting, let room = body?.room(for: bytesMax), room.count > 0 else { return nil }
    return room
  }

  /// Takes so many bytes that were put into `room`; false as of `collect`.
  public func collected(_ count: Int) -> Bool {
    guard phase == .collecting, let body, admit(count, to: body) else { return false }
    let bytes = body.take(count)
    judgement?.feed(bytes)
    return true
  }

  private func admit(_ count: Int, to body: BodyBuffer) -> Bool {
    guard body.count + count <= bodyBytesMax else {
      refuse(.bodyTooLarge)
      return false
    }
    guard lane.occupancy.take(bytes: count, max: snapshot.limits.inFlightBytesMax) else {
      refuse(.tooBusy(.inFlightBytes))
      return false
    }
    return true
  }

  // MARK: 3. Verify: who signed it, and when

  /// The body is complete.
  public func bodyEnded() {
    guard phase == .collecting, let body else { return }
    phase = .verifying
    bodyEnd = lane.now()
    judgement?.bodyEnded(body)
  }

  private func judged(_ result: Judgement.Result, _ body: BodyBuffer) {
    judgement = nil
    switch result {
    case .verdict(let verdict): judged(verdict, body)
    case .undecided(let rejection):
      // Where the route observes, nothing is refused.
      if match?.route.observe == true { return judged(.refused(.mismatch), body) }
      refuse(rejection)
    }
  }

  private func judged(_ verdict: Verdict, _ body: BodyBuffer) {
    switch verdict {
    case .verified(let delivery):
      record.outcome = .forwarded
      record.secretPosition = delivery.proof.position
      record.secretFingerprint = delivery.proof.fingerprint
      record.ageSeconds = delivery.proof.ageSeconds
      if let context = planContext() { forward(ForwardRequest(verified: delivery, context)) }
    case .refused(let reason):
      if case .stale(let age) = reason { record.ageSeconds = age }
      show(reason, body)
      guard match?.route.observe == true, let context = planContext() else {
        return refuse(.unverified(reason))
      }
      record.outcome = .observed
      record.reason = reason.label
      record.detail = reason.detail
      forward(ForwardRequest(observed: head, body: body, reason: reason, context))
    }
  }

  /// To whoever asked to see what fails, before the body is given back.
  private func show(_ reason: Unverified, _ body: BodyBuffer) {
    guard let refusals = lane.refusals, let route = match?.route else { return }
    refusals.refused(
      RefusedDelivery(
        head: head, body: body, route: route, secrets: snapshot.secrets[route.secretFileIndex],
        reason: reason, arrival: arrival))
  }

  // MARK: 4. Plan: what leaves, with our mark and without the sender's own

  private func planContext() -> PlanContext? {
    match.map { match in
      PlanContext(
        route: match.route, markNames: snapshot.routes.markNames, restStart: match.restStart, peer: peer,
        isTrusted: snapshot.trustedProxies.contains(peer), requestID: record.requestID,
        trace: trace(match.route), arrival: arrival)
    }
  }

  /// The sender's trace, or a new one.
  private func trace(_ route: Route) -> TraceContext? {
    guard route.traces else { return nil }
    let trace = record.trace.map { TraceContext(id: $0, begunSpan: nil) } ?? lane.beginTrace()
    record.trace = trace.id
    return trace
  }

  // MARK: 5. Dispatch: to the route's upstreams

  private func forward(_ request: ForwardRequest) {
    guard let route = match?.route else { return }
    phase = .dispatching
    dispatchStart = lane.now()
    let accounts = Dispatch.Accounts(recorder: lane.recorder, arrival: arrival)
    let dispatch = Dispatch(
      request, route: route, forwarder: forwarder, reply: reply, accounts: accounts
    ) { [self] in dispatched($0) }
    self.dispatch = dispatch
    dispatch.start()
  }

  /// The sender takes answer bytes again.
  public func replyDrained() { dispatch?.replyDrained() }

  // MARK: 6. Reply: the upstream's answer, or why there is none

  private func dispatched(_ result: Dispatch.Result) {
    switch result {
    case .answered(let tag, let answer):
      note(upstream: tag, status: answer.status)
      finish(status: answer.status)
    case .failed(let tag, let failure):
      note(upstream: tag, status: nil)
      fail(failure.label, failure.detail)
      reply.refuse(.upstream(failure))
      finish(status: Rejection.upstream(failure).status)
    case .brokeOff(let tag, let failure):
      note(upstream: tag, status: nil)
      fail(failure.label, failure.detail)
      finish(status: 0)
    }
  }

  /// What an observing route forwards unverified keeps its outcome and its reason: `failed` is said of
  /// genuine deliveries, and somebody is called for them.
  private func fail(_ reason: String, _ detail: String? = nil) {
    if record.outcome == .observed {
      record.detail = "no answer, " + (detail.map { "\(reason): \($0)" } ?? reason)
    } else {
      record.outcome = .failed
      record.reason = reason
      record.detail = detail
    }
  }

  private func note(upstream tag: Int, status: Int?) {
    record.upstream = match?.route.upstreams[tag].name
    record.upstreamStatus = status
  }

  /// Refuses the delivery at whatever phase it is in; also called by Listening for what the socket shows:
  /// broken framing within the body, or a body that takes too long.
  public func refuse(_ rejection: Rejection) {
    guard phase != .over else { return }
    record.reason = rejection.label
    record.detail = rejection.detail
    reply.refuse(rejection)
    finish(status: rejection.status)
  }

  /// The sender went away, or is given up for `reason`. A delivery that is on its way to an upstream
  /// completes: the app may be acting on it. One that is still arriving ends here.
  public func senderGone(_ reason: StaticText = "sender-gone") {
    guard phase != .over else { return }
    isSenderGone = true
    if phase == .dispatching, dispatch?.isStreaming != true { return }
    dispatch?.cancel()
    if let (tag, answer) = dispatch?.streamed { note(upstream: tag, status: answer.status) }
    record.reason = record.reason ?? reason.description
    finish(status: 0)
  }

  /// The gateway ends before the delivery does. Whether the app got it is unknown, so its sender gets no
  /// answer and tries again.
  public func giveUp() {
    guard phase != .over else { return }
    dispatch?.cancel()
    fail("shutdown")
    finish(status: 0)
  }

  // MARK: 7. Record: one finished exchange, its places given back

  /// Once: where an answer meets a connection that is gone, its writing ends the exchange already.
  private func finish(status: Int) {
    guard phase != .over else { return }
    let end = lane.now()
    phase = .over
    record.bodyBytes = body?.count ?? 0
    record.status = isSenderGone ? 0 : status
    record.attempts = dispatch?.attempts ?? 0
    if isSenderGone {
      record.outcome = .abandoned
      record.reason = record.reason ?? "sender-gone"
    }
    record.totalNanoseconds = end.nanoseconds(since: arrival)
    if let dispatchStart {
      record.upstreamNanoseconds = end.nanoseconds(since: dispatchStart)
    }
    if let bodyEnd { record.verifyNanoseconds = (dispatchStart ?? end).nanoseconds(since: bodyEnd) }
    lane.recorder.record(record)
    release()
  }

  private func release() {
    judgement?.abandon()
    judgement = nil
    guard let body else { return }
    lane.occupancy.leaveDelivery()
    lane.occupancy.giveBack(bytes: body.count)
    if dispatch?.isIdle ?? true { lane.giveBack(body) }
    self.body = nil
    dispatch = nil
  }
}
