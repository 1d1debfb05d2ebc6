import Formats
import Testing

@testable import Operations

/// What `vesigate status` shows of a report.
struct StatusTextTests {
  private static let now: Int64 = 1_795_296_000_000

  private static func counts(_ counts: KeyValuePairs<String, UInt64>) -> Counts {
    Counts(counts.map { ($0.key, $0.value) })
  }

  static let report: StatusReport = {
    var report = StatusReport()
    report.version = "1.2.3"
    report.pid = 17
    report.now = now
    report.startedAt = now - 90_000
    report.phase = "listening"
    report.listen = ["127.0.0.1:8080", "unix:/run/x"]
    report.generation = 4
    report.reload.takenAt = now - 30_000
    report.inFlight = 1
    report.inFlightBytes = 2
    report.connections = 3
    report.routes = [route]
    var upstream = StatusReport.Upstream()
    upstream.name = "http://127.0.0.1:9000/"
    upstream.lastAnsweredAt = now - 1_000
    upstream.lastStatus = 204
    report.upstreams = [upstream]
    return report
  }()

  static let route: StatusReport.Route = {
    var route = StatusReport.Route()
    route.name = "example.org/hook"
    route.fingerprints = ["aaaa0000", "bbbb1111"]
    route.previous = [
      ReplacedSecret(fingerprint: "cccc2222", until: now + 600_000),
      ReplacedSecret(fingerprint: "dddd3333", until: now),
    ]
    route.secretModifiedAt = now - 3 * 86_400_000
    route.outcomes = counts(["forwarded": 7, "observed": 0, "refused": 3])
    route.lastMinute.outcomes = counts(["forwarded": 2])
    route.refusals = counts(["stale": 2, "mismatch": 1])
    route.lastVerifiedAt = now - 5_000
    route.upstreams = ["http://127.0.0.1:9000/"]
    return route
  }()

  private func lines(_ change: (inout StatusReport) -> Void = { _ in }) -> [String] {
    var report = Self.report
    change(&report)
    return StatusText(report).lines
  }

