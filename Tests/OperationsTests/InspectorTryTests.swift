import Synchronization
import Testing

@testable import Operations

/// `Try it`: test deliveries to routes that allow them.
struct InspectorTryTests {
  private func source(allows: Bool = true, _ outcome: TestDeliveryOutcome? = nil) -> FakeInspectorSource {
    var facts = FakeInspectorSource.Facts()
    var route = InspectorStored.route
    (route.allowsTest, route.events) = (allows, ["paid", "refunded"])
    facts.routes = [route]
    facts.test = { _, _ in outcome ?? Self.outcome }
    return FakeInspectorSource(facts)
  }

  private static var outcome: TestDeliveryOutcome {
    var outcome = TestDeliveryOutcome()
    outcome.outcome = "forwarded"
    outcome.status = 200
    outcome.requestID = "the-request"
    outcome.milliseconds = 42
    outcome.sentBody = Array(#"{"sample":true}"#.utf8)
    outcome.answerFields = ["Content-Type: text/plain", "Set-Cookie: a=PRIVATE"]
    outcome.answerBody = Array("thanks </pre><script>".utf8)
    return outcome
  }

  @Test func `only routes that say so are offered, with their events`() async throws {
    let page = try ReadPage(await Inspector(source()).get("test", query: [("route", "/hook")]).html)
    #expect(page.all("form").contains { $0["action"] == "/test" && $0["method"] == "post" })
    #expect(
      page.all("option").contains { $0["value"] == "refunded" } && page.text.contains("X-Delivery-Test"))
    let none = await Inspector(source(allows: false)).get("test", query: [("route", "/hook")])
    #expect(
      none.html.contains("No route takes test deliveries") && none.html.contains("takes no test deliveries"))
    let looking = await Inspector(source()).get("test", mayAct: false)
    #expect(looking.html.contains("actions: true") && !looking.html.contains("Send a test delivery"))
  }

  @Test func `one is sent as whoever asks, and its page can be loaded again`() async throws {
    let source = source()
    let inspector = Inspector(source)
    let reply = await inspector.post("test", form: [("route", "/hook"), ("event", "paid")])
    #expect(reply.status == 303 && reply.location?.text == "/test/1")
    #expect(source.facts.withLock { $0.askedTests } == ["/hook"])
    #expect(source.facts.withLock { $0.users } == [1_000])
    for _ in 0..<2 {
      let page = try ReadPage(await inspector.get("test", "1").html)
      for text in [
        "forwarded", "200", "42 ms", "the-request", "thanks </pre><script>", "\"sample\": true", "paid",
      ] {
        #expect(page.text.contains(text), "\(text)")
      }
      #expect(page.count("script") == 0 && page.isBalanced && !page.text.contains("PRIVATE"))
    }
    #expect(source.facts.withLock { $0.askedTests } == ["/hook"])
    #expect(await inspector.get("test").html.contains("/test/1"))
  }

  @Test func `what was stored leads to what the app says to it`() async throws {
    var outcome = Self.outcome
    (outcome.outcome, outcome.delivery) = ("stored", InspectorStored.id)
    let inspector = Inspector(source(outcome))
    _ = await inspector.post("test", form: [("route", "/hook")])
    let page = try ReadPage(await inspector.get("test", "1").html)
    #expect(page.text.contains("What the app says to it"))
    #expect(page.links.filter { $0 == "/stored/\(InspectorStored.id)" }.count == 2)
  }

  @Test func `a route that does not say so is not even asked`() async {
    let source = source(allows: false)
    for route in ["/hook", "/other", ""] {
      #expect(await Inspector(source).post("test", form: [("route", route)]).status == 403)
    }
    #expect(source.facts.withLock { $0.askedTests }.isEmpty)
  }

  @Test func `what was not sent says why`() async {
    var outcome = TestDeliveryOutcome()
    outcome.refusal = "the route \(InspectorHostile.all) has no secret"
    let inspector = Inspector(source(outcome))
    _ = await inspector.post("test", form: [("route", "/hook")])
    let html = await inspector.get("test", "1").html
    #expect(html.contains("Nothing was sent: the route") && !html.contains("<script"))
    #expect(await inspector.get("test", "2").status == 404)
  }

  @Test func `the last ones are kept, and a long answer's beginning is shown`() async {
    var outcome = Self.outcome
    outcome.answerBody = [UInt8](repeating: UInt8(ascii: "\""), count: 65_536)
    (outcome.sentBody, outcome.isAnswerCut) = (outcome.answerBody, true)
    outcome.answerFields = (0..<500).map { "X-\($0): " + String(repeating: "'", count: 4_000) }
    let inspector = Inspector(source(outcome))
    for _ in 0...TestDeliveries.keptMax { _ = await inspector.post("test", form: [("route", "/hook")]) }
    #expect(await inspector.get("test", "1").status == 404)
    let html = await inspector.get("test", "\(TestDeliveries.keptMax + 1)").html
    #expect(html.utf8.count < InspectorStored.pageBytesMax && html.contains("of 65,536 bytes are shown"))
    #expect(html.contains("only its beginning is kept"))
  }
}
