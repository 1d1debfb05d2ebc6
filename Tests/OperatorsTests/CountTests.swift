import Foundation
import TestSupport
import Testing

/// What was sent stands in /metrics, to the last delivery.
@Suite struct CountTests {
  private static let unverified = SignedRequest("{\"n\":2}").with { $0.secret = "another secret" }
  private static let stale = SignedRequest("{\"n\":3}").with { $0.shiftSeconds = -900 }
  private static let unsigned = SignedRequest("{\"n\":4}").with { $0.ownSignatureLines = [] }

  private let upstream: RecordingUpstream
  private let gateway: GatewayProcess
  private let nobody: String

  init() throws {
    upstream = try RecordingUpstream()
    nobody = "http://127.0.0.1:\(try FreePort.take())/down"
    gateway = try .observed(
      [upstream.url()],
      more: GatewayConfig.route("/seen", upstreams: [upstream.url("/seen")], "observe: true")
        + GatewayConfig.route("/down", upstreams: [nobody])
        + GatewayConfig.route("/both", upstreams: [nobody, upstream.url("/second")]))
  }

  @Test func `the counts are those of what was sent, by outcome and reason, on every loop`() async throws {
    try await onThread {
      try load()
      let scrape = try settled(total: 160 + 12 + 7 + 5 + 9 + 3 + 4 + 6 + 8 + 2)
      let deliveries = [
        ("/hook", "forwarded", 160), ("/hook", "refused", 12 + 7 + 5 + 3), ("/hook", "abandoned", 2),
        ("none", "refused", 9), ("/seen", "observed", 4), ("/down", "failed", 6), ("/both", "forwarded", 8),
      ]
      for (route, outcome, count) in deliveries {
        let name = "vesigate_deliveries_total{route=\"\(route)\",outcome=\"\(outcome)\"}"
        #expect(scrape[name] == Double(count), "\(name)")
      }
      let reasons = [
        ("/hook", "refused", "mismatch", 12), ("/hook", "refused", "stale", 7),
        ("/hook", "refused", "signature-missing", 5), ("/hook", "refused", "method", 3),
        ("none", "refused", "no-such-path", 9), ("/seen", "observed", "mismatch", 4),
        ("/down", "failed", "upstream-connect", 6), ("/hook", "abandoned", "sender-gone", 2),
      ]
      for (route, outcome, reason, count) in reasons {
        let labels = "route=\"\(route)\",outcome=\"\(outcome)\",reason=\"\(reason)\""
        #expect(scrape["vesigate_delivery_reasons_total{\(labels)}"] == Double(count), "\(labels)")
      }
      #expect(scrape.sum("vesigate_delivery_reasons_total") == 12 + 7 + 5 + 3 + 9 + 4 + 6 + 2)
      expectUpstreams(scrape)
      expectDurations(scrape)
      #expect(scrape["vesigate_in_flight_deliveries"] == 0)
      #expect(scrape["vesigate_in_flight_bytes"] == 0)
    }
  }

