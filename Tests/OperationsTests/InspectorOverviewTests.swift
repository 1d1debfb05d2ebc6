import Testing

@testable import Operations

/// How things stand, at a glance.
struct InspectorOverviewTests {
  private static let now = FakeInspectorSource.now

  private static func counts(_ counts: KeyValuePairs<String, UInt64>) -> Counts {
    Counts(counts.map { ($0.key, $0.value) })
  }

  private func page(
    _ query: [(String, String)] = [], _ change: (inout FakeInspectorSource.Facts) -> Void = { _ in }
  ) async throws -> ReadPage {
    var facts = FakeInspectorSource.Facts()
    facts.report = StatusTextTests.report
    change(&facts)
    return try ReadPage(await Inspector(FakeInspectorSource(facts)).get(query: query).html)
  }

  /// A route of which everything is wrong.
  private static var ill: StatusReport {
    var report = StatusTextTests.report
    report.routes[0].isDurable = true
    var lane = StatusReport.Lane()
    lane.jobs = Counts([(name: "queued", count: 5), (name: "dead", count: 3)])
    lane.nextDue = now - 900_000
    lane.pausedUntil = now + 60_000
    report.routes[0].queue = [lane]
    report.routes[0].quarantined = 2
    report.routes[0].clock = .init()
    report.routes[0].clock?.isAlarming = true
    report.routes[0].clock?.finding = "deliveries come 200 s old"
    report.upstreams[0].isFailing = true
    report.upstreams[0].lastFailure = "refused"
    report.store = .init()
    report.remarks = ["the last reload was refused: line 3", "1 replay is paused: vesigate queue replays"]
    return report
  }

