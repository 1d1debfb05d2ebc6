import Synchronization
import Testing

@testable import Operations

/// What could not be verified and is kept, as pages.
struct InspectorQuarantineTests {
  private static let now = FakeInspectorSource.now
  private static let id = "5f0c1a9e2b7d4c38"

  private static func delivery(_ text: String = "") -> QuarantineAnswer.Delivery {
    var delivery = QuarantineAnswer.Delivery()
    delivery.id = id
    delivery.route = "/hook" + text
    delivery.arrived = now - 60_000
    delivery.reason = "mismatch" + text
    delivery.bodyBytes = 2_048
    return delivery
  }

  private func source(
    count: Int = 3, _ answer: @escaping @Sendable (QuarantineRequest) -> QuarantineAnswer? = { _ in nil }
  ) -> FakeInspectorSource {
    var facts = FakeInspectorSource.Facts()
    facts.quarantine = { request in
      if let special = answer(request) { return special }
      var answer = QuarantineAnswer()
      switch request.verb {
      case "count": answer.count = count
      case "list", "show": answer.deliveries = [Self.delivery()]
      case "release": (answer.count, answer.unverified) = (2, 1)
      default: answer.count = count
      }
      return answer
    }
    return FakeInspectorSource(facts)
  }

  @Test func `the list has its filter in the address, and each row its way to the one`() async throws {
    let source = source { request in
      guard request.verb == "list" else { return nil }
      var answer = QuarantineAnswer()
      (answer.deliveries, answer.next) = ([Self.delivery()], 77)
      return answer
    }
    let reply = await Inspector(source).get(
      "quarantine", query: [("route", "/hook"), ("since", "2h"), ("before", "99")])
    let page = try ReadPage(reply.html)
    let request = try #require(source.askedQuarantine.first)
    #expect(request.verb == "list" && request.route == "/hook" && request.from == 99)
    #expect(request.since == Self.now - 7_200_000)
    let links = page.all("a").compactMap { $0["href"] }
    #expect(links.contains("/quarantine/\(Self.id)"))
    #expect(links.contains("/quarantine?route=%2Fhook&since=2h&before=77"))
    #expect(links.contains("/quarantine/change?verb=release&route=%2Fhook&since=2h"))
    #expect(page.all("input").contains { $0["name"] == "since" && $0["value"] == "2h" })
    #expect(page.text.contains("3 deliveries of this filter") && page.text.contains("2.0 KiB"))
  }

  @Test func `where nothing is kept, or nothing matches, it is said what to do`() async throws {
    let source = source(count: 0) { $0.verb == "list" ? QuarantineAnswer() : nil }
    #expect(await Inspector(source).get("quarantine").html.contains("Nothing is kept."))
    let filtered = await Inspector(source).get("quarantine", query: [("reason", "x")])
    #expect(filtered.html.contains("Nothing that is kept matches.") && filtered.html.contains("Show all"))
    #expect(await Inspector(FakeInspectorSource()).get("quarantine").html.contains("no route is durable"))
  }

  @Test(arguments: [("since", "yesterday"), ("until", "12"), ("id", "x"), ("id", "5F0C1A9E2B7D4C38")])
  func `a filter that is none is refused with what it may be`(field: (String, String)) async {
    let source = source()
    let reply = await Inspector(source).get("quarantine", query: [field])
    #expect(reply.status == 400 && reply.html.contains("\(field.1) is no ") && source.askedQuarantine.isEmpty)
  }

  @Test func `one is shown with what it says of itself, all of it as text`() async throws {
    let evil = InspectorHostile.all
    let source = source { request in
      guard request.verb == "show" else { return nil }
      var answer = QuarantineAnswer()
      var delivery = Self.delivery(evil)
      (delivery.remote, delivery.requestID, delivery.request, delivery.remark) = (evil, evil, evil, evil)
      delivery.fields = ["X-A: \(evil)", "\(evil)", ":"]
      answer.deliveries = [delivery]
      return answer
    }
    let page = try ReadPage(await Inspector(source).get("quarantine", Self.id).html)
    #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags))
    #expect(page.attributeNames.isSubset(of: InspectorPages.attributes))
    #expect(page.text.count(of: InspectorHostile.shown(evil)) >= 7)
  }

