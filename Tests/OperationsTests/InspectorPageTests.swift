import Testing

@testable import Operations

/// What all pages have in common.
struct InspectorPageTests {
  private func inspector(_ change: (inout FakeInspectorSource.Facts) -> Void = { _ in }) -> Inspector {
    var facts = FakeInspectorSource.Facts()
    facts.report = StatusTextTests.report
    change(&facts)
    return Inspector(FakeInspectorSource(facts))
  }

  @Test func `a page has its landmarks, one h1, and a way past the navigation`() throws {
    let reply = inspector().page("Title", in: .stored) { element(.p) { "content" } }
    let page = try ReadPage(reply.html)
    for tag in ["h1", "main", "nav", "title", "html", "head", "body"] {
      #expect(page.count(tag) == 1, "\(tag)")
    }
    #expect(page.isBalanced && reply.status == 200)
    #expect(page.all("html") == [["lang": "en"]])
    #expect(
      page.all("a").first == ["class": "skip", "href": "#main"] && page.all("main").first?["id"] == "main")
    #expect(page.all("meta").contains { $0["name"] == "viewport" })
    #expect(page.all("a").filter { $0["aria-current"] == "page" }.map { $0["href"] } == ["/stored"])
    #expect(page.events.first == .other("doctype html"))
  }

  @Test func `no page is longer than its bound, whatever is in it`() throws {
    for length in [100, InspectorStored.pageBytesMax] {
      let text = String(repeating: "x", count: length)
      let reply = inspector().page(text, in: .stored) { element(.p) { text } }
      let isWhole = length == 100
      #expect(reply.html.utf8.count < InspectorStored.pageBytesMax && reply.html.contains(text) == isWhole)
      #expect(reply.status == (isWhole ? 200 : 500) && reply.html.contains("would be longer") != isWhole)
    }
  }

  @Test(arguments: [Int.min, -1, 0, .max])
  func `whatever numbers somebody has written into the store, there is a page`(_ number: Int) async throws {
    for state in ["dead", "queued", "sending"] {
      var job = InspectorStored.job(state)
      (job.attempts, job.bodyBytes, job.status) = (number, number, number)
      let instant = Int64(number)
      (job.accepted, job.ended, job.next, job.pausedUntil) = (instant, instant, instant, instant)
      var attempt = InspectorStored.attempt(1)
      (attempt.number, attempt.at, attempt.milliseconds, attempt.status) = (number, instant, instant, number)
      job.tries = [attempt, InspectorStored.attempt(2, "no")]
      let inspector = Inspector(InspectorStored.source(job))
      for path in [["stored"], ["stored", InspectorStored.id]] {
        let reply =
          path.count == 1 ? await inspector.get("stored") : await inspector.get("stored", path[1])
        #expect(try reply.status == 200 && ReadPage(reply.html).isBalanced)
      }
    }
  }

  @Test func `thousands of routes make no form too long, and the one that is meant is always there`()
    async throws
  {
    let routes = (0..<5_000).map { number in
      var route = InspectedRoute()
      (route.name, route.isDurable, route.allowsTest) = ("/webhooks/\"\(number)\"", true, true)
      return route
    }
    let inspector = inspector { $0.routes = routes }
    for path in ["stored", "recent", "quarantine", "test"] {
      let reply = await inspector.get(path, query: [("route", "/webhooks/\"4999\"")])
      #expect(reply.status == 200 && reply.html.utf8.count < InspectorStored.pageBytesMax, "\(path)")
      #expect(reply.html.contains("&quot;4999&quot;") && reply.html.contains("&quot;0&quot;"), "\(path)")
    }
  }

  @Test func `the way to a test delivery is there where a route allows one`() throws {
    let none = inspector().page("T", in: .overview) {}.html
    var route = InspectedRoute()
    route.allowsTest = true
    let one = inspector { $0.routes = [route] }.page("T", in: .overview) {}.html
    #expect(!none.contains("Try it") && one.contains("Try it"))
  }

  @Test func `a page loads itself again where it is told to, but not with a notice: that would come again`()
    throws
  {
    let inspector = inspector()
    func isRefreshed(_ reply: InspectorReply) throws -> Bool {
      try ReadPage(reply.html).all("meta").contains { $0["http-equiv"] == "refresh" && $0["content"] == "7" }
    }
    #expect(try isRefreshed(inspector.page("T", in: .overview, refreshSeconds: 7) {}))
    #expect(try !isRefreshed(inspector.page("T", in: .overview, refreshSeconds: 7, notice: "done") {}))
    #expect(try !isRefreshed(inspector.page("T", in: .overview, status: 409, refreshSeconds: 7) {}))
  }

  @Test func `what is refused says why, with its status, and as text`() throws {
    let reply = inspector().refused(InspectorHostile.all, status: 403)
    let page = try ReadPage(reply.html)
    #expect(reply.status == 403 && page.text.contains(InspectorHostile.shown(InspectorHostile.all)))
    #expect(page.isBalanced && page.count("script") == 0 && inspector().notFound().status == 404)
  }

  @Test func `an address that is none is answered 404, whatever it is`() async {
    let inspector = inspector()
    for path in ["nothing", "", "..", InspectorHostile.all] {
      #expect(await inspector.get(path).status == 404)
      #expect(await inspector.post(path).status == 404)
    }
    #expect(await inspector.get("quarantine", "a", "b").status == 404)
    #expect(await inspector.get("replays", "1").status == 404)
  }

  @Test func `nothing is changed for somebody who may not, and he is told the setting`() async {
    let source = FakeInspectorSource()
    let inspector = Inspector(source)
    for path in [["quarantine", "drop"], ["replays", "1"], ["jobs", "1"], ["change", ""]] {
      let reply = await inspector.post(path[0], path[1], "stop", mayAct: false)
      #expect(reply.status == 403 && reply.html.contains("inspector: {actions: true}"))
    }
    #expect(source.askedQueue.isEmpty && source.askedQuarantine.isEmpty)
  }

  @Test func `the style sheet is at the address that pages name, and says nothing of other sites`()
    async throws
  {
    let inspector = inspector()
    guard case .style(let style) = await inspector.get("style.css").content else { throw Missing() }
    let links = try ReadPage(inspector.page("T", in: .overview) {}.html).all("link")
    #expect(links == [["rel": "stylesheet", "href": "/style.css?v=\(InspectorStyle.version)"]])
    for word in ["url(", "@import", "expression", "http:", "https:", "attr("] {
      #expect(!style.contains(word), "\(word)")
    }
    #expect(style.utf8.count < 20_000 && style.count { $0 == "{" } == style.count { $0 == "}" })
  }

  private struct Missing: Error {}
}
