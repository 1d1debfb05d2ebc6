import Formats
import Testing

struct JSONWriterTests {
  private func written(_ body: (inout JSONWriter) -> Void, style: JSONWriter.Style = .init()) -> String {
    var json = JSONWriter(style: style)
    body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private func nested(_ json: inout JSONWriter) {
    json.object { json in
      json.member("a") { json in
        json.array { json in
          json.element { $0.integer(-1) }
          json.element { $0.array { _ in } }
          json.element { $0.object { _ in } }
        }
      }
      json.member("b") { $0.null() }
      json.member("c") { $0.number(spelled: "1.50".utf8) }
    }
  }

  @Test func `one line without blanks`() {
    #expect(written(nested) == #"{"a":[-1,[],{}],"b":null,"c":1.50}"#)
  }

  @Test func `with blanks, or indented`() {
    var style = JSONWriter.Style()
    style.spacing = .blanks
    #expect(written(nested, style: style) == #"{"a": [-1, [], {}], "b": null, "c": 1.50}"#)
    style.spacing = .indented(2)
    let lines = [
      "{", "  \"a\": [", "    -1,", "    [],", "    {}", "  ],", "  \"b\": null,", "  \"c\": 1.50", "}",
    ]
    #expect(written(nested, style: style) == lines.joined(separator: "\n"))
  }

  @Test func `what a string may not hold is escaped, in a key too`() {
    let text = "\"\\/\n\u{0}\u{1F}\u{7F}\u{1F511}"
    let escaped = #""\"\\/\u000a\u0000\u001f\u007f"# + "\u{1F511}\""
    #expect(written { $0.string(text) } == escaped)
    #expect(written { json in json.object { $0.member(text) { $0.bool(true) } } } == "{\(escaped):true}")
  }

  @Test func `with letters, slashes and code units`() {
    var style = JSONWriter.Style()
    style.hasLetters = true
    style.escapesSlash = true
    style.isEscaped = { !$0.isASCII }
    #expect(
      written({ $0.string("\u{8}\u{C}\n\r\t/\u{1}\u{E9}\u{1F511}") }, style: style)
        == #""\b\f\n\r\t\/\u0001\u00e9\ud83d\udd11""#)
  }
}