  @Test func `where nothing is wrong that is said, and the route stands with what it has done`() async throws
  {
    let page = try await page()
    #expect(page.isBalanced && page.text.contains("Nothing: deliveries come in"))
    for text in [
      "example.org/hook", "7 forwarded, 3 refused", "2 stale", "aaaa0000", "bbbb1111 accepted too",
    ] {
      #expect(page.text.contains(text), "\(text)")
    }
    #expect(
      page.text.contains("cccc2222 replaced, accepted for 10 min more") && !page.text.contains("dddd3333"))
    #expect(page.text.contains("answers, 204 1 s ago"))
  }

  @Test func `each problem comes with the page or the command that mends it, the worst first`() async throws {
    let page = try await page { $0.report = Self.ill }
    for command in [
      "vesigate queue replay --route example.org/hook", "vesigate queue retry --route example.org/hook",
      "vesigate quarantine release --route example.org/hook --dry-run", "timedatectl status",
      "vesigate check --connect", "vesigate check",
    ] { #expect(page.text.contains(command), "\(command)") }
    let links = page.all("a").compactMap { $0["href"] }
    for link in [
      "/stored?route=example.org%2Fhook&state=dead", "/stored?route=example.org%2Fhook&state=queued",
      "/quarantine?route=example.org%2Fhook", "/replays",
    ] { #expect(links.contains(link), "\(link)") }
    let text = page.text
    let dead = try #require(text.firstRange(of: "were given up"))
    let clock = try #require(text.firstRange(of: "drift apart"))
    #expect(dead.lowerBound < clock.lowerBound)
    #expect(
      text.contains("paused for 60 s") && text.contains("FAILING: refused") && text.contains("15 min ago"))
  }

  @Test func `what status --problems tells is what the page tells`() async throws {
    let page = try await page { $0.report = Self.ill }
    #expect(Self.ill.problems().count == 7)
    for problem in Self.ill.problems() { #expect(page.text.contains(problem), "\(problem)") }
  }

  @Test func `what is switched on for a while says what has to be done before a reload`() async throws {
    let page = try await page {
      $0.report.remarks = ["route /hook has test: true: whoever reaches the inspector"]
    }
    #expect(page.text.contains("take it out of the configuration, then vesigate reload"))
  }

  @Test func `it loads itself again until it is told not to`() async throws {
    #expect(try await page().all("meta").contains { $0["http-equiv"] == "refresh" && $0["content"] == "10" })
    let still = try await page([("refresh", "off")])
    #expect(!still.all("meta").contains { $0["http-equiv"] == "refresh" })
    #expect(still.text.contains("This page stands still"))
  }

  @Test func `one route can be looked at alone, and one that is not there is not found`() async throws {
    #expect(try await page([("route", "/hook")]).text.contains("Route /hook"))
    let source = FakeInspectorSource()
    #expect(await Inspector(source).get(query: [("route", "/none")]).status == 404)
  }

  @Test func `hostile names and remarks stay text, wherever they are shown`() async throws {
    let evil = InspectorHostile.all
    let page = try await page { facts in
      var report = Self.ill
      report.version = evil
      report.phase = evil
      report.listen = [evil]
      report.remarks = [evil]
      report.noRoute = Self.counts([evil: 1])
      report.routes[0].name = evil
      report.routes[0].fingerprints = [evil, evil]
      report.routes[0].previous = [ReplacedSecret(fingerprint: evil, until: Self.now + 60_000)]
      report.routes[0].refusals = Self.counts([evil: 1])
      report.routes[0].outcomes = Self.counts([evil: 1])
      report.routes[0].clock?.finding = evil
      report.routes[0].queue[0].upstream = evil
      report.routes[0].queue[0].jobs = Self.counts([evil: 1, "dead": 1])
      report.routes[0].upstreams = [evil]
      report.upstreams[0].name = evil
      report.upstreams[0].lastFailure = evil
      report.store?.fault = evil
      facts.report = report
      facts.routes = [
        InspectedRoute(name: evil, isDurable: true, allowsTest: true, keepsBodies: true, events: [evil])
      ]
    }
    #expect(page.isBalanced)
    #expect(
      page.tags.isSubset(of: InspectorPages.tags)
        && page.attributeNames.isSubset(of: InspectorPages.attributes))
    #expect(page.text.count(of: InspectorHostile.shown(evil)) >= 15)
    #expect(page.all("a").allSatisfy { $0["href"]?.hasPrefix("/") == true || $0["href"] == "#main" })
  }

  @Test func `of very many routes the page stays within its bound, and each can be reached`() async throws {
    var report = Self.ill
    let name = "/" + String(repeating: "n", count: 120)
    report.routes = (0..<256).map { number in
      var route = Self.ill.routes[0]
      route.name = "\(name)\(number)"
      route.upstreams = (0..<16).map { "http://\(name)\($0)" }
      route.refusals = Counts((0..<30).map { (name: "reason-\($0)", count: UInt64(1)) })
      return route
    }
    report.routesOmitted = 9_744
    var hour = RouteHour()
    (hour.verified, hour.refused, hour.failed) = (
      (0..<60).map { $0 * 7 % 50 }, (0..<60).map { $0 % 9 }, (0..<60).map { $0 % 5 }
    )
    var facts = FakeInspectorSource.Facts()
    facts.report = report
    facts.hours = Dictionary(uniqueKeysWithValues: report.routes.map { ($0.name, hour) })
    let html = await Inspector(FakeInspectorSource(facts)).get().html
    #expect(html.utf8.count < 300_000, "\(html.utf8.count)")
    let page = try ReadPage(html)
    #expect(page.isBalanced && report.routes.allSatisfy { page.text.contains($0.name) })
    #expect(page.text.contains("9,744 further routes"))
  }
}

/// What pages may be made of, as an outsider lists it.
enum InspectorPages {
  static let tags: Set = [
    "html", "head", "meta", "title", "link", "body", "header", "nav", "main", "footer", "section", "article",
    "div",
    "span", "p", "a", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "code", "pre", "time", "svg",
    "line",
    "path", "polyline", "table", "caption", "thead", "tbody", "tr", "th", "td", "form", "input", "button",
    "label",
    "select", "option", "datalist", "progress", "details", "summary", "bdi", "small", "strong", "em", "mark",
  ]

  static let attributes: Set = [
    "lang", "charset", "name", "content", "http-equiv", "rel", "href", "class", "id", "tabindex", "role",
    "aria-label",
    "aria-labelledby", "aria-current", "aria-hidden", "aria-describedby", "datetime", "title", "method",
    "action", "type",
    "value", "for", "list", "placeholder", "autocomplete", "spellcheck", "scope", "viewbox",
    "preserveaspectratio",
    "points", "d", "x1", "x2", "y1", "y2", "max", "selected", "open", "checked", "maxlength", "inputmode",
    "required",
  ]
}

extension String {
  func count(of part: String) -> Int { ranges(of: part).count }
}
