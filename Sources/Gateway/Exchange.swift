public import Formats
public import HTTP
internal import Signing

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

  private let loop: LoopContext
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
  /// How much of it the HMAC has been fed.
  private var hashedBytes = 0
  private var dispatch: Dispatch?
  private let requestID: String
  /// The route whose path it has, be it refused there.
  private var matched: Route?
  private var facts = Facts()
  private var bodyEnd: Moment?
  private var dispatchStart: Moment?
  private var isSenderGone = false

  /// What becomes known of it on its way, for its record.
  private struct Facts {
    var outcome = ExchangeRecord.Outcome.refused
    var reason: String?
    var detail: String?
    var proof: Proof?
    var ageSeconds: Int?
    var trace: TraceID?
    var fieldsLeftBehind = 0
    /// Its position in the route's list.
    var upstream: Int?
    var upstreamStatus: Int?
  }

  public init(
    _ head: RequestHead, from peer: Peer, at arrival: Moment, loop: LoopContext, forwarder: any Forwarder,
    looks: any SecretLooks, reply: any ReplySink
  ) {
    self.head = head
    self.peer = peer
    self.arrival = arrival
    self.loop = loop
    self.forwarder = forwarder
    self.looks = looks
    self.reply = reply
    snapshot = loop.snapshot
    requestID = RequestID.read(head.headers) ?? loop.nextRequestID()
  }

  /// What to say of its answer where the sender does not take it.
  public var untaken: UntakenAnswer { UntakenAnswer(requestID: requestID, remote: remote) }

  private lazy var remote = ClientAddress.text(
    peer: peer, headers: head.headers, trusted: snapshot.trustedProxies)

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
    matched = found.route
    if found.route.traces { facts.trace = TraceParent.read(head.headers) }
    guard found.route.methods.contains(head.method) else {
      throw .methodNotAllowed(allowed: found.route.methods)
    }
    let rest = head.target[found.restStart..<head.pathCount]
    guard rest.withUnsafeBytes({ PathRest.isUnambiguous($0) }) else { throw .ambiguousPath }
    match = found
    if case .length(let length) = head.framing, length > bodyBytesMax { throw .bodyTooLarge }
  }

  private func admit() throws(Rejection) {
    guard loop.admission.enterDelivery(max: snapshot.limits.inFlightMax) else {
      throw .tooBusy(.inFlight)
    }
    body = loop.takeBody()
  }

  // MARK: 2. Collect: the body in memory, the HMAC fed while it streams in

  private func beginCollecting() {
    guard let route = match?.route, let body else { return }
    phase = .collecting
    if case .length(let length) = head.framing { body.expect(length) }
    judgement = Judgement(head, route: route, loop: loop, looks: looks, arrival: arrival) { [self] in
      judged($0, $1)
    }
  }

  /// Takes body bytes; false when a limit was reached and the refusal has been written.
  public func collect(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard phase == .collecting, let body, admit(bytes.count, to: body) else { return false }
    body.append(bytes)
    feed(body, atLeast: Self.hashedBytesMin)
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
    _ = body.take(count)
    feed(body, atLeast: Self.hashedBytesMin)
    return true
  }

  /// Parts of fewer bytes are hashed together: a call for each would cost more than they do.
  private static let hashedBytesMin = 1_024

  private func feed(_ body: BodyBuffer, atLeast count: Int) {
    guard body.count - hashedBytes >= count else { return }
    judgement?.feed(UnsafeRawBufferPointer(rebasing: body.bytes[hashedBytes...]))
    hashedBytes = body.count
  }

  private func admit(_ count: Int, to body: BodyBuffer) -> Bool {
    guard body.count + count <= bodyBytesMax else {
      refuse(.bodyTooLarge)
      return false
    }
    guard loop.admission.take(bytes: count, max: snapshot.limits.inFlightBytesMax) else {
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
    bodyEnd = loop.now()
    feed(body, atLeast: 1)
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
      facts.outcome = .forwarded
      facts.proof = delivery.proof
      facts.ageSeconds = delivery.proof.ageSeconds
      if let context = planContext() { forward(ForwardRequest(verified: delivery, context)) }
    case .refused(let reason):
      if case .stale(let age) = reason { facts.ageSeconds = age }
      show(reason, body)
      guard match?.route.observe == true, let context = planContext() else {
        return refuse(.unverified(reason))
      }
      facts.outcome = .observed
      facts.reason = reason.label
      facts.detail = reason.detail
      forward(ForwardRequest(observed: head, body: body, reason: reason, context))
    }
  }

  /// To whoever asked to see what fails, before the body is given back.
  private func show(_ reason: Unverified, _ body: BodyBuffer) {
    guard let refusals = loop.refusals, let route = match?.route else { return }
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
        isTrusted: snapshot.trustedProxies.contains(peer), requestID: requestID,
        trace: trace(match.route), arrival: arrival, lists: loop.lists)
    }
  }

  /// The sender's trace, or a new one.
  private func trace(_ route: Route) -> TraceContext? {
    guard route.traces else { return nil }
    let trace = facts.trace.map { TraceContext(id: $0, begunSpan: nil) } ?? loop.beginTrace()
    facts.trace = trace.id
    return trace
  }

  // MARK: 5. Dispatch: to the route's upstreams

  private func forward(_ request: ForwardRequest) {
    guard let route = match?.route else { return }
    phase = .dispatching
    facts.fieldsLeftBehind = request.fieldsLeftBehind
    dispatchStart = loop.now()
    let accounts = Dispatch.Accounts(recorder: loop.recorder, arrival: arrival)
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
    if facts.outcome == .observed {
      facts.detail = "no answer, " + (detail.map { "\(reason): \($0)" } ?? reason)
    } else {
      facts.outcome = .failed
      facts.reason = reason
      facts.detail = detail
    }
  }

  private func note(upstream tag: Int, status: Int?) {
    facts.upstream = tag
    facts.upstreamStatus = status
  }

  /// Refuses the delivery at whatever phase it is in; also called by Listening for what the socket shows:
  /// broken framing within the body, or a body that takes too long.
  public func refuse(_ rejection: Rejection) {
    guard phase != .over else { return }
    facts.reason = rejection.label
    facts.detail = rejection.detail
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
    facts.reason = facts.reason ?? reason.description
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
    let end = loop.now()
    phase = .over
    if isSenderGone {
      facts.outcome = .abandoned
      facts.reason = facts.reason ?? "sender-gone"
    }
    record(status: isSenderGone ? 0 : status, end: end)
    release()
  }

  private func record(status: Int, end: Moment) {
    var record = ExchangeRecord(
      head, requestID: requestID, outcome: facts.outcome, status: status, remote: remote)
    record.matched = matched
    record.route = matched?.name
    record.arrived = arrival
    record.trace = facts.trace
    record.bodyBytes = body?.count ?? 0
    record.fieldsLeftBehind = facts.fieldsLeftBehind
    record.reason = facts.reason
    record.detail = facts.detail
    record.secretPosition = facts.proof?.position
    record.secretFingerprint = facts.proof?.fingerprint
    record.ageSeconds = facts.ageSeconds
    record.upstream = facts.upstream.flatMap { match?.route.upstreams[$0].name }
    record.attempts = dispatch?.attempts ?? 0
    record.upstreamStatus = facts.upstreamStatus
    record.totalNanoseconds = end.nanoseconds(since: arrival)
    if let dispatchStart { record.upstreamNanoseconds = end.nanoseconds(since: dispatchStart) }
    if let bodyEnd { record.verifyNanoseconds = (dispatchStart ?? end).nanoseconds(since: bodyEnd) }
    loop.recorder.record(record)
  }

  private func release() {
    judgement?.abandon()
    judgement = nil
    guard let body else { return }
    loop.admission.leaveDelivery()
    loop.admission.giveBack(bytes: body.count)
    if dispatch?.isIdle ?? true { loop.giveBack(body) }
    dispatch.map { loop.lists.giveBack($0.request.headers) }
    loop.lists.giveBack(head.headers)
    self.body = nil
    dispatch = nil
  }
}
