internal import Formats
internal import Gateway
internal import HTTP

/// A job whose attempt begins, with leave for it.
struct JobToSend {
  let ticket: JobTicket
  let history: RetryPolicy.History
  let permit: Breaker.Permit
  let facts: DeliveryFacts
  let request: StoredRequest

  init(
    _ ticket: JobTicket, _ history: RetryPolicy.History, _ permit: Breaker.Permit, _ facts: DeliveryFacts,
    _ request: StoredRequest
  ) {
    self.ticket = ticket
    self.history = history
    self.permit = permit
    self.facts = facts
    self.request = request
  }

  /// Its budget has begun anew since its first attempt.
  var isReplay: Bool { ticket.attempt > history.attempts }
}

/// What came of an attempt: for the store, and for people.
struct AttemptEnding {
  let report: AttemptReport
  let record: QueuedAttemptRecord

  init(
    _ job: JobToSend, _ end: QueuedAttempt.End, _ decision: RetryPolicy.Decision, among upstreams: Int,
    begin: Moment, end now: Moment
  ) {
    let nanoseconds = now.nanoseconds(since: begin)
    var report = AttemptReport(
      ticket: job.ticket, at: begin.unixMilliseconds, milliseconds: Int64(nanoseconds / 1_000_000),
      upstream: upstreams > 1 ? end.upstream : nil, answer: end.answer, next: .delivered)
    var record = QueuedAttemptRecord(
      delivery: job.facts.id, route: job.ticket.lane.route, upstream: end.upstream,
      attempt: job.ticket.attempt, outcome: .delivered, nanoseconds: nanoseconds,
      millisecondsSinceAccepted: now.unixMilliseconds.subtractingSaturated(job.facts.accepted))
    switch end.result {
    case .answered(let response):
      report.status = response.status
      record.status = response.status
    case .failed(let failure):
      report.reason = failure.label
      record.reason = failure.label
      record.detail = failure.detail
    }
    switch decision {
    case .delivered: break
    case .retry(let due, let isLate, _):
      report.next = .retry(due: due, isLate: isLate)
      record.outcome = .retried
      record.millisecondsToNext = due.subtractingSaturated(now.unixMilliseconds)
    case .dead(let reason):
      report.next = .dead(reason)
      record.outcome = .dead
      record.detail = record.reason.map { why in record.detail.map { "\(why): \($0)" } ?? why }
      record.reason = reason.rawValue
    }
    self.report = report
    self.record = record
  }
}

extension RetryPolicy.Outcome {
  private static let retryAfter = Array("retry-after".utf8)

  init(_ result: QueuedAttempt.Result, now: Int64) {
    guard case .answered(let response) = result else {
      self = .failed
      return
    }
    var asked: Int64?
    if case .once(let index) = response.headers.occurrence(of: Self.retryAfter) {
      asked = response.headers.withField(index) { RetryAfter.milliseconds($1, now: now) }
    }
    self = .answered(status: response.status, retryAfterMilliseconds: asked)
  }
}

extension RetryPolicy.Decision {
  /// What it says of the app.
  func consequence(
    _ outcome: RetryPolicy.Outcome, _ policy: RetryPolicy, _ now: Moment
  ) -> AttemptConsequence {
    switch self {
    case .delivered, .dead(.status): return .alive
    case .dead: return .failed(pausedUntil: nil)
    case .retry(_, _, let pausesUpstream):
      guard pausesUpstream, case .answered(_, let asked?) = outcome else { return .failed(pausedUntil: nil) }
      let milliseconds = min(max(asked, 0), Int64(policy.retryAfterSecondsMax) * 1000)
      return .failed(
        pausedUntil: now.uptimeNanoseconds.addingSaturated(UInt64(milliseconds) * 1_000_000))
    }
  }
}
