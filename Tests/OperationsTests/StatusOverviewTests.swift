import Formats
import Foundation
import Testing

@testable import Operations

/// What a terminal shows of many routes: what goes on and what is wrong, in the room that there is.
struct StatusOverviewTests {
  private static let now: Int64 = 1_795_296_000_000

  /// Ten routes: two with a problem, one with a warning, three that go well, four idle ones.
  private static let ten: StatusReport = {
    var report = StatusTextTests.report
    report.routes = [
      route("/webhooks/vesicash", forwarded: 212, refused: 2),
      route("/webhooks/github", forwarded: 0, failed: 9),
      route("/webhooks/stripe", forwarded: 31, errors: 17), route("/webhooks/paystack", forwarded: 12),
      route("/webhooks/shopify", forwarded: 7), route("/webhooks/slack", forwarded: 3),
      route("/webhooks/svix"),
      route("/webhooks/revolut"), route("/webhooks/cashfree"), route("/webhooks/internal"),
    ]
    report.routes[3].observe = true
    report.upstreams = report.routes.map { upstream($0.upstreams[0]) }
    report.upstreams[1].isFailing = true
    report.upstreams[1].lastFailure = "connect"
    report.upstreams[2].lastStatus = 500
    (report.upstreams[2].recentErrors, report.upstreams[2].recentAttempts) = (17, 30)
    report.noRoute = Counts([(name: "no-such-path", count: 4)])
    report.remarks = ["route /webhooks/paystack observes: what fails verification is forwarded too"]
    return report
  }()

  private static func route(
    _ name: String, forwarded: UInt64 = 0, refused: UInt64 = 0, failed: UInt64 = 0, errors: UInt64 = 0
  ) -> StatusReport.Route {
    var route = StatusReport.Route()
    route.name = name
    route.fingerprints = ["aaaa0000"]
    route.lastVerifiedAt = forwarded > 0 ? now - 4_000 : 0
    route.upstreams = ["http://127.0.0.1:8000" + name]
    route.lastFiveMinutes.outcomes = Counts([
      (name: "forwarded", count: forwarded), (name: "refused", count: refused),
      (name: "failed", count: failed),
      (name: "app-error", count: errors),
    ])
    route.outcomes = route.lastFiveMinutes.outcomes
    return route
  }

  private static func upstream(_ name: String) -> StatusReport.Upstream {
    var upstream = StatusReport.Upstream()
    upstream.name = name
    (upstream.lastAnsweredAt, upstream.lastStatus) = (now - 4_000, 200)
    return upstream
  }

  @Test func `ten routes fit 80 columns and 24 rows with one to spare, as docs show it`() throws {
    let text = StatusText(Self.ten, rows: 23)
    #expect(text.lines.count <= 23 && text.lines.allSatisfy { $0.count <= 80 })
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/operations.md")
    let docs = try String(contentsOf: file, encoding: .utf8)
    let shown = text.lines.joined(separator: "\n")
    #expect(docs.contains("```\n\(shown)\n```"), "\(shown)")
  }

  @Test(arguments: ["/a", "/" + String(repeating: "a", count: 90)])
  func `however long ago and however much, a line of a route fits 80 columns`(name: String) throws {
    var report = Self.ten
    report.routes[0].name = name
    report.routes[0].lastVerifiedAt = Self.now - 10 * 60_000
    report.routes[0].lastFiveMinutes.outcomes = Counts([("forwarded", 1_234_567_890)])
    let lines = StatusText(report, rows: 23).lines
    let line = try #require(lines.first { $0.contains("10 min ago 1234567890") })
    #expect(line.hasPrefix("/a") && line.count == 80, "\(line)")
  }

  @Test func `what has a problem is red, what should not stay so yellow, and nothing else has a colour`() {
    let toned = StatusText(Self.ten, rows: 23).toned
    func lines(_ tone: StatusText.Tone) -> [String] { toned.filter { $0.tone == tone }.map(\.text) }
    #expect(lines(.problem).count == 4)
    #expect(lines(.problem).first?.hasPrefix("/webhooks/github ") == true)
    #expect(lines(.problem)[1].hasPrefix("  FAILING: connect, last answer 4 s ago: http://"))
    #expect(lines(.problem)[3].hasPrefix("  FAILING: answers 500, 17 of the last 30, 4 s ago: http://"))
    #expect(lines(.warning).contains("  OBSERVES: nothing is refused"))
    #expect(lines(.warning).first?.hasPrefix("! route /webhooks/paystack observes") == true)
  }

  @Test func `with room for all of it nothing is folded, without an end of it neither`() {
    for text in [StatusText(Self.ten), StatusText(Self.ten, rows: 200)] {
      #expect(Self.ten.routes.allSatisfy { text.lines.contains($0.name) || $0.observe })
      #expect(text.lines.allSatisfy { !$0.hasPrefix("idle: ") })
    }
  }

  @Test func `where that is enough, idle routes alone are folded`() throws {
    let text = StatusText(Self.ten, rows: 90)
    let idle = try #require(text.lines.first { $0.hasPrefix("idle: ") })
    #expect(idle == "idle: /webhooks/svix, /webhooks/revolut, /webhooks/cashfree, and 1 more")
    #expect(text.lines.contains("/webhooks/github") && !text.lines.contains("/webhooks/svix"))
    #expect(text.lines.last?.contains("--route PATH") == true)
  }

  @Test(arguments: [3, 8, 12, 23]) func `what finds no room at all is told`(rows: Int) {
    var report = Self.ten
    report.remarks = (0..<30).map { "remark \($0)" }
    let lines = StatusText(report, rows: rows).lines
    #expect(lines.count == rows)
    #expect(lines[rows - 2].hasPrefix("... ") && lines[rows - 2].hasSuffix(" more lines"))
  }

  @Test func `a route with something waiting, or with a problem, is never idle`() {
    var report = Self.ten
    report.routes[6].queue = [StatusReport.Lane()]
    report.upstreams[7].isFailing = true
    let idle = report.routes.filter(StatusText(report).isIdle).map(\.name)
    #expect(idle == ["/webhooks/cashfree", "/webhooks/internal"])
  }

  @Test func `a report of one route has its upstreams and nothing of the others`() throws {
    let one = try #require(Self.ten.reduced(to: "/webhooks/github"))
    #expect(one.routes.map(\.name) == ["/webhooks/github"] && one.noRoute == Counts())
    #expect(one.upstreams.map(\.isFailing) == [true])
    #expect(Self.ten.reduced(to: "/webhooks/none") == nil)
    // By its path too, of whatever host.
    #expect(StatusTextTests.report.reduced(to: "/hook")?.routes.map(\.name) == ["example.org/hook"])
  }
}