  @Test func `the way to find out why names the file that is not the usual one`() {
    var report = Self.report
    report.routes[0].lastRefusal = .init()
    report.routes[0].lastRefusal?.reason = "mismatch"
    report.routes[0].lastRefusal?.at = Self.now - 60_000
    let lines = StatusText(report, commandOptions: " --config /srv/shop/vesigate.yaml").lines
    let hint = "vesigate capture --route /hook --config /srv/shop/vesigate.yaml,"
    let first = lines.firstIndex { $0.hasSuffix("  \(hint)") }
    #expect(
      first.map { lines[$0 + 1] }?.hasSuffix("  then vesigate diagnose --config /srv/shop/vesigate.yaml")
        == true)
  }

  @Test func `a report in lines`() {
    let expected = """
      vesigate 1.2.3, listening, up 90 s, pid 17
        listen       127.0.0.1:8080 unix:/run/x
        in flight    1 delivery, 2 bytes, 3 connections
        settings     generation 4, taken 30 s ago, not reloaded yet

      example.org/hook
        secret       aaaa0000, written 3 d ago
                     bbbb1111, accepted too
                     cccc2222, replaced, accepted for 10 min more
        verified     last 5 s ago
        not verified none so far
        upstream     http://127.0.0.1:9000/  answers, 204 1 s ago
                        forwarded     refused
        last minute             2           0
        last 5 min              0           0
        in all                  7           3
        refused      2 stale, 1 mismatch
      """
    #expect(lines().joined(separator: "\n") == expected)
  }

  @Test(arguments: [(900, "900 s old"), (-900, "900 s ahead")])
  func `of one that is stale it says by how much, and how many were`(age: Int, words: String) {
    let lines = lines { report in
      report.routes[0].lastRefusal = .init()
      report.routes[0].lastRefusal?.reason = "stale"
      report.routes[0].lastRefusal?.at = Self.now - 60_000
      report.routes[0].lastRefusal?.ageSeconds = age
    }
    #expect(lines.contains("  not verified last 60 s ago: stale, \(words), 2 of 3"))
  }

  @Test func `of one whose signature does not match it says how to find out why, for an hour`() {
    func hints(_ reason: String, ago: Int64) -> [String] {
      lines { report in
        report.routes[0].lastRefusal = .init()
        report.routes[0].lastRefusal?.reason = reason
        report.routes[0].lastRefusal?.at = Self.now - ago
      }.filter { $0.contains("vesigate capture") }
    }
    let hint = "               vesigate capture --route /hook, then vesigate diagnose"
    #expect(hints("mismatch", ago: 3_599_999) == [hint])
    #expect(hints("signature-malformed", ago: 0) == [hint])
    #expect(hints("mismatch", ago: 3_600_000) == [])
    #expect(hints("stale", ago: 0) == [] && hints("method", ago: 0) == [])
  }

  @Test func `what fails and what drifts is told in capitals`() {
    let lines = lines { report in
      report.reload.refused = 1
      report.reload.isLastTaken = false
      report.isClockSynchronised = false
      report.logLinesDropped = 1
      report.routes[0].observe = true
      report.routes[0].clock = .init()
      report.routes[0].clock?.isAlarming = true
      report.routes[0].clock?.finding = "signed 200 s in our past"
      report.upstreams[0].isFailing = true
      report.upstreams[0].lastFailure = "refused"
      report.remarks = ["a remark"]
      report.noRoute = Self.counts(["no-such-path": 1])
      report.routesOmitted = 2
    }
    for line in [
      "  settings     generation 4, taken 30 s ago, LAST RELOAD REFUSED",
      "  clock        nothing synchronises this host's clock, says the kernel",
      "  log          1 line lost: whoever reads it is too slow", "! a remark",
      "example.org/hook  (OBSERVES: nothing is refused)", "  clock        DRIFTING: signed 200 s in our past",
      "  upstream     http://127.0.0.1:9000/  FAILING: refused, last answer 1 s ago",
      "2 further routes: see /metrics", "no route", "  refused      1 no-such-path",
    ] {
      #expect(lines.contains(line), "\(line)\n\(lines.joined(separator: "\n"))")
    }
  }

  @Test(arguments: [
    (500, 30, 30, "FAILING: answers 500, 30 of the last 30, 1 s ago"),
    (503, 1, 30, "answers 503, 1 of the last 30, 1 s ago"),
    (503, 1, 2, "FAILING: answers 503, 1 of the last 2, 1 s ago"),
    (200, 29, 30, "answers, 200 1 s ago, 29 of the last 30 were 5xx"), (404, 0, 30, "answers, 404 1 s ago"),
  ])
  func `of an app that answers 5xx it says how often`(status: Int, errors: Int, recent: Int, words: String) {
    let lines = lines { report in
      report.upstreams[0].lastStatus = status
      (report.upstreams[0].recentErrors, report.upstreams[0].recentAttempts) = (errors, recent)
    }
    #expect(lines.contains { $0.hasSuffix("  " + words) }, "\(lines)")
  }

  @Test func `six columns of counts fit 80, as of a route that observes`() {
    let lines = lines { report in
      report.routes[0].observe = true
      report.routes[0].outcomes = Counts(
        ["forwarded", "observed", "refused", "failed", "app-error", "abandoned"].map { (name: $0, count: 7) })
    }
    #expect(lines.contains("                forwarded  observed   refused    failed app-error abandoned"))
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: [
    ("auto", "3 kept, to be judged again by other secrets"),
    ("manual", "3 kept; vesigate quarantine release lets out what verifies"),
    (nil, "3 kept, quarantine is off here: they go after 24 h"),
  ])
  func `of what is in quarantine it says what becomes of it`(release: String?, words: String) {
    let lines = lines { report in
      report.routes[0].quarantined = 3
      report.routes[0].quarantineRelease = release
    }
    #expect(lines.contains("  quarantine   " + words))
  }

  @Test func `no line is longer than 80 columns but for a name`() {
    let lines = lines { report in
      report.remarks = [Array(repeating: "word", count: 60).joined(separator: " ")]
      report.routes[0].refusals = Counts((0..<20).map { (name: "a-reason-of-some-length-\($0)", count: 1) })
    }
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
    #expect(lines.contains { $0.hasSuffix(", ...") })
  }

  @Test func `what is missing is told as nothing`() throws {
    let older = try #require(
      StatusReport(Array(#"{"version":"0","phase":"starting","reload":{},"routes":[{"name":"/a"}]}"#.utf8)))
    let lines = StatusText(older).lines
    #expect(lines.contains("  secret       none") && lines.contains("  verified     nothing yet"))
  }
}
