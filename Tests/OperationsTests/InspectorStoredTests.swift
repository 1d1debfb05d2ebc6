import Synchronization
import Testing

@testable import Operations

/// Stored deliveries: the list, and one of them.
struct InspectorStoredTests {
  private static let id = InspectorStored.id

  // MARK: The list

  @Test func `the list asks for what its address says, and keeps it in every way on`() async throws {
    let source = InspectorStored.source { request in
      var answer = QueueAnswer()
      (answer.jobs, answer.before, answer.after) = ([InspectorStored.job()], 77, 99)
      if request.verb == "count" { (answer.count, answer.isCut) = (10_000, true) }
      return answer
    }
    let reply = await Inspector(source).get(
      "stored",
      query: [
        ("route", "/hook"), ("state", "dead"), ("status", "500"), ("since", "2h"), ("secret", "0a1b2c3d"),
        ("before", "88"), ("upstream", ""),
      ])
    let page = try ReadPage(reply.html)
    let request = try #require(source.askedQueue.first)
    #expect(request.verb == "list" && request.route == "/hook" && request.state == "dead")
    #expect(request.status == 500 && request.since == InspectorStored.now - 7_200_000 && request.before == 88)
    #expect(request.secret == "0a1b2c3d" && request.upstream == nil && request.isHurried)
    let kept = "route=%2Fhook&state=dead&status=500&since=2h&secret=0a1b2c3d"
    #expect(
      page.links.contains("/stored?\(kept)&before=77") && page.links.contains("/stored?\(kept)&after=99"))
    #expect(page.links.contains("/change?verb=replay&\(kept)"))
    #expect(page.links.contains("/change?verb=purge&\(kept)"))
    #expect(!page.links.contains { $0.hasPrefix("/change?verb=retry") })
    #expect(page.links.contains("/stored/\(Self.id)"))
    #expect(page.text.contains("10,000 and more deliveries of this filter"))
    #expect(page.all("input").contains { $0["name"] == "status" && $0["value"] == "500" })
    #expect(page.all("details").contains { $0["open"] != nil })
  }

  @Test func `a page of newer ones is asked for by where the page behind began`() async {
    let source = InspectorStored.source()
    _ = await Inspector(source).get("stored", query: [("after", "5")])
    #expect(source.askedQueue.first?.after == 5 && source.askedQueue.first?.before == nil)
  }

  @Test func `a search for a text says how far it looked, and is not made twice to count`() async throws {
    let source = InspectorStored.source { _ in
      var answer = QueueAnswer()
      (answer.jobs, answer.looked, answer.isCut) = ([InspectorStored.job()], 10_000, true)
      return answer
    }
    let page = try ReadPage(
      await Inspector(source).get("stored", query: [("text", "ref-1"), ("state", "dead")]).html)
    #expect(page.text.contains("10,000 bodies were looked through, and there are older ones"))
    #expect(source.askedQueue.map(\.verb) == ["list"] && source.askedQueue[0].text == "ref-1")
  }

  @Test(arguments: [
    ("state", "lost"), ("status", "99"), ("status", "x"), ("id", "x"), ("since", "yesterday"), ("until", "5"),
    ("secret", "the-secret"), ("text", String(repeating: "x", count: 257)),
  ]) func `a filter that is none is told above what was typed, and nothing is asked`(field: (String, String))
    async
  {
    let source = InspectorStored.source()
    let reply = await Inspector(source).get("stored", query: [field])
    #expect(reply.status == 400 && reply.html.contains("role=\"alert\"") && source.askedQueue.isEmpty)
    #expect(reply.html.contains("<form"))
  }

  @Test func `where nothing is stored, or nothing matches, it is said what to do`() async {
    let empty = InspectorStored.source { _ in QueueAnswer() }
    #expect(await Inspector(empty).get("stored").html.contains("Nothing is stored."))
    let filtered = await Inspector(empty).get("stored", query: [("state", "dead")]).html
    #expect(filtered.contains("Nothing that is stored matches.") && filtered.contains("Show all"))
    #expect(filtered.contains("href=\"/recent?outcome=refused\""))
    #expect(await Inspector(FakeInspectorSource()).get("stored").html.contains("no route is durable"))
  }

  @Test func `a page of long and hostile rows stays below its bound`() async throws {
    var job = InspectorStored.job("queued")
    job.route = InspectorHostile.all
    job.upstream = "https://" + String(repeating: "\"", count: 250)
    job.reason = InspectorHostile.all
    let row = job
    let source = InspectorStored.source { _ in
      var answer = QueueAnswer()
      answer.jobs = Array(repeating: row, count: 50)
      return answer
    }
    let html = await Inspector(source).get("stored").html
    let page = try ReadPage(html)
    #expect(html.utf8.count < InspectorStored.pageBytesMax && page.isBalanced)
    #expect(page.tags.isSubset(of: InspectorPages.tags))
    #expect(page.attributeNames.isSubset(of: InspectorPages.attributes))
  }

  // MARK: One

  @Test func `one is shown with what became of it, and what can be done`() async throws {
    var job = InspectorStored.job()
    job.tries = [InspectorStored.attempt(1, "first"), InspectorStored.attempt(2, "no such <order>")]
    let page = try ReadPage(await Inspector(InspectorStored.source(job)).get("stored", Self.id).html)
    for text in [
      "Accepted", "2 h ago", "Attempt 1", "Attempt 2", "answered 500", "after 1.2 s", "no such <order>",
      "never takes this", "192.0.2.7", "the-request", "POST /hook?x=1", "0a1b2c3d",
    ] {
      #expect(page.text.contains(text), "\(text)")
    }
    let forms = page.all("form").compactMap { $0["action"] }
    #expect(forms.contains("/stored/\(Self.id)/replay") && !forms.contains("/stored/\(Self.id)/retry"))
    #expect(page.links.contains("/change?verb=purge&id=\(Self.id)"))
    #expect(page.links.contains("/compare?a=\(Self.id)&b=before"))
    #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags))
  }

  @Test(arguments: [
    ("queued", ["retry", "cancel"]), ("delivered", ["replay"]), ("cancelled", ["replay", "resume"]),
    ("orphaned", ["cancel"]), ("sending", []),
  ]) func `only what can happen to it has a button`(state: String, verbs: [String]) async throws {
    let source = InspectorStored.source(InspectorStored.job(state))
    let page = try ReadPage(await Inspector(source).get("stored", Self.id).html)
    let shown = page.all("form").compactMap { $0["action"] }.filter { $0.hasPrefix("/stored/") }
    #expect(Set(shown) == Set(verbs.map { "/stored/\(Self.id)/\($0)" }))
    let looking = try ReadPage(await Inspector(source).get("stored", Self.id, mayAct: false).html)
    #expect(!looking.all("form").contains { $0["method"] == "post" })
  }

  @Test func `what waits says when it is tried next, or why not`() async throws {
    let queued = await Inspector(InspectorStored.source(InspectorStored.job("queued"))).get("stored", Self.id)
    #expect(try ReadPage(queued.html).text.contains("Next attempt in 5 min"))
    var job = InspectorStored.job("queued")
    job.pausedUntil = InspectorStored.now + 120_000
    let paused = await Inspector(InspectorStored.source(job)).get("stored", Self.id)
    #expect(try ReadPage(paused.html).text.contains("nothing is sent until it is tried again in 2 min"))
  }

  @Test func `what sounds private in a query is masked until somebody asks`() async throws {
    let line = "POST /hook?a=1&token=PRIVATE-1&%61pi_key=PRIVATE-2&x-sig=PRIVATE-3&design=2&token HTTP/1.1"
    let head = "\(line)\r\nX-Amz-Sig: PRIVATE-4\r\nX-Bearer: PRIVATE-5\r\nX-Design: shown\r\n\r\n"
    let source = InspectorStored.source(head: head)
    let masked = await Inspector(source).get("stored", Self.id).html
    #expect(!masked.contains("PRIVATE-") && masked.contains("shown"))
    let query = "a=1&token=[masked]&%61pi_key=[masked]&x-sig=[masked]&design=2&token"
    #expect(try ReadPage(masked).text.contains(query))
    #expect(masked.contains("Show signatures, passwords and cookies too"))
    let shown = await Inspector(source).get("stored", Self.id, query: [("reveal", "1")]).html
    for number in 1...5 { #expect(shown.contains("PRIVATE-\(number)")) }
    for text in ["", "?", "POST /?", "POST /?&&=&", "POST /?a HTTP/1.1", "POST /?token= HTTP/1.1"] {
      #expect(HeadView.masked(line: Array(text.utf8)) == Array(text.utf8))
    }
  }

  @Test func `signatures, passwords and cookies are masked until somebody asks`() async throws {
    let inspector = Inspector(InspectorStored.source())
    let masked = try ReadPage(await inspector.get("stored", Self.id).html)
    #expect(!masked.text.contains("PRIVATE") && masked.text.contains("masked, 9 bytes"))
    #expect(masked.text.contains("application/json"))
    #expect(masked.links.contains("/stored/\(Self.id)?reveal=1"))
    let shown = try ReadPage(await inspector.get("stored", Self.id, query: [("reveal", "1")]).html)
    for index in 0...4 { #expect(shown.text.contains("PRIVATE-\(index)")) }
  }

  @Test func `what Try it has sent says so before anything else of its head`() async throws {
    let head = "POST /hook HTTP/1.1\r\nX-Delivery-Test: true\r\n\r\n"
    let test = try ReadPage(await Inspector(InspectorStored.source(head: head)).get("stored", Self.id).html)
    #expect(test.texts(of: "dl")[0].contains("sent by Try it"))
    let other = try ReadPage(await Inspector(InspectorStored.source()).get("stored", Self.id).html)
    #expect(!other.text.contains("sent by Try it"))
  }

  @Test func `the field that proved one is masked, too, once its route has gone`() async throws {
    let source = InspectorStored.source()
    source.facts.withLock { $0.routes[0].name = "/other" }
    let page = try ReadPage(await Inspector(source).get("stored", Self.id).html)
    #expect(!page.text.contains("PRIVATE-0"))
  }

  @Test func `without its body it has no head, and cannot be sent again`() async throws {
    let source = InspectorStored.source { request in
      ["head", "body"].contains(request.verb) ? .refused("the body is gone: its time is over", .absent) : nil
    }
    let page = try ReadPage(await Inspector(source).get("stored", Self.id).html)
    #expect(page.text.contains("its time is over"))
    #expect(!page.all("form").contains { $0["action"]?.hasSuffix("/replay") == true })
    #expect(page.links.contains("/change?verb=purge&id=\(Self.id)"))
  }

  @Test func `one whose seal is broken warns of itself`() async {
    let source = InspectorStored.source { request in
      ["head", "body"].contains(request.verb) ? .refused("it is not what was stored", .unsealed) : nil
    }
    let html = await Inspector(source).get("stored", Self.id).html
    #expect(html.contains("Beware: it is not what was stored"))
  }

  @Test func `one that is gone is not found, and neither is what is no id`() async {
    let source = InspectorStored.source { _ in QueueAnswer() }
    #expect(await Inspector(source).get("stored", Self.id).status == 404)
    #expect(await Inspector(source).get("stored", InspectorHostile.all).status == 404)
    #expect(await Inspector(FakeInspectorSource()).get("stored", Self.id).status == 503)
  }

  @Test func `with every bound in use the page stays below its own`() async throws {
    var job = InspectorStored.job()
    job.upstream = "https://" + String(repeating: "&", count: 200)
    job.attempts = 400
    job.tries = (1...20).map { InspectorStored.attempt($0, String(repeating: "\"", count: 1_024)) }
    let row = job
    let field = "X-A: " + String(repeating: "\"", count: 8_000) + "\r\n"
    let head =
      "POST /\(String(repeating: "'", count: 8_000)) HTTP/1.1\r\n" + String(repeating: field, count: 300)
    let body = [UInt8](repeating: UInt8(ascii: "\""), count: 100_000)
    let source = InspectorStored.source(head: head + "\r\n", body: body) { request in
      guard request.verb == "show" else { return nil }
      var answer = QueueAnswer()
      answer.jobs = Array(repeating: row, count: 40)
      return answer
    }
    let html = await Inspector(source).get("stored", Self.id).html
    #expect(html.utf8.count < InspectorStored.pageBytesMax, "\(html.utf8.count)")
    #expect(try ReadPage(html).isBalanced && html.contains("And to 24 more upstreams"))
  }

  // MARK: Its buttons

  @Test(arguments: ["replay", "retry", "cancel", "resume"])
  func `a button does it to that one, as whoever pressed it, and goes on to its page`(verb: String)
    async throws
  {
    let source = InspectorStored.source()
    let reply = await Inspector(source).post("stored", Self.id, verb)
    #expect(reply.status == 303 && reply.location?.text == "/stored/\(Self.id)?done=\(verb)")
    let request = try #require(source.askedQueue.first)
    #expect(request.verb == verb && request.id == Self.id && request.route == nil)
    #expect(request.withBody == (verb == "replay" || verb == "resume"))
    #expect(source.facts.withLock { $0.users } == [1_000])
    let page = await Inspector(source).get("stored", Self.id, query: [("done", verb)])
    #expect(page.html.contains("role=\"status\""))
  }

  @Test func `what could not be done is said, and nothing is deleted by a button alone`() async {
    let none = InspectorStored.source { _ in QueueAnswer() }
    let reply = await Inspector(none).post("stored", Self.id, "retry")
    #expect(reply.status == 409 && reply.html.contains("Only what is queued can be tried now."))
    let source = InspectorStored.source()
    #expect(await Inspector(source).post("stored", Self.id, "purge").status == 404)
    #expect(await Inspector(source).post("stored", "x", "replay").status == 404)
    #expect(await Inspector(source).post("stored", Self.id, "replay", mayAct: false).status == 403)
    #expect(source.askedQueue.isEmpty)
    let page = await Inspector(source).get("stored", Self.id, query: [("done", InspectorHostile.all)])
    #expect(!page.html.contains("EVIL"))
  }
}
