import Foundation
import Telemetry
import Testing

/// What a stranger wrote reaches no terminal as it is.
@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("plain ä ß \u{1F511}\n\tsecond line", "plain ä ß \u{1F511}\n\tsecond line"),
    ("C:\\x1b and \"quotes\"", "C:\\x1b and \"quotes\""),
    ("\u{1B}[2J\u{1B}]0;title\u{7}", "\\x1b[2J\\x1b]0;title\\x07"),
    ("over\rwritten", "over\\x0dwritten"), ("two\r\nlines", "two\\x0d\nlines"),
    ("nul\u{0} del\u{7F} c1\u{9B}", "nul\\x00 del\\x7f c1\\xc2\\x9b"),
    // What reorders the text that follows, and what joins invisibly.
    ("\u{202E}gpj.exe", "\\xe2\\x80\\xaegpj.exe"), ("a\u{200B}b", "a\\xe2\\x80\\x8bb"),
    ("\u{2028}\u{FEFF}", "\\xe2\\x80\\xa8\\xef\\xbb\\xbf"),
  ])
  func `nothing that a terminal obeys or that reorders what is read comes through`(
    text: String, expected: String
  ) {
    #expect(TerminalText.shown(text) == expected)
    #expect(TerminalText.shown(expected) == expected, "what is shown is shown again as the same")
  }

  @Test func `bytes that are no text are shown one by one, and the text around them as text`() {
    #expect(
      TerminalText.shown(bytes: Array("ä".utf8) + [0xFF, 0xC3] + Array("z\n".utf8)) == "ä\\xff\\xc3z\n")
    // A character in the middle of which the bytes end, and one that is longer than it need be.
    #expect(TerminalText.shown(bytes: [0x61, 0xE2, 0x82]) == "a\\xe2\\x82")
    #expect(TerminalText.shown(bytes: [0xC0, 0xAF]) == "\\xc0\\xaf")
  }

  @Test func `the CR of a line's end is left out, any other is shown`() {
    #expect(TerminalText.shown(bytes: Array("a\r\nb\r\r\nc\rd\r".utf8)) == "a\nb\\x0d\nc\\x0dd\\x0d")
  }

  @Test func `JSON stays the same JSON`() throws {
    let value = "tab\t escape\u{1B} reorder\u{202E} key\u{1F511} c1\u{9B}"
    let text = "{\"a\":\"" + value.replacing("\t", with: "\\t").replacing("\u{1B}", with: "\\u001b") + "\"}"
    let shown = TerminalText.shown(json: text)
    #expect(shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{202E}" && $0 != "\u{9B}" })
    let read = try [text, shown].map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String]
    }
    #expect(read == [["a": value], ["a": value]])
  }
}
