internal import Gateway
internal import Operations
internal import Queue

extension QueueAnswer.Job {
  init(_ line: StoreReader.Line) {
    self.init()
    id = line.id.description
    route = line.lane.route
    state = line.state.name
    accepted = line.accepted
    attempts = line.attempts
    next = line.due
    ended = line.ended
    upstream = line.lane.upstream
    status = line.status
    reason = line.reason
    secret = line.secret
    bodyBytes = line.bodyBytes
  }
}

extension QueueAnswer.Attempt {
  init(_ attempt: StoreReader.Attempt, withAnswer: Bool) {
    self.init()
    number = attempt.number
    at = attempt.at
    milliseconds = attempt.milliseconds
    status = attempt.status
    reason = attempt.reason
    upstream = attempt.upstream
    if withAnswer, !attempt.answer.isEmpty { answer = String(decoding: attempt.answer, as: UTF8.self) }
  }
}

extension QueueAnswer.Stored {
  init(_ delivery: SealedDelivery) {
    self.init(delivery.facts, secret: delivery.secret, bodyBytes: delivery.body.count)
  }

  /// Of which nothing has been proven.
  init(_ known: StoreReader.Known) {
    self.init(known.facts, secret: known.secret, bodyBytes: known.bodyBytes)
  }

  private init(_ facts: DeliveryFacts, secret: String, bodyBytes: Int) {
    self.init()
    id = facts.id.description
    route = facts.route
    accepted = facts.accepted
    signed = facts.signed
    requestID = facts.requestID
    remote = facts.remote
    method = facts.method
    target = String(decoding: facts.target, as: UTF8.self)
    self.secret = secret
    self.bodyBytes = bodyBytes
  }
}

extension QueueAnswer.Replay {
  init(_ replay: Replay, waits lane: Lane?) {
    self.init()
    self.replay = replay.number
    state = replay.state.name
    total = replay.order.total
    moved = replay.moved
    failed = replay.failed
    rate = replay.rate
    waits = lane.map { $0.upstream.isEmpty ? $0.route : $0.upstream }
    began = replay.order.asOf
    user = replay.order.user
    route = replay.order.route
    upstream = replay.order.upstream
    of = replay.order.state
    status = replay.order.status
    reason = replay.order.reason
    secret = replay.order.secret
    since = replay.order.since
    until = replay.order.until
  }
}
