import Gateway
import Testing

@testable import Operations

/// What was over lately, from memory.
struct InspectorRecentTests {
  private static let now = FakeInspectorSource.now

  private static func delivery(_ outcome: String = "forwarded") -> RecentDeliveries.Delivery {
    var delivery = RecentDeliveries.Delivery()
    delivery.at = now - 3_000
    delivery.outcome = outcome
    delivery.status = 200
    delivery.route = "/hook"
    delivery.requestID = "the-request"
    delivery.remote = "192.0.2.7"
    delivery.method = "POST"
    delivery.path = "/hook"
    delivery.secret = outcome == "refused" ? nil : "0a1b2c3d"
    delivery.totalMicroseconds = 12_400
    delivery.verifyMicroseconds = 310
    return delivery
  }

  private func inspector(_ deliveries: [RecentDeliveries.Delivery]) -> Inspector {
    let recent = RecentDeliveries()
    recent.begin()
    for delivery in deliveries { recent.keep(delivery) }
    var facts = FakeInspectorSource.Facts()
    facts.routes = [InspectorStored.route]
    return Inspector(FakeInspectorSource(facts, recent: recent))
  }

  private func number(_ inspector: Inspector) -> String {
    "\(inspector.source.recent.list(limit: 1).deliveries.first?.number ?? 0)"
  }

  @Test func `the list shows the newest first, narrowed by its address`() async throws {
    var refused = Self.delivery("refused")
    (refused.reason, refused.status) = ("mismatch", 401)
    let inspector = inspector([Self.delivery(), refused])
    let all = try ReadPage(await inspector.get("recent").html)
    #expect(all.texts(of: "tr").count == 3 && all.texts(of: "tr")[1].contains("mismatch"))
    #expect(all.texts(of: "tr")[2].contains("12 ms") && all.links.contains("/recent/\(number(inspector))"))
    let narrowed = try ReadPage(await inspector.get("recent", query: [("outcome", "verified")]).html)
    #expect(narrowed.texts(of: "tr").count == 2 && !narrowed.texts(of: "tr")[1].contains("mismatch"))
  }

  @Test func `a long list is gone through page by page, with its filter`() async throws {
    let inspector = inspector((0..<120).map { _ in Self.delivery() })
    var (seen, address): ([String], [(String, String)]?) = ([], [("route", "/hook")])
    while let query = address {
      let page = try ReadPage(await inspector.get("recent", query: query).html)
      seen += page.links.filter { $0.hasPrefix("/recent/") }
      let older = page.links.first { $0.contains("&before=") && $0.hasPrefix("/recent?route=%2Fhook") }
      address = older.map { [("route", "/hook"), ("before", String($0.split(separator: "before=")[1]))] }
    }
    #expect(seen.count == 120 && Set(seen).count == 120)
  }

  @Test func `it is loaded again only where somebody wants that`() async throws {
    let inspector = inspector([Self.delivery()])
    func isRefreshed(_ query: [(String, String)]) async throws -> Bool {
      try ReadPage(await inspector.get("recent", query: query).html).all("meta").contains {
        $0["http-equiv"] == "refresh"
      }
    }
    #expect(try await !isRefreshed([]))
    #expect(try await isRefreshed([("refresh", "on")]))
  }

  @Test func `where nothing came, or nothing matches, it is said why`() async {
    #expect(await inspector([]).get("recent").html.contains("Nothing has come yet."))
    let narrowed = await inspector([Self.delivery()]).get("recent", query: [("route", "/other")]).html
    #expect(narrowed.contains("Nothing that was kept matches.") && narrowed.contains("Show all"))
  }

  @Test(arguments: [
    ("outcome", "lost"), ("status", "x"), ("since", "x"), ("text", String(repeating: "x", count: 257)),
  ])
  func `a filter that is none is told above what was typed`(field: (String, String)) async {
    let reply = await inspector([]).get("recent", query: [field])
    #expect(reply.status == 400 && reply.html.contains("role=\"alert\"") && reply.html.contains("<form"))
  }

