import TestSupport
import Testing

/// One gateway and one upstream for many cases, each on a connection of its own.
final class RawRunner {
  let upstream: RecordingUpstream
  let gateway: GatewayProcess
  /// Refused connections whose sockets have yet to be seen closed.
  private var ended: [(name: String, client: RawClient)] = []
  private var unverifiedAnswer: [UInt8]?

  init(route: String = "", limits: String = "", top: String = "") throws {
    let upstream = try RecordingUpstream()
    self.upstream = upstream
    gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], route: route, limits: limits, top: top))
  }

  func run(_ cases: [RawCase]) {
    for one in cases { run(one) }
    expectSocketsClosed()
  }

  func run(_ one: RawCase) {
    HostileTable.row(one.id, one.name, expected: one.expected.text) {
      try check(one)
      return one.expected.text
    }
  }

  /// Many cases of one kind as one row, which names those that do not hold.
  func run(_ id: String, _ name: String, _ cases: [RawCase]) {
    HostileTable.row(id, name, expected: "\(cases.count) as each should") {
      let failures = cases.compactMap { one -> String? in
        do { try check(one) } catch { return "\(one.name): expected \(one.expected.text), seen \(error)" }
        return nil
      }
      return failures.isEmpty ? "\(cases.count) as each should" : failures.joined(separator: "; ")
    }
    expectSocketsClosed()
  }

  private func check(_ one: RawCase) throws {
    let before = upstream.bytesReceived
    switch one.expected {
    case .refused(let statuses): try refuse(one, statuses)
    case .unverified: try leaveUnverified(one)
    case .delivered(let body): try deliver(one, body)
    }
    if case .delivered = one.expected {
    } else {
      try hold(upstream.bytesReceived == before, "the upstream got bytes")
    }
    try serve()
  }

  // MARK: Expectations

  private func hold(_ condition: Bool, _ sentence: @autoclosure () -> String) throws {
    guard condition else { throw HarnessError(sentence()) }
  }

  /// A signed request goes behind the case's bytes: it must neither be read nor answered.
  private func refuse(_ one: RawCase, _ statuses: [Int]) throws {
    let client = try gateway.connect()
    client.offer(one.bytes + SignedRequest("smuggled").bytes)
    let response = try client.response()
    try hold(statuses.contains(response.status), "\(response.status)")
    try hold(response.head.value("connection") == "close", "no Connection: close")
    let rest = try client.readToEnd()
    try hold(rest.isEmpty, "\(response.status), then \(rest.prefix(80).map { $0 }.latin1)")
    ended.append((one.testDescription, client))
  }

  private func leaveUnverified(_ one: RawCase) throws {
    let client = try gateway.connect()
    try client.send(one.bytes)
    let response = try client.response()
    try hold(response.status == 401, "\(response.status)")
    let whole = response.head.bytes + response.body
    try hold(whole == unverifiedAnswer ?? whole, "another 401 than the others'")
    unverifiedAnswer = whole
    try hold(client.readSome(for: 0.01).isEmpty, "a second answer")
  }

  private func deliver(_ one: RawCase, _ body: [UInt8]) throws {
    let before = upstream.requests.count
    let client = try gateway.connect()
    try client.send(one.bytes)
    let response = try client.response()
    try hold(response.status == 200, "\(response.status)")
    let requests = try upstream.requests(atLeast: before + 1)
    try hold(requests.count == before + 1, "\(requests.count - before) requests")
    let request = requests[before]
    try hold(request.body == body, "another body: \(request.body.prefix(80).map { $0 }.latin1)")
    let violations = ForwardedHead.violations(in: request)
    try hold(violations.isEmpty, violations.joined(separator: "; "))
    try hold(client.readSome(for: 0.01).isEmpty, "a second answer")
  }

  /// A genuine delivery passes on a connection of its own.
  func serve() throws {
    let before = upstream.requests.count
    let probe = SignedRequest("probe")
    try hold(try gateway.exchange(probe.bytes).status == 200, "the next delivery was not served")
    let requests = try upstream.requests(atLeast: before + 1)
    try hold(requests.count == before + 1 && requests[before].body == probe.body, "more than the probe")
  }

  /// Closed on both sides, not only for writing: a byte sent there is answered by a reset.
  private func expectSocketsClosed() {
    let isClosed = eventually(within: 20) { ended.allSatisfy { $0.client.isDead } }
    #expect(isClosed, "\(ended.filter { !$0.client.isDead }.map(\.name))")
    ended = []
  }
}

extension RawCase.Expected {
  var text: String {
    switch self {
    case .refused(let statuses):
      statuses.map(String.init).joined(separator: "/") + ", closed, upstream 0"
    case .unverified: "401, upstream 0"
    case .delivered: "200, once, whole"
    }
  }
}