  /// As docs/operations.md says: what it answers is the sender's to hear, and that it fails the operator's too.
  @Test func `what an app answers is handed back, a 404 as forwarded, a 500 as its error and a warning`()
    async throws
  {
    try await onThread {
      let answers = ["/hook": 500, "/gone": 404]
      let app = try RecordingUpstream { .answer(answers[$0.target] ?? 200) }
      let gateway = try GatewayProcess.observed(
        [app.url("/hook")], more: GatewayConfig.route("/gone", upstreams: [app.url("/gone")]))
      for (path, status) in answers {
        #expect(try gateway.post(SignedRequest().with { $0.target = path }) == status)
        let line = try gateway.waitForLog(containing: "status=\(status)")
        let (level, outcome) = status == 500 ? ("warning", "app-error") : ("info", "forwarded")
        #expect(
          line.contains("level=\(level) msg=delivery outcome=\(outcome) status=\(status) route=\(path) "),
          "\(line)")
        let (scrape, url) = (try gateway.scrape(), app.url(path))
        #expect(scrape["vesigate_deliveries_total{route=\"\(path)\",outcome=\"\(outcome)\"}"] == 1)
        let attempts = "vesigate_upstream_attempts_total{upstream=\"\(url)\",result=\"\(status / 100)xx\"}"
        #expect(scrape[attempts] == 1, "\(attempts)")
      }
    }
  }

  @Test func `an app that answers 500 is told in the status, over both loops, until it has mended`()
    async throws
  {
    try await onThread {
      let status = Locked(500)
      let app = try RecordingUpstream { _ in .answer(status.withLock { $0 }) }
      let gateway = try GatewayProcess.observed([app.url()], route: "observe: true")
      let clients = try (0..<4).map { _ in try gateway.connect() }
      func deliver(_ count: Int, of secret: String = GatewayProcess.secret) throws {
        for turn in 0..<count {
          try clients[turn % 4].send(SignedRequest().with { $0.secret = secret }.bytes)
          _ = try clients[turn % 4].response()
        }
      }
      var lines: [String] = []
      func upstream(_ words: String) -> Bool {
        eventually {
          lines = (try? gateway.command("status").lines) ?? []
          return lines.contains { $0.contains(words) }
        }
      }
      try deliver(40)
      #expect(upstream("FAILING: answers 500, 30 of the last 30, "), "\(lines)")
      status.withLock { $0 = 200 }
      try deliver(10)
      #expect(upstream(", 20 of the last 30 were 5xx"), "\(lines)")
      let json = try gateway.command("status", "--json").lines.joined()
      #expect(json.contains("\"recentAttempts\":30,\"recentErrors\":20"), "\(json)")
      #expect(json.contains("\"app-error\":40"))
      try deliver(20)
      #expect(
        eventually { (try? gateway.command("status").lines)?.allSatisfy { !$0.contains("5xx") } == true })
      // Unverified: nobody is called for those.
      status.withLock { $0 = 503 }
      try deliver(3, of: "a forger's")
      let scrape = try gateway.scrape()
      #expect(scrape["vesigate_deliveries_total{route=\"/hook\",outcome=\"observed\"}"] == 3)
      #expect(scrape["vesigate_deliveries_total{route=\"/hook\",outcome=\"app-error\"}"] == 40)
    }
  }

  private func load() throws {
    // Eight connections, so that both loops have some.
    let clients = try (0..<8).map { _ in try gateway.connect() }
    for turn in 0..<160 {
      try clients[turn % 8].send(SignedRequest("{\"n\":\(turn)}").bytes)
      #expect(try clients[turn % 8].response().status == 200)
    }
    for _ in 0..<12 { #expect(try gateway.post(Self.unverified) == 401) }
    for _ in 0..<7 { #expect(try gateway.post(Self.stale) == 401) }
    for _ in 0..<5 { #expect(try gateway.post(Self.unsigned) == 401) }
    for _ in 0..<3 { #expect(try gateway.post(SignedRequest().with { $0.method = "PUT" }) == 405) }
    for turn in 0..<9 { #expect(try gateway.post(SignedRequest().with { $0.target = "/p\(turn)" }) == 404) }
    for _ in 0..<4 { #expect(try gateway.post(Self.unverified.with { $0.target = "/seen" }) == 200) }
    for _ in 0..<6 { #expect(try gateway.post(SignedRequest().with { $0.target = "/down" }) == 502) }
    for _ in 0..<8 { #expect(try gateway.post(SignedRequest().with { $0.target = "/both" }) == 200) }
    for _ in 0..<2 {
      let client = try gateway.connect()
      try client.send(Array(SignedRequest().bytes.dropLast(4)))
      client.close()
    }
  }

  /// The counters once everything that was sent is in them.
  private func settled(total: Double) throws -> Scrape {
    var scrape = try gateway.scrape()
    _ = eventually(within: 10) {
      scrape = (try? gateway.scrape()) ?? scrape
      return scrape.sum("vesigate_deliveries_total") >= total
    }
    #expect(scrape.sum("vesigate_deliveries_total") == total)
    return scrape
  }

  private func expectUpstreams(_ scrape: Scrape) {
    let attempts = "vesigate_upstream_attempts_total"
    #expect(scrape[attempts + "{upstream=\"\(upstream.url())\",result=\"2xx\"}"] == 160)
    #expect(scrape[attempts + "{upstream=\"\(upstream.url("/seen"))\",result=\"2xx\"}"] == 4)
    #expect(scrape[attempts + "{upstream=\"\(upstream.url("/second"))\",result=\"2xx\"}"] == 8)
    #expect(scrape[attempts + "{upstream=\"\(nobody)\",result=\"connect\"}"] == 14)
    #expect(scrape.sum(attempts) == 160 + 4 + 8 + 14)
    #expect(upstream.requests.count == 160 + 4 + 8)
    #expect(scrape["vesigate_upstream_failing{upstream=\"\(nobody)\"}"] == 1)
    #expect(scrape["vesigate_upstream_failing{upstream=\"\(upstream.url())\"}"] == 0)
  }

  private func expectDurations(_ scrape: Scrape) {
    for name in ["vesigate_delivery_duration_seconds", "vesigate_verify_duration_seconds"] {
      let count = scrape[name + "_count{route=\"/hook\"}"] ?? 0
      #expect(scrape[name + "_bucket{route=\"/hook\",le=\"+Inf\"}"] == count)
      #expect(count >= 160 + 12 + 7, "\(name)")
      #expect(scrape[name + "_sum{route=\"/hook\"}"] ?? 0 > 0)
    }
    #expect(scrape["vesigate_upstream_duration_seconds_count{route=\"/hook\"}"] == 160)
    // Verified and stale ones: whoever signed them did so with the secret.
    #expect(scrape["vesigate_timestamp_age_seconds_count{route=\"/hook\"}"] == 167)
    #expect(scrape["vesigate_timestamp_age_seconds_bucket{route=\"/hook\",le=\"300\"}"] == 160)
    #expect(abs(scrape["vesigate_clock_skew_seconds{route=\"/hook\"}"] ?? 99) <= 20)
  }
}
