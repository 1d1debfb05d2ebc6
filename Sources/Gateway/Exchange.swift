public import Formats
public import HTTP
internal import Signing

/// The way of one delivery, top to bottom:
///
///     match -> collect -> verify -> plan -> dispatch -> reply -> record
///
/// On a durable route `keep` stands in the place of `dispatch`: the app gets it from the store.
///
/// Listening feeds it what the sender sends, Forwarding does the attempts, and both call on the delivery's
/// own event loop. Each phase is one function below, in this order.
public final class Exchange {
  enum Phase {
    case matching
    case collecting
    case verifying
    case dispatching
    case keeping
    case joining
    case over
  }

  let loop: LoopContext
  private let forwarder: any Forwarder
  let sender: any ReplySink
  let peer: Peer
  let arrival: Moment
  /// What waits for its end, where the gateway has made it itself; nil of all that a sender sent.
  let test: TestDelivery?
  /// The settings that the delivery began with; a reload meanwhile does not touch them.
  let snapshot: Snapshot

  var phase = Phase.matching
  let head: RequestHead
  var found: RouteTable.Match?
  private(set) var verification: Verification?
  /// What it is still to be judged by first, for the barrier of a revocation.
  private var unsettled: KeyRing?
  var body: BodyBuffer?
  /// How much of it the HMAC has been fed.
  private var hashedBytes = 0
  var attempts: Attempts?
  var relay: ResponseRelay?
  /// On a route that knows repetitions, what those are told that come while it is under way.
  var first: FirstDelivery?
  let requestID: String
  /// The route whose path it has, be it refused there.
  var matched: Route?
  var draft = RecordDraft()
  var bodyEnd: Moment?
  var dispatchStart: Moment?
  var isSenderGone = false

  public convenience init(
    _ head: RequestHead, from peer: Peer, at arrival: Moment, loop: LoopContext, forwarder: any Forwarder,
    reply sender: any ReplySink
  ) {
    self.init(head, from: peer, at: arrival, loop: loop, forwarder: forwarder, reply: sender, test: nil)
  }

  /// - Parameter test: nobody outside of this room has one to give.
  init(
    _ head: RequestHead, from peer: Peer, at arrival: Moment, loop: LoopContext, forwarder: any Forwarder,
    reply sender: any ReplySink, test: TestDelivery?
  ) {
    self.head = head
    self.peer = peer
    self.arrival = arrival
    self.loop = loop
    self.forwarder = forwarder
    self.sender = sender
    self.test = test
    snapshot = loop.snapshot
    requestID = RequestID.read(head.headers) ?? loop.nextRequestID()
  }

  /// What to say of its answer where the sender does not take it.
  public var untaken: UntakenAnswer { UntakenAnswer(requestID: requestID, remote: remote) }

  lazy var remote = ClientAddress.text(
    peer: peer, headers: head.headers, trusted: snapshot.trustedProxies)

  /// Body bytes that this delivery may have: the route's limit once it is matched.
  public var bodyBytesMax: Int { found?.route.bodyBytesMax ?? snapshot.limits.bodyBytesMax }

  // MARK: 1. Match: route and limits, before any body is read

  /// Whether the body is wanted. When it is not, the refusal has been written already.
  public func begin() -> Bool {
    do {
      try match()
      try admit()
    } catch {
      refuse(error)
      return false
    }
    beginCollecting()
    return true
  }

  private func match() throws(Rejection) {
    guard let found = snapshot.routes.match(head) else { throw .noSuchPath }
    matched = found.route
    if let test { try test.check(found.route) }
    if found.route.traces { draft.trace = TraceParent.read(head.headers) }
    guard found.route.methods.contains(head.method) else {
      throw .methodNotAllowed(allowed: found.route.methods)
    }
    let rest = head.target[found.restStart..<head.pathCount]
    guard rest.withUnsafeBytes({ PathRest.isUnambiguous($0) }) else { throw .ambiguousPath }
    self.found = found
    if case .length(let length) = head.framing, length > bodyBytesMax { throw .bodyTooLarge }
    if found.route.isDurable { try askKeeper() }
  }

