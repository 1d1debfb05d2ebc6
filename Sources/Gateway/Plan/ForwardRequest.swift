internal import Formats
public import HTTP
internal import Signing

/// What leaves the gateway: one delivery, marked and planned, the same for every upstream but for the
/// target.
public final class ForwardRequest {
  public let method: String
  /// In the order in which they are sent. `Host` is among them only where the route preserves it.
  public let headers: HeaderList
  public let body: BodyBuffer
  /// Whether the sender sent a body at all, be it an empty one.
  public let hasBody: Bool
  /// Whether the sender's `Host` goes on; else the upstream's own is to be said.
  public let hasHost: Bool
  /// Whether it carries the mark, which is the first of its fields.
  let isVerified: Bool
  /// Whether it carries the mark of a test, which is the second.
  let isTest: Bool
  /// Of the sender's fields, those that do not leave for a character of their name.
  public let fieldsLeftBehind: Int
  public let times: ForwardTimes
  /// Monotonic instant at which the upstream's answer must be complete, nanoseconds.
  public let deadlineUptimeNanoseconds: UInt64

  let rest: [UInt8]
  let query: [UInt8]

  fileprivate init(
    head: RequestHead, body: BodyBuffer, mark: (name: String, value: String), isVerified: Bool,
    _ context: PlanContext
  ) {
    let pathCount = head.pathCount
    var plan = HeaderPlan(sent: head.headers, lists: context.lists)
    plan.add(mark: mark)
    if context.isTest { plan.addTestMark() }
    plan.keepForwardable(of: head.headers, context)
    plan.addForwarding(head, context)
    method = head.method
    headers = plan.headers
    self.body = body
    hasBody = head.framing != .none || !ForwardRequest.bodilessMethods.contains(head.method)
    hasHost = plan.hasHost
    self.isVerified = isVerified
    isTest = context.isTest
    fieldsLeftBehind = plan.namesUnfit
    times = context.route.times
    deadlineUptimeNanoseconds = context.route.times.deadline(from: context.arrival)
    rest = Array(head.target[context.restStart..<pathCount])
    query = Array(head.target[pathCount...])
  }

  /// One that was planned before and stored, marked again.
  fileprivate init(
    _ stored: StoredRequest, headers: HeaderList, body: BodyBuffer, times: ForwardTimes, arrival: Moment
  ) {
    method = stored.method
    self.headers = headers
    self.body = body
    hasBody = stored.hasBody
    hasHost = stored.hasHost
    isVerified = true
    isTest = stored.isTest
    fieldsLeftBehind = 0
    self.times = times
    deadlineUptimeNanoseconds = times.deadline(from: arrival)
    rest = stored.rest
    query = stored.query
  }

  /// The request target at one upstream.
  public func target(at upstream: Upstream) -> [UInt8] { upstream.target(rest: rest[...], query: query[...]) }
}

extension ForwardRequest {
  /// Only a verified delivery gets the mark.
  convenience init(verified delivery: VerifiedDelivery, _ context: PlanContext) {
    let mark = context.route.mark
    self.init(
      head: delivery.head, body: delivery.body, mark: (mark.name, mark.value), isVerified: true, context)
  }

  /// A delivery that failed, on a route that observes: it gets the reason, and no mark.
  convenience init(observed head: RequestHead, body: BodyBuffer, reason: Unverified, _ context: PlanContext) {
    self.init(
      head: head, body: body, mark: (context.route.mark.failedName, reason.label), isVerified: false, context)
  }

  /// Methods for which no body is meant, so that none is announced where none came (RFC 9110, 9.3).
  private static let bodilessMethods: Set<String> = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]
}

extension ForwardTimes {
  /// Monotonic nanoseconds at which the upstream's answer to a delivery must be complete.
  fileprivate func deadline(from arrival: Moment) -> UInt64 {
    arrival.uptimeNanoseconds + UInt64(totalSecondsMax) * 1_000_000_000
  }
}

extension ForwardRequest {
  /// One that was stored, with the mark of the route as it is now. Its time begins anew.
  ///
  /// - Parameter begin: from when on the attempt's time counts.
  convenience init(_ stored: StoredRequest, _ attempt: AttemptFields, route: Route, begin: Moment) {
    let body = BodyBuffer()
    stored.body.withUnsafeBytes { body.append($0) }
    var headers = HeaderList(
      bytesExpected: stored.headers.wireBytes + 256, fieldsExpected: stored.headers.count + 5)
    headers.append(name: route.mark.name, value: route.mark.value)
    if stored.isTest { headers.append(name: TestMark.name, value: TestMark.value) }
    for index in stored.headers.fields.indices where !stored.isTestMark(index) {
      headers.append(index, of: stored.headers)
    }
    attempt.add(to: &headers)
    var times = route.times
    if let durable = route.durable { times.totalSecondsMax = durable.attemptSecondsMax }
    self.init(stored, headers: headers, body: body, times: times, arrival: begin)
  }
}
