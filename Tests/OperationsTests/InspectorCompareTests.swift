import TestSupport
import Testing

@testable import Operations

/// Two deliveries beside each other.
struct InspectorCompareTests {
  private static let (id, other) = (InspectorStored.id, InspectorStored.other)

  private func source(
    heads: (String, String) = ("POST / HTTP/1.1\r\nA: 1\r\n\r\n", "POST / HTTP/1.1\r\nA: 2\r\n\r\n"),
    bodies: (String, String) = (#"{"a":1,"b":2}"#, #"{"a":1,"b":3}"#)
  ) -> FakeInspectorSource {
    InspectorStored.source { request in
      let isFirst = request.id == Self.id
      let accepted = InspectorStored.now - (isFirst ? 1_000 : 9_000)
      let stored = InspectorStored.stored(isFirst ? Self.id : Self.other, accepted: accepted)
      var answer = QueueAnswer()
      switch request.verb {
      case "head":
        answer.part = .init(of: Array((isFirst ? heads.0 : heads.1).utf8), from: 0, stored: stored)
      case "body":
        answer.part = .init(
          of: Array((isFirst ? bodies.0 : bodies.1).utf8), from: request.offset ?? 0, stored: stored)
      default: answer.jobs = [InspectorStored.job("dead", Self.id), InspectorStored.job("dead", Self.other)]
      }
      return answer
    }
  }

  @Test func `what differs is marked by a sign, the older one's first`() async throws {
    let reply = await Inspector(source()).get("compare", query: [("a", Self.id), ("b", Self.other)])
    let page = try ReadPage(reply.html)
    let (head, body) = (page.texts(of: "pre")[0], page.texts(of: "pre")[1])
    #expect(head.contains("− A: 2") && head.contains("+ A: 1") && head.contains("  POST / HTTP/1.1"))
    #expect(body.contains("−   \"b\": 3") && body.contains("+   \"b\": 2") && body.contains("    \"a\": 1,"))
    #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags))
  }

  @Test func `the one before it is found on its route`() async throws {
    let source = source()
    let reply = await Inspector(source).get("compare", query: [("a", Self.id), ("b", "before")])
    let list = try #require(source.askedQueue.first { $0.verb == "list" })
    #expect(list.route == "/hook" && list.until == InspectorStored.now - 1_000 && list.withBody)
    #expect(reply.status == 200 && reply.html.contains(Self.other))
  }

  @Test func `a masked field that differs is told to differ, and not how`() async throws {
    let heads = ("P\r\nCookie: SECRET-1\r\n\r\n", "P\r\nCookie: SECRET-2\r\n\r\n")
    let inspector = Inspector(source(heads: heads))
    let masked = try ReadPage(
      await inspector.get("compare", query: [("a", Self.id), ("b", Self.other)]).html)
    #expect(!masked.text.contains("SECRET") && masked.text.contains("− Cookie: masked, 8 bytes"))
    let link = try #require(masked.links.first { $0.contains("reveal=1") })
    #expect(link.contains("a=\(Self.other)&b=\(Self.id)"))
    let shown = await inspector.get("compare", query: [("a", Self.id), ("b", Self.other), ("reveal", "1")])
    #expect(shown.html.contains("SECRET-1"))
  }

  @Test func `equal ones are said to be equal, and long equal parts are left out`() async throws {
    let lines = (0..<100).map { "line \($0)" }.joined(separator: "\n")
    let inspector = Inspector(source(heads: ("P\r\n\r\n", "P\r\n\r\n"), bodies: (lines, lines + "!")))
    let page = try ReadPage(await inspector.get("compare", query: [("a", Self.id), ("b", Self.other)]).html)
    #expect(page.text.contains("Equal in its one line.") && page.text.contains("… 96 equal lines"))
    #expect(page.text.contains("+ line 99") && !page.text.contains("line 50"))
  }

  @Test func `what is too much is compared roughly, and the page stays below its bound`() async throws {
    let (one, two) = ((0..<5_000).map { "\"\($0)" }, (0..<5_000).map { "\"\(-$0)" })
    let inspector = Inspector(source(bodies: (one.joined(separator: "\n"), two.joined(separator: "\n"))))
    let html = await inspector.get("compare", query: [("a", Self.id), ("b", Self.other)]).html
    #expect(html.utf8.count < InspectorStored.pageBytesMax && html.contains("Too many lines differ"))
    #expect(html.contains("is left out"))
  }

  @Test func `what is none, or gone, is said`() async {
    let inspector = Inspector(source())
    #expect(await inspector.get("compare").status == 400)
    #expect(await inspector.get("compare", query: [("a", Self.id), ("b", "x")]).status == 400)
    let gone = InspectorStored.source { _ in .refused("it is gone", .absent) }
    #expect(await Inspector(gone).get("compare", query: [("a", Self.id), ("b", Self.other)]).status == 404)
  }

  // MARK: Lines

  @Test(arguments: 1...6)
  func `from a difference both texts are made again, and what is the same is the same`(
    seed: UInt64
  ) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let (one, other) = (Self.lines(&generator), Self.lines(&generator))
      let difference = LineDifference(one, other)
      var (left, right): ([Int], [Int]) = ([], [])
      for line in difference.lines {
        switch line {
        case .same(let first, let second):
          #expect(one[first] == other[second])
          left.append(first)
          right.append(second)
        case .removed(let place): left.append(place)
        case .added(let place): right.append(place)
        }
      }
      #expect(left == Array(one.indices) && right == Array(other.indices))
      // No shorter one than the standard library's.
      let changes = difference.lines.count { if case .same = $0 { false } else { true } }
      #expect(changes == other.difference(from: one).count)
    }
  }

  private static func lines(_ generator: inout SeededGenerator) -> [Int] {
    (0..<Int.random(in: 0...12, using: &generator)).map { _ in Int.random(in: 0...3, using: &generator) }
  }
}
