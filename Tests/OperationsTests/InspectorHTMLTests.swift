import TestSupport
import Testing

@testable import Operations

/// Whatever is put into a page comes out of it as that text.
@Suite(.ownThread) struct InspectorHTMLTests {
  @Test(arguments: InspectorHostile.texts) func `hostile text stays text, and a hostile value a value`(
    text: String
  ) throws {
    let page = element(.p, .title(text)) { text }
    let events = try HTMLWitness.events(String(decoding: page.bytes, as: UTF8.self))
    #expect(
      events == [
        .start("p", ["title": InspectorHostile.held(text)]), .text(InspectorHostile.shown(text)), .end("p"),
      ])
  }

  @Test func `bytes that are no UTF-8 are shown as what stands for them`() throws {
    let page = HTML(decoding: [0x61, 0xFF, 0xC0, 0xAF, 0xED, 0xA0, 0x80, 0x62])
    let text = String(decoding: page.bytes, as: UTF8.self)
    #expect(text.hasPrefix("a\u{FFFD}") && text.hasSuffix("\u{FFFD}b") && !text.contains("/"))
  }

  @Test func `the first empty line of a body is there: a reader of HTML drops one`() {
    let page = element(.pre) { "\nbody" }
    #expect(String(decoding: page.bytes, as: UTF8.self) == "<pre>\n\nbody</pre>")
  }

  @Test func `marks and blanks of ordinary writing stay as they are`() {
    for text in ["Straße, naïve", "שלום", "नमस्ते", "日本語", "👩‍👩‍👧", "a\u{00A0}b", "é"] {
      #expect(HTML.told(text) == text)
    }
  }

  // MARK: Any tree

  private indirect enum Piece {
    case text(String)
    case element(HTML.Tag, title: String?, [Piece])

    var html: HTML {
      switch self {
      case .text(let text): HTML(text)
      case .element(let tag, let title, let pieces):
        HTML(tag, title.map { [.title($0)] } ?? [], pieces.reduce(into: HTML()) { $0 += $1.html })
      }
    }

    func add(to events: inout [HTMLWitness.Event]) {
      switch self {
      case .text(let text): Self.add(InspectorHostile.shown(text), to: &events)
      case .element(let tag, let title, let pieces):
        events.append(.start(tag.rawValue, title.map { ["title": InspectorHostile.held($0)] } ?? [:]))
        if tag.isVoid { return }
        if tag == .pre { Self.add("\n", to: &events) }
        for piece in pieces { piece.add(to: &events) }
        events.append(.end(tag.rawValue))
      }
    }

    private static func add(_ text: String, to events: inout [HTMLWitness.Event]) {
      if text.isEmpty { return }
      guard case .text(let before)? = events.last else { return events.append(.text(text)) }
      events[events.count - 1] = .text(before + text)
    }
  }

  private struct Pieces {
    var generator: SeededGenerator

    mutating func text() -> String {
      var text = ""
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        switch Int.random(in: 0...3, using: &generator) {
        case 0: text += InspectorHostile.texts.randomElement(using: &generator)!
        case 1:
          text += ["<", ">", "&", "\"", "'", "=", "/", "!", "-", ";", "&#", "amp", "\u{0}"].randomElement(
            using: &generator)!
        case 2: text += String(decoding: generator.bytes(6), as: UTF8.self)
        default:
          let value = UInt32.random(in: 0...0x10FFFF, using: &generator)
          text.unicodeScalars.append(Unicode.Scalar(value) ?? "x")
        }
      }
      return text
    }

    mutating func piece(_ depth: Int) -> Piece {
      guard depth > 0, Bool.random(using: &generator) else { return .text(text()) }
      let tags: [HTML.Tag] = [.p, .div, .td, .code, .pre, .a, .br, .input, .svg, .li, .bdi, .button]
      let title = Bool.random(using: &generator) ? text() : nil
      let count = Int.random(in: 0...3, using: &generator)
      return .element(
        tags.randomElement(using: &generator)!, title: title, (0..<count).map { _ in piece(depth - 1) })
    }
  }

  @Test(arguments: 1...8) func `any tree of elements, texts and values is read back as it was built`(
    seed: UInt64
  ) throws {
    var pieces = Pieces(generator: SeededGenerator(seed: seed))
    let trees = (0..<150).map { _ in Piece.element(.div, title: nil, [pieces.piece(4), pieces.piece(4)]) }
    let read = try HTMLWitness.events(trees.map { String(decoding: $0.html.bytes, as: UTF8.self) })
    #expect(read.count == trees.count)
    for (tree, events) in zip(trees, read) {
      var wanted: [HTMLWitness.Event] = []
      tree.add(to: &wanted)
      #expect(events == wanted)
    }
  }

  @Test(arguments: InspectorHostile.texts) func `an address is one of this site, whatever is in it`(
    text: String
  ) {
    let address = PageAddress("stored", text, query: [("route", text), ("none", nil), ("empty", "")])
    #expect(
      address.text.hasPrefix("/stored/") && !address.text.contains("none") && !address.text.contains("empty"))
    let signs = "/?=%-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    #expect(address.text.allSatisfy(signs.contains) && address.text.count { $0 == "/" } == 2)
  }
}
