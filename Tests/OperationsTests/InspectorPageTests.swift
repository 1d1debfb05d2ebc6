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
