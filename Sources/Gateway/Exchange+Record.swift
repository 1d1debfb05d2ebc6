internal import Formats
internal import HTTP
internal import Signing

/// What is left of a delivery when it is over: its record, and places and memory for the next one.
extension Exchange {
  func record(status: Int, end: Moment) {
    var record = DeliveryRecord(
      head, requestID: requestID, outcome: draft.outcome, status: status, remote: remote)
    record.matched = matched
    record.route = matched?.name
    record.arrived = arrival
    record.bodyBytes = body?.count ?? 0
    record.upstream = draft.upstream.flatMap { found?.route.upstreams[$0].name }
    record.attempts = attempts?.count ?? 0
    draft.fill(&record)
    // What a stranger wrote is nobody's to read.
    if draft.isVerified, let body, let fields = loop.fields { record.fields = fields.read(body.bytes) }
    record.isTest = test != nil
    if draft.isVerified, matched?.keepsBodies == true { record.content = content }
    record.totalNanoseconds = end.nanoseconds(since: arrival)
    if let dispatchStart { record.upstreamNanoseconds = end.nanoseconds(since: dispatchStart) }
    if let keepStart = draft.keepStart { record.keepNanoseconds = end.nanoseconds(since: keepStart) }
    let judged = dispatchStart ?? draft.keepStart ?? end
    if let bodyEnd { record.verifyNanoseconds = judged.nanoseconds(since: bodyEnd) }
    test?.record = record
    loop.recorder.record(record)
  }

  /// Nil of what is too long to be copied.
  private var content: DeliveryContent? {
    guard let body, body.count <= DeliveryContent.bodyBytesMax else { return nil }
    let signature = test == nil ? nil : matched?.layout.header
    return DeliveryContent(head: head.lines(leavingOut: signature), body: Array(body.bytes))
  }

  func release() {
    endVerification()
    guard let body else { return }
    loop.admission.leaveDelivery()
    loop.admission.giveBack(bytes: body.count)
    if attempts?.isIdle ?? true { loop.giveBack(body) }
    attempts.map { loop.lists.giveBack($0.request.headers) }
    loop.lists.giveBack(head.headers)
    self.body = nil
    attempts = nil
    relay = nil
    first = nil
  }
}