  @Test func `what sounds private and was not left out is masked until somebody asks`() async {
    let source = source { request in
      guard request.verb == "show" else { return nil }
      var answer = QuarantineAnswer()
      var delivery = Self.delivery()
      delivery.request = "POST /hook?token=PRIVATE-1&a=shown"
      delivery.fields = ["X-Session: PRIVATE-2", "X-A: shown"]
      answer.deliveries = [delivery]
      return answer
    }
    let masked = await Inspector(source).get("quarantine", Self.id).html
    #expect(!masked.contains("PRIVATE-") && masked.contains("token=[masked]&amp;a=shown"))
    let shown = await Inspector(source).get("quarantine", Self.id, query: [("reveal", "1")]).html
    #expect(shown.contains("PRIVATE-1") && shown.contains("PRIVATE-2"))
  }

  @Test func `one that is gone is not found, and neither is what is no id`() async {
    let source = source { $0.verb == "show" ? QuarantineAnswer() : nil }
    #expect(await Inspector(source).get("quarantine", Self.id).status == 404)
    #expect(await Inspector(source).get("quarantine", InspectorHostile.all).status == 404)
    #expect(await Inspector(FakeInspectorSource()).get("quarantine", Self.id).status == 503)
  }

  @Test func `before a release it is said how many there are, and what would come of it`() async throws {
    let source = source()
    let reply = await Inspector(source).get(
      "quarantine", "change", query: [("verb", "release"), ("route", "/hook")])
    let page = try ReadPage(reply.html)
    #expect(page.text.contains("Have 3 deliveries judged again") && page.text.contains("route /hook"))
    #expect(page.text.contains("By the secrets in force: 2 would be queued, 1 would stay."))
    #expect(source.askedQuarantine.allSatisfy { $0.verb == "count" || $0.isDry })
    #expect(page.all("form").contains { $0["action"] == "/quarantine/release" && $0["method"] == "post" })
  }

  @Test func `a trial ends soon, and says how far it came`() async throws {
    let source = source { request in
      guard request.verb == "release" else { return nil }
      var answer = QuarantineAnswer()
      (answer.count, answer.next) = (64, (request.from ?? 0) + 64)
      return answer
    }
    let html = await Inspector(source).get("quarantine", "change", query: [("verb", "release")]).html
    #expect(html.contains("Of the oldest 256: 256 would be queued") && source.askedQuarantine.count == 5)
  }

  @Test func `of none nothing is asked, and a change that is none is refused`() async {
    let none = await Inspector(source(count: 0)).get("quarantine", "change", query: [("verb", "drop")])
    #expect(none.html.contains("There is none of them") && !none.html.contains("<form class=\"confirm\""))
    #expect(await Inspector(source()).get("quarantine", "change", query: [("verb", "x")]).status == 400)
    #expect(await Inspector(source()).post("quarantine", "x").status == 404)
    let looking = await Inspector(source()).get(
      "quarantine", "change", query: [("verb", "drop")], mayAct: false)
    #expect(looking.html.contains("actions: true") && !looking.html.contains("<button class=\"problem\""))
  }

  @Test func `what is thrown away is what was counted: what came since stays`() async throws {
    let source = source()
    let inspector = Inspector(source)
    let asOf = Self.now - 5_000
    let reply = await inspector.post("quarantine", "drop", form: [("route", "/hook"), ("asof", "\(asOf)")])
    #expect(reply.status == 303 && reply.location?.text == "/replays")
    await inspector.jobs.settled()
    let drop = try #require(source.askedQuarantine.first { $0.verb == "drop" })
    #expect(drop.until == asOf && drop.route == "/hook")
    #expect(source.facts.withLock { $0.users }.allSatisfy { $0 == 1_000 })
    #expect(inspector.jobs.all.first?.changed == 3 && inspector.jobs.all.first?.state == .done)
  }
}

extension InspectorJobs {
  /// Once nobody works at any of them.
  func settled() async {
    for _ in 0..<2_000 where isAtWork { try? await Task.sleep(for: .milliseconds(5)) }
  }
}
