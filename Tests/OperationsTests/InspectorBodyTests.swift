import Foundation
import TestSupport
import Testing

@testable import Operations

/// Bodies as text, as indented JSON and as hexadecimal, a part at a time.
@Suite(.ownThread) struct InspectorBodyTests {
  // MARK: JSON

  private static func indented(_ text: String) -> String? {
    IndentedJSON(Array(text.utf8), bytesMax: .max).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test func `indented JSON keeps numbers, escapes and order as they were written`() {
    #expect(
      Self.indented(#" {"b":1.0e+2,"a":[ ],"c":{ } ,"d":"\u00e9\"}{,","e":[true,{"x":-0}]}"#) == #"""
        {
          "b": 1.0e+2,
          "a": [],
          "c": {},
          "d": "\u00e9\"}{,",
          "e": [
            true,
            {
              "x": -0
            }
          ]
        }
        """#)
    #expect(Self.indented("12") == "12" && Self.indented("\"a\\\\\"") == "\"a\\\\\"")
  }

  @Test(arguments: ["", "{", "{\"a\":1,\"a\":2}", "[1,]", "nul", "\u{FEFF}{}", "[\"\u{1}\"]"])
  func `what is no JSON is not indented`(text: String) {
    #expect(Self.indented(text) == nil)
  }

  @Test(arguments: 1...6) func `any JSON is indented to the same JSON, and its parts are its parts`(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let text = Array(Self.value(4, &generator).utf8)
      let all = try #require(IndentedJSON(text, bytesMax: .max))
      // Foundation is another reader.
      let (one, other) = (try Self.read(text), try Self.read(all.bytes))
      #expect(one == other && all.bytesTotal == all.bytes.count)
      var parts: [UInt8] = []
      let step = Int.random(in: 1...9, using: &generator)
      for offset in stride(from: 0, to: all.bytesTotal, by: step) {
        parts += try #require(IndentedJSON(text, from: offset, bytesMax: step)).bytes
      }
      #expect(parts == all.bytes)
    }
  }

  private static func read(_ text: [UInt8]) throws -> NSObject? {
    try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed) as? NSObject
  }

  private static func value(_ depth: Int, _ generator: inout SeededGenerator) -> String {
    let blank = ["", " ", "\n\t", "\r\n"].randomElement(using: &generator)!
    guard depth > 0 else {
      return blank + ["1", "-0.5e3", "true", "null", #""a\"]""#, #""é\u0041{""#].randomElement(
        using: &generator)!
    }
    let values = (0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth - 1, &generator) }
    if Bool.random(using: &generator) { return blank + "[" + values.joined(separator: ",") + blank + "]" }
    return "{" + values.enumerated().map { "\"\($0.offset)\"\(blank):\($0.element)" }.joined(separator: ",")
      + "}"
  }

  @Test func `of a body that would be a hundred times as long, only a part is written out`() throws {
    let nested = String(repeating: "[", count: 31) + "0" + String(repeating: ",0", count: 200_000)
    let text = Array((nested + String(repeating: "]", count: 31)).utf8)
    let part = try #require(BodyPart(json: text, from: 6_000_000))
    #expect(part.total > 12_000_000 && part.shown.count < BodyPart.textBytesMax + 4)
  }

  // MARK: Parts

  @Test func `parts of a text are together that text, and no character is cut in two`() throws {
    let text = Array(String(repeating: "aé€😀", count: 40).utf8)
    for size in 1...9 {
      var all: [UInt8] = []
      for offset in stride(from: 0, to: text.count, by: size) {
        let part = BodyPart(
          text: Array(text[offset...]), from: offset, total: text.count, bytesMax: size)
        #expect(size < 4 || String(validating: part.shown, as: UTF8.self) != nil)
        #expect(part.next == (offset + size < text.count ? offset + size : nil))
        all += part.shown
      }
      #expect(size < 4 || all == text)
    }
  }

  @Test func `hexadecimal lines say where, what, and what of it is printable`() {
    let lines = HexLines.bytes(Array("<a href=\"x\">\u{0}é!\n".utf8)[...], from: 32)
    #expect(
      String(decoding: lines, as: UTF8.self) == """
        00000020  3c 61 20 68 72 65 66 3d  22 78 22 3e 00 c3 a9 21  <a href="x">...!
        00000030  0a                                                .

        """)
  }

  // MARK: On pages

  static let hostile: [(name: String, body: [UInt8])] = [
    ("markup", Array("</pre></main><script>EVIL()</script>".utf8)),
    ("NUL", Array("a\u{0}b".utf8) + [0]),
    ("one line of 1 MiB", [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)),
    ("1 MiB of quotation marks", [UInt8](repeating: UInt8(ascii: "\""), count: 1 << 20)),
    ("right to left", Array("a \u{202E}gpj.exe\u{2066} \u{200F}b".utf8)),
    ("1 MiB of it", Array(String(repeating: "\u{202E}", count: 350_000).utf8)),
    ("no UTF-8", [0xFF, 0xFE, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xF4, 0x90, 0x80, 0x80]),
    ("1 MiB of that", [UInt8](repeating: 0x80, count: 1 << 20)),
    ("JSON with all of it", Array(#"{"a":"</pre><script>\u202e\u0000"}"#.utf8)),
    (
      "a string of 1 MiB in JSON",
      Array(#"{"a":""#.utf8) + [UInt8](repeating: UInt8(ascii: "<"), count: 1 << 20) + Array(#""}"#.utf8)
    ),
    ("3 MiB of lists", Array(("[" + String(repeating: "[],", count: 1 << 20) + "[]]").utf8)),
    ("nothing", []),
  ]

  @Test(arguments: hostile.map(\.name))
  func `a hostile body is text on every page, which stays below its bound`(
    name: String
  ) async throws {
    let body = Self.hostile.first { $0.name == name }!.body
    var pages: [String] = []
    let inspector = Inspector(InspectorStored.source(body: body))
    pages.append(await inspector.get("stored", InspectorStored.id).html)
    for form in BodyForm.allCases {
      for offset in [0, 100, body.count / 2, body.count, Int.max] {
        let reply = await inspector.get(
          "stored", InspectorStored.id, "view", query: [("as", form.rawValue), ("offset", "\(offset)")])
        #expect(reply.status == 200)
        pages.append(reply.html)
      }
    }
    pages.append(
      await inspector.get("compare", query: [("a", InspectorStored.id), ("b", InspectorStored.other)]).html)
    for events in try HTMLWitness.events(pages) {
      let page = ReadPage(events: events)
      #expect(page.isBalanced && page.tags.isSubset(of: InspectorPages.tags), "\(name)")
      #expect(page.attributeNames.isSubset(of: InspectorPages.attributes.union(["download"])))
    }
    for page in pages {
      #expect(page.utf8.count < InspectorStored.pageBytesMax, "\(page.utf8.count)")
      #expect(!page.utf8.contains(0) && !page.contains("\u{202E}") && !page.contains("\u{200F}"))
    }
  }

  @Test func `JSON is shown indented, other text as it is, and what was asked for otherwise is said`()
    async throws
  {
    let json = Inspector(InspectorStored.source(body: Array(#"{"a":1}"#.utf8)))
    #expect(try ReadPage(await json.get("stored", InspectorStored.id).html).text.contains("{\n  \"a\": 1\n}"))
    let text = Inspector(InspectorStored.source(body: Array("a=1".utf8)))
    let page = try ReadPage(
      await text.get("stored", InspectorStored.id, "view", query: [("as", "json")]).html)
    #expect(page.text.contains("It is no JSON") && page.texts(of: "pre") == ["\na=1"])
    #expect(
      page.all("a").contains { $0["aria-current"] == "page" && $0["href"]?.contains("as=text") == true })
  }

  @Test func `a long body is gone through part by part, and each way leads on`() async throws {
    let body = Array(String(repeating: "0123456789", count: 10_000).utf8)
    let inspector = Inspector(InspectorStored.source(body: body))
    var (all, next): ([String], String?) = ([], "0")
    while let offset = next {
      let page = try ReadPage(
        await inspector.get(
          "stored", InspectorStored.id, "view", query: [("as", "text"), ("offset", offset)]
        ).html)
      all.append(String(page.texts(of: "pre")[0].dropFirst()))
      next =
        page.links.compactMap { $0.split(separator: "offset=").last.map(String.init) }
        .compactMap { Int($0) }.filter { $0 > Int(offset)! }.map { "\($0)" }.first
    }
    #expect(all.joined() == String(decoding: body, as: UTF8.self) && all.count == 4)
  }

  @Test func `a body is saved byte for byte, from all the parts in which it comes`() async throws {
    let body = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let reply = await Inspector(InspectorStored.source(body: body)).get("stored", InspectorStored.id, "body")
    guard case .download(let bytes, let name) = reply.content else {
      Issue.record("no download")
      return
    }
    #expect(bytes == body && name == "\(InspectorStored.id).body")
  }

  @Test func `a body that is gone is said to be, with its status`() async {
    let source = InspectorStored.source { request in
      request.verb == "body" ? .refused("the body of it is gone", .absent) : nil
    }
    for path in ["view", "body"] {
      let reply = await Inspector(source).get("stored", InspectorStored.id, path)
      #expect(reply.status == 404 && reply.html.contains("the body of it is gone"))
    }
    #expect(await Inspector(source).get("stored", InspectorStored.id, "other").status == 404)
    #expect(await Inspector(source).get("stored", "x", "view").status == 404)
  }
}
