import Synchronization
import Testing

@testable import Operations

/// What is done to all of a filter.
struct InspectorChangeTests {
  private static let now = InspectorStored.now

  private func source(count: Int = 3, isCut: Bool = false) -> FakeInspectorSource {
    InspectorStored.source { request in
      var answer = QueueAnswer()
      (answer.count, answer.isCut) = (count, isCut && request.verb == "count")
      if request.verb == "list", count > 0 { answer.jobs = [InspectorStored.job()] }
      return answer
    }
  }

  @Test func `before it is said how many and which, and what was counted is what is asked for`() async throws
  {
    let source = source()
    let reply = await Inspector(source).get(
      "change", query: [("verb", "replay"), ("route", "/hook"), ("since", "2h")])
    let page = try ReadPage(reply.html)
    #expect(page.text.contains("Send 3 deliveries again?") && page.text.contains("route /hook, state dead"))
    let count = try #require(source.askedQueue.first)
    #expect(count.verb == "count" && count.state == "dead" && count.withBody && count.until == Self.now)
    #expect(source.askedQueue.allSatisfy { $0.verb == "count" || $0.verb == "list" })
    let fields = page.all("input").reduce(into: [:]) { $0[$1["name"] ?? ""] = $1["value"] }
    #expect(fields["verb"] == "replay" && fields["route"] == "/hook" && fields["state"] == "dead")
    #expect(fields["asof"] == "\(Self.now)" && fields["rate"] == "10" && fields["since"] == "2h")
    #expect(page.all("form").contains { $0["action"] == "/change" && $0["method"] == "post" })
    #expect(page.links.contains("/stored/\(InspectorStored.id)"))
  }

  @Test func `counting ends at its bound, and says so`() async throws {
    let html = await Inspector(source(count: 100_000, isCut: true)).get("change", query: [("verb", "retry")])
      .html
    #expect(html.contains("Try 100,000 and more deliveries now?"))
  }

  @Test func `of none nothing is asked, and whoever may only look is told`() async throws {
    let none = await Inspector(source(count: 0)).get("change", query: [("verb", "cancel")])
    #expect(none.html.contains("There is none of them") && !none.html.contains("class=\"confirm\""))
    let looking = await Inspector(source()).get("change", query: [("verb", "cancel")], mayAct: false)
    #expect(looking.html.contains("actions: true") && !looking.html.contains("class=\"confirm\""))
  }

  @Test func `what is deleted has to be named`() async throws {
    let source = source()
    let page = try ReadPage(
      await Inspector(source).get("change", query: [("verb", "purge"), ("route", "/hook")]).html)
    for state in ["dead", "delivered", "cancelled"] {
      #expect(page.links.contains("/change?verb=purge&route=%2Fhook&state=\(state)"))
    }
    #expect(await Inspector(source).post("change", form: [("verb", "purge")]).status == 400)
    #expect(source.askedQueue.isEmpty)
  }

  @Test(arguments: [
    [("verb", "erase")], [("verb", "retry"), ("state", "dead")], [("verb", "purge"), ("state", "queued")],
    [("verb", "replay"), ("since", "x")], [],
  ]) func `what cannot be, or is no filter, is refused before anything is asked`(fields: [(String, String)])
    async
  {
    let source = source()
    #expect(await Inspector(source).get("change", query: fields).status == 400)
    #expect([400, 404].contains(await Inspector(source).post("change", form: fields).status))
    #expect(source.askedQueue.isEmpty)
  }

  @Test func `a replay is the store's own, at a rate, of what was there when it was counted`() async throws {
    let source = source()
    let reply = await Inspector(source).post(
      "change",
      form: [
        ("verb", "replay"), ("route", "/hook"), ("state", "dead"), ("asof", "\(Self.now - 5)"),
        ("rate", "20"),
      ])
    #expect(reply.status == 303 && reply.location?.text == "/replays")
    let begin = try #require(source.askedQueue.first)
    #expect(begin.verb == "replay-begin" && begin.rate == 20 && begin.until == Self.now - 5 && begin.withBody)
    #expect(source.facts.withLock { $0.users } == [1_000])
    for rate in ["0", "1001", "x", ""] {
      let refused = await Inspector(source).post("change", form: [("verb", "replay"), ("rate", rate)])
      #expect(refused.status == 400 && refused.html.contains("from 1 to 1000"))
    }
  }

  @Test(arguments: ["retry", "cancel", "resume"])
  func `other changes go on behind the page, and keep to the filter`(verb: String) async throws {
    let source = source()
    let inspector = Inspector(source)
    let reply = await inspector.post(
      "change", form: [("verb", verb), ("route", "/hook"), ("asof", "99999999999999")])
    #expect(reply.status == 303 && reply.location?.text == "/replays")
    await inspector.jobs.settled()
    let change = try #require(source.askedQueue.last)
    #expect(change.verb == verb && change.route == "/hook" && change.until == Self.now)
    #expect(change.state == StoredChange(rawValue: verb)?.standardState)
    #expect(inspector.jobs.all.first?.changed == 3)
  }

  @Test func `by a text only what was looked through to its end is changed, and never at a rate`()
    async throws
  {
    let fields = [("verb", "replay"), ("text", "ref-1"), ("rate", "10")]
    let whole = source()
    let inspector = Inspector(whole)
    let page = await inspector.get("change", query: fields)
    #expect(page.html.contains("Send 3 deliveries again?") && !page.html.contains("name=\"rate\""))
    _ = await inspector.post("change", form: fields)
    await inspector.jobs.settled()
    #expect(whole.askedQueue.last?.verb == "replay" && whole.askedQueue.last?.text == "ref-1")
    let cut = source(isCut: true)
    #expect(await Inspector(cut).get("change", query: fields).status == 400)
    #expect(await Inspector(cut).post("change", form: fields).html.contains("Narrow it"))
    #expect(cut.askedQueue.allSatisfy { $0.verb == "count" })
  }

  @Test func `one delivery is deleted by its id alone`() async throws {
    let source = source(count: 1)
    let inspector = Inspector(source)
    let page = await inspector.get("change", query: [("verb", "purge"), ("id", InspectorStored.id)])
    #expect(page.html.contains("Delete 1 delivery for good?"))
    _ = await inspector.post(
      "change", form: [("verb", "purge"), ("id", InspectorStored.id), ("route", "/other")])
    await inspector.jobs.settled()
    let purge = try #require(source.askedQueue.last)
    #expect(purge.verb == "purge" && purge.id == InspectorStored.id && purge.route == nil)
  }

  @Test func `whatever is in its filter is text`() async throws {
    let evil = InspectorHostile.all
    let html = await Inspector(source()).get(
      "change", query: [("verb", "replay"), ("route", evil), ("reason", evil), ("upstream", evil)]
    ).html
    let page = try ReadPage(html)
    #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags))
    #expect(page.attributeNames.isSubset(of: InspectorPages.attributes))
  }
}