  private func admit() throws(Rejection) {
    guard loop.admission.enterDelivery(max: snapshot.limits.inFlightMax) else {
      throw .tooBusy(.inFlight)
    }
    body = loop.takeBody()
  }

  // MARK: 2. Collect: the body in memory, the HMAC fed while it streams in

  private func beginCollecting() {
    guard let route = found?.route, let body else { return }
    phase = .collecting
    if case .length(let length) = head.framing { body.expect(length) }
    verification = Verification(
      head, route: route, ring: loop.ring(route.secretFileIndex), admission: loop.admission, arrival: arrival)
    unsettled = verification?.begin()
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
    verification?.feed(UnsafeRawBufferPointer(rebasing: body.bytes[hashedBytes...]))
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
    let now = loop.now()
    bodyEnd = now
    feed(body, atLeast: 1)
    guard let surroundings = surroundings(now), let step = verification?.bodyEnded(surroundings) else {
      return
    }
    settle()
    verify(step)
  }

  /// The look at the secret file that it waited for is over.
  func looked(_ end: LookEnd) {
    guard let surroundings = surroundings(loop.now()), let path = secretFile, verification != nil else {
      return
    }
    loop.forget(self, path: path)
    if let step = verification?.looked(end, surroundings) { verify(step) }
  }

  /// While it waited.
  func secretsChanged() {
    guard let surroundings = surroundings(loop.now()) else { return }
    if let step = verification?.judgeAnew(surroundings) { verify(step) }
  }

  func waitExpired() {
    if let step = verification?.waitExpired() { verify(step) }
  }

  /// The one that its route names, as it was when the delivery began.
  private var secretFile: String? {
    guard let route = found?.route else { return nil }
    return snapshot.secrets[route.secretFileIndex].path
  }

  private func surroundings(_ now: Moment) -> Verification.Surroundings? {
    guard let body, let path = secretFile else { return nil }
    return Verification.Surroundings(body: body, ring: loop.ring(path: path), now: now)
  }

  /// Does what the verification's step says.
  private func verify(_ step: Verification.Step) {
    switch step {
    case .wait(for: .look, until: let end):
      if let path = secretFile { loop.look(self, path: path, until: end) }
    case .wait(for: .news, until: let end):
      if let path = secretFile { loop.wait(self, path: path, until: end) }
    case .verdict(let verdict):
      if case .refused(.mismatch) = verdict { quarantine(Unverified.mismatch.label) }
      endVerification()
      judged(verdict)
    case .undecided(let rejection):
      quarantine(rejection.label)
      endVerification()
      // Where the route observes, nothing is refused.
      if found?.route.observe == true { judged(.refused(.mismatch)) } else { refuse(rejection) }
    }
  }

  private func judged(_ verdict: Verdict) {
    switch verdict {
    case .verified(let delivery):
      draft.verified(delivery.proof)
    case .refused(let reason):
      if case .stale(let age) = reason { draft.ageSeconds = age }
      show(reason)
      guard found?.route.observe == true else { return refuse(.unverified(reason)) }
      draft.observed(reason)
    }
    guard found?.route.isPlain == true else { return goOn(verdict) }
    if let request = plan(verdict) { dispatch(request) }
  }

  /// To whoever asked to see what fails, before the body is given back. What the gateway signed itself tells nobody
  /// why a sender's deliveries fail.
  private func show(_ reason: Unverified) {
    guard test == nil, let refusals = loop.refusals, let route = found?.route, let body else { return }
    refusals.refused(
      RefusedDelivery(
        head: head, body: body, route: route, secrets: snapshot.secrets[route.secretFileIndex],
        reason: reason, arrival: arrival))
  }

  /// It lets go of all that it has, be there a verdict or not.
  func endVerification() {
    if verification?.end() == true, let path = secretFile { loop.forget(self, path: path) }
    verification = nil
    settle()
  }

  private func settle() {
    guard let ring = unsettled else { return }
    unsettled = nil
    loop.settled(ring)
  }

  // MARK: 4. Plan: what leaves, with our mark and without the sender's own

