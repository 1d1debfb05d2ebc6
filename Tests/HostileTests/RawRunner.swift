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
    HostileTable.row(one.topic, one.name, expected: one.expected.text) {
      try check(one)
      return one.expected.text
    }
  }

  /// Many cases of one kind as one row, which names those that do not hold.
  func run(_ topic: HostileTopic, _ name: String, _ cases: [RawCase]) {
    HostileTable.row(topic, name, expected: "\(cases.count) as each should") {
      let failures = cases.enumerated().compactMap { number, one -> String? in
        // A gateway that stopped serving would show at the next case too.
        do { try check(one, thenServing: number % 8 == 0 || number == cases.count - 1) } catch {
          return "\(one.name): expected \(one.expected.text), seen \(error)"
        }
        return nil
      }
      return failures.isEmpty ? "\(cases.count) as each should" : failures.joined(separator: "; ")
    }
    expectSocketsClosed()
  }

  private func check(_ one: RawCase, thenServing: Bool = true) throws {
    upstream.forget()
    let before = upstream.bytesReceived
    let client = try gateway.connect()
    switch one.expected {
    case .refused(let statuses): try refuse(one, statuses, client)
    case .unverified: try leaveUnverified(one, client)
    case .delivered(let body): try deliver(one, body, client)
    }
    if !one.expected.isDelivered {
      try hold(upstream.bytesReceived == before, "the upstream got bytes")
    }
    if thenServing { try serve() }
    // By now a second answer would have come.
    try hold(client.readSome(for: 0).isEmpty, "a second answer")
  }

  // MARK: Expectations

  private func hold(_ condition: Bool, _ sentence: @autoclosure () -> String) throws {
    guard condition else { throw FixtureError(sentence()) }
  }

  /// A signed request goes behind the case's bytes: it must neither be read nor answered.
  private func refuse(_ one: RawCase, _ statuses: [Int], _ client: RawClient) throws {
    let bytes = one.bytes
    client.offer(bytes + SignedRequest("smuggled").bytes)
    let response = try client.response(to: bytes.starts(with: Array("HEAD ".utf8)) ? "HEAD" : "POST")
    try hold(statuses.contains(response.status), "\(response.status)")
    try hold(response.head.value("connection") == "close", "no Connection: close")
    let rest = try client.readToEnd()
    try hold(rest.isEmpty, "\(response.status), then \(rest.prefix(80).map { $0 }.latin1)")
    ended.append((one.testDescription, client))
  }

  private func leaveUnverified(_ one: RawCase, _ client: RawClient) throws {
    try client.send(one.bytes)
    let response = try client.response()
    try hold(response.status == 401, "\(response.status)")
    let whole = response.head.bytes + response.body
    try hold(whole == unverifiedAnswer ?? whole, "another 401 than the others'")
    unverifiedAnswer = whole
  }

  private func deliver(_ one: RawCase, _ body: [UInt8], _ client: RawClient) throws {
    let before = upstream.requests.count
    try client.send(one.bytes)
    let response = try client.response()
    try hold(response.status == 200, "\(response.status)")
    let requests = try upstream.requests(atLeast: before + 1)
    try hold(requests.count == before + 1, "\(requests.count - before) requests")
    let request = requests[before]
    try hold(request.body == body, "another body: \(request.body.prefix(80).map { $0 }.latin1)")
    let violations = ForwardedHead.violations(in: request)
    try hold(violations.isEmpty, violations.joined(separator: "; "))
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
  var isDelivered: Bool { if case .delivered = self { true } else { false } }

  var text: String {
    switch self {
    case .refused(let statuses):
      statuses.map(String.init).joined(separator: "/") + ", closed, upstream 0"
    case .unverified: "401, upstream 0"
    case .delivered: "200, once, whole"
    }
  }
}
