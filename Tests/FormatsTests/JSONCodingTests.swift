import Formats
import Testing

struct JSONCodingTests {
  struct Part: JSONCodedObject, Equatable {
    var name = ""
    var count: Int?

    static let fields: [JSONField<Part>] = [.required("name", \.name), .init("count", \.count)]
  }

  struct Whole: JSONCodedObject, Equatable {
    var flag = true
    var parts: [Part] = []
    var only: Part?
    var notes: [String] = []

    static let fields: [JSONField<Whole>] = [
      .init("flag", \.flag), .init("parts", \.parts), .init("only", \.only), .unlessEmpty("notes", \.notes),
    ]
  }

  private func read(_ text: String) -> Whole? { JSONValue(reading: Array(text.utf8)).flatMap(Whole.init) }

  @Test func `what is written reads back`() {
    let whole = Whole(
      flag: false, parts: [Part(name: "a", count: -1), Part(name: "\n")], only: Part(name: "b"), notes: ["x"])
    #expect(
      whole.json == #"{"flag":false,"parts":[{"name":"a","count":-1},{"name":"\u000a","count":null}],"#
        + #""only":{"name":"b","count":null},"notes":["x"]}"#)
    #expect(read(whole.json) == whole)
    #expect(read(Whole().json) == Whole())
    #expect(!Whole().json.contains("notes"))
  }

  @Test func `what is missing or something else is left as it was`() {
    #expect(read("{}") == Whole())
    #expect(read(#"{"flag":1,"parts":{},"only":[],"notes":"x","more":[{}]}"#) == Whole())
  }

  @Test func `an element without what it needs is left out`() {
    #expect(
      read(#"{"parts":[{"count":1},7,{"name":"a"}],"only":{"count":1}}"#) == Whole(parts: [Part(name: "a")]))
  }

  @Test func `what is no object is nothing`() {
    for text in ["[]", "1", "null", "\"\"", "{", ""] { #expect(read(text) == nil, "\(text)") }
  }

  @Test func `a number beyond 64 bits is none`() {
    #expect(read(#"{"only":{"name":"a","count":9223372036854775808}}"#)?.only?.count == nil)
    #expect(read(#"{"only":{"name":"a","count":9223372036854775807}}"#)?.only?.count == .max)
    #expect(read(#"{"only":{"name":"a","count":1.0}}"#)?.only?.count == nil)
  }
}