  func plan(_ verdict: Verdict) -> ForwardRequest? {
    guard let found, let body else { return nil }
    let context = PlanContext(
      route: found.route, markNames: snapshot.routes.markNames, restStart: found.restStart, peer: peer,
      isTrusted: snapshot.trustedProxies.contains(peer), requestID: requestID,
      trace: trace(found.route), arrival: arrival, lists: loop.lists, isTest: test != nil)
    return switch verdict {
    case .verified(let delivery): ForwardRequest(verified: delivery, context)
    case .refused(let reason): ForwardRequest(observed: head, body: body, reason: reason, context)
    }
  }

  /// The sender's trace, or a new one.
  private func trace(_ route: Route) -> TraceContext? {
    guard route.traces else { return nil }
    let trace = draft.trace.map { TraceContext(id: $0, begunSpan: nil) } ?? loop.beginTrace()
    draft.trace = trace.id
    return trace
  }

  // MARK: 5. Dispatch: to the route's upstreams

  func dispatch(_ request: ForwardRequest) {
    guard let route = found?.route else { return }
    phase = .dispatching
    draft.fieldsLeftBehind = request.fieldsLeftBehind
    dispatchStart = loop.now()
    let relay = ResponseRelay(to: first?.tee ?? sender)
    let attempts = Attempts(
      request, route: route, forwarder: forwarder, recorder: loop.recorder, arrival: arrival, relay: relay
    ) { [self] in reply($0) }
    self.relay = relay
    self.attempts = attempts
    attempts.start()
  }

  /// The sender takes answer bytes again.
  public func replyDrained() { attempts?.resume() }

  // MARK: 6. Reply: the upstream's response, or why there is none

  private func reply(_ result: Attempts.Result) {
    switch result {
    case .answered(let index, let response):
      relay?.finish(response, of: index)
      draft.note(upstream: index, status: response.status)
      draft.answered(response.status)
      finish(status: response.status)
    case .failed(let index, let failure):
      draft.note(upstream: index, status: nil)
      draft.fail(failure.label, failure.detail)
      first?.failure = failure
      sender.refuse(.upstream(failure))
      finish(status: Rejection.upstream(failure).status)
    case .brokeOff(let index, let failure):
      draft.note(upstream: index, status: nil)
      draft.fail(failure.label, failure.detail)
      first?.failure = failure
      // The record first: the abort ends the connection, and that would be taken for the sender's doing.
      finish(status: 0)
      sender.abort()
    }
  }

  /// Refuses the delivery at whatever phase it is in; also called by Listening for what the socket shows:
  /// broken framing within the body, or a body that takes too long.
  public func refuse(_ rejection: Rejection) {
    guard phase != .over else { return }
    draft.reason = rejection.label
    draft.detail = rejection.detail
    sender.refuse(rejection)
    finish(status: rejection.status)
  }

  /// The sender went away, or is given up for `reason`. A delivery that is on its way to an upstream
  /// completes: the app may be acting on it. One that is still arriving ends here.
  public func senderGone(_ reason: StaticText = "sender-gone") {
    guard phase != .over else { return }
    isSenderGone = true
    let isStreaming = relay?.isStreaming == true
    if phase == .dispatching || phase == .keeping, !isStreaming { return }
    attempts?.cancel()
    if isStreaming, let (index, response) = attempts?.response {
      draft.note(upstream: index, status: response.status)
    }
    draft.reason = draft.reason ?? reason.description
    finish(status: 0)
  }

  /// The gateway ends before the delivery does. Whether the app got it is unknown, so its sender gets no
  /// answer and tries again.
  public func giveUp(_ reason: StaticText = "shutdown") {
    guard phase != .over else { return }
    attempts?.cancel()
    draft.fail(reason.description)
    finish(status: 0)
  }

  // MARK: 7. Record: one finished exchange, its places given back

  /// Once: where an answer meets a connection that is gone, its writing ends the exchange already.
  func finish(status: Int) {
    guard phase != .over else { return }
    let end = loop.now()
    phase = .over
    if isSenderGone, draft.delivery == nil {
      draft.outcome = .abandoned
    }
    if isSenderGone { draft.reason = draft.reason ?? "sender-gone" }
    first?.end(bytesMax: snapshot.limits.dedupeBytesMax)
    record(status: isSenderGone ? 0 : status, end: end)
    release()
    test?.ended()
  }
}