  @Test func `one is shown with what is known of it, and where it is stored`() async throws {
    var delivery = Self.delivery("stored")
    delivery.delivery = InspectorStored.id
    delivery.ageSeconds = 4
    let inspector = inspector([delivery])
    let page = try ReadPage(await inspector.get("recent", number(inspector)).html)
    for text in ["on disk", "the-request", "192.0.2.7", "0a1b2c3d", "4 s before", "0.3 ms", "12 ms"] {
      #expect(page.text.contains(text), "\(text)")
    }
    #expect(page.links.contains("/stored/\(InspectorStored.id)"))
    #expect(page.text.contains("Head and body are with what is stored.") && !page.text.contains("Upstream"))
    #expect(await inspector.get("recent", "99").status == 404)
    #expect(await inspector.get("recent", InspectorHostile.all).status == 404)
  }

  @Test func `where nothing of it was kept, it is said what would keep it`() async {
    let inspector = inspector([Self.delivery()])
    #expect(await inspector.get("recent", number(inspector)).html.contains("inspect: {bodies: true}"))
  }

  @Test(arguments: [
    ("mismatch", "No secret of the route gives this signature", true),
    ("stale", "The signature is right, the time is not", false),
  ])
  func `what was not verified says what that means, and what to do next`(
    reason: String, meaning: String, isInQuarantine: Bool
  ) async throws {
    var delivery = Self.delivery("refused")
    (delivery.reason, delivery.status) = (reason, 401)
    let inspector = inspector([delivery])
    let page = try ReadPage(await inspector.get("recent", number(inspector)).html)
    #expect(page.text.contains(meaning) && page.text.contains("vesigate capture --route /hook"))
    #expect(page.links.contains("/quarantine?route=%2Fhook") == isInQuarantine)
    (delivery.reason, delivery.status, delivery.route) = ("no-such-path", 404, nil)
    let other = self.inspector([delivery])
    #expect(await !other.get("recent", number(other)).html.contains("vesigate capture"))
  }

  @Test func `a kept head is masked until somebody asks, and the body is at its own address`() async throws {
    var delivery = Self.delivery()
    delivery.content = .init(head: Array(InspectorStored.head.utf8), body: Array(#"{"a":1}"#.utf8))
    let inspector = inspector([delivery])
    let number = number(inspector)
    let masked = try ReadPage(await inspector.get("recent", number).html)
    #expect(!masked.text.contains("PRIVATE") && masked.text.contains("{\n  \"a\": 1\n}"))
    let shown = await inspector.get("recent", number, query: [("reveal", "1")])
    for index in 0...4 { #expect(shown.html.contains("PRIVATE-\(index)")) }
    #expect(await inspector.get("recent", number, "view", query: [("as", "hex")]).html.contains("7b 22 61"))
    guard case .download(let bytes, let name) = await inspector.get("recent", number, "body").content else {
      Issue.record("no download")
      return
    }
    #expect(bytes == Array(#"{"a":1}"#.utf8) && name == "recent-\(number).body")
    #expect(await self.inspector([Self.delivery()]).get("recent", number, "view").status == 404)
  }

  @Test func `whatever a sender writes is text, and no page is longer than its bound`() async throws {
    let evil = InspectorHostile.all
    var delivery = Self.delivery()
    (delivery.path, delivery.method) = ("/" + String(repeating: "\"", count: 8_000) + evil, evil)
    (delivery.route, delivery.reason, delivery.detail) = (nil, evil, evil)
    (delivery.requestID, delivery.remote, delivery.upstream) = (evil, evil, evil)
    delivery.content = .init(
      head: Array("\(evil)\r\n\(evil): \(evil)\r\n\r\n".utf8), body: Array(evil.utf8))
    let inspector = inspector(Array(repeating: delivery, count: 60))
    for path in [["recent"], ["recent", number(inspector)]] {
      let html =
        path.count == 1 ? await inspector.get("recent").html : await inspector.get("recent", path[1]).html
      let page = try ReadPage(html)
      #expect(html.utf8.count < InspectorStored.pageBytesMax, "\(html.utf8.count)")
      #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags))
      #expect(page.attributeNames.isSubset(of: InspectorPages.attributes.union(["download"])))
      #expect(!page.text.contains("\u{202E}"))
    }
  }
}
