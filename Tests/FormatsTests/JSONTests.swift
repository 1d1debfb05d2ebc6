import Formats
import Testing

@Test(arguments: [
  "{}", "[]", " { \"a\" : [ 1 , -0.5e+3 , true , false , null , \"x\" ] } \r\n\t", "0", "\"\\uD83D\\uDE00\"",
  "\"\u{e9}\u{1F600}\"", "{\"a\":{\"a\":1}}", "\"\u{7F}\"",
])
func `well-formed JSON is read`(text: String) {
  #expect(JSON.read(Array(text.utf8)) != nil)
}

@Test(arguments: [
  "", " ", "{", "}", "{}x", "{} {}", "{\"a\":1,}", "[1,]", "[,1]", "{a:1}", "{'a':1}", "{\"a\" 1}", "01",
  "+1", "1.",
  ".5", "1e", "-", "nul", "True", "NaN", "\"", "\"\\x\"", "\"\\u12G4\"", "\"\\u123\"", "\"\\uD800\"",
  "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"a\nb\"", "\"a\u{0}b\"", "{\"a\":1,\"a\":2}",
  "{\"a\":1,\"\\u0061\":2}",
  "\u{FEFF}{}", "<html>", "{\"a\":1}}", "//x\n1",
])
func `anything else is refused`(text: String) {
  #expect(JSON.read(Array(text.utf8)) == nil)
}

@Test(
  arguments: [
    [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xC3], [0xFF],
  ] as [[UInt8]])
func `a text that is not UTF-8 is refused`(bytes: [UInt8]) {
  #expect(JSON.read([0x22] + bytes + [0x22]) == nil)
}

@Test(arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")])
func `levels are counted, and bounded`(opening: String, closing: String) {
  func nested(_ levels: Int) -> JSON? {
    let count = levels / opening.count(where: { $0 == "[" || $0 == "{" })
    return JSON.read(
      Array((String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count)).utf8))
  }
  #expect(nested(JSON.depthMax) != nil)
  #expect(nested(JSON.depthMax + 2) == nil)
  // What lies side by side is no level more.
  let wide = "[" + Array(repeating: "[[]]", count: 100).joined(separator: ",") + "]"
  #expect(JSON.read(Array(wide.utf8)) != nil)
}

/// Two spellings of one character are two keys, as they are to whoever reads bytes.
@Test func `a key is the same when its characters are`() throws {
  let bytes = Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)
  let json = try #require(JSON.read(bytes))
  #expect(json["\u{E9}"]?.integer(in: bytes) == 1)
  #expect(json["e\u{301}"]?.integer(in: bytes) == 2)
}

@Test(arguments: ["-0", "1.50", "1E+2", "100000000000000000000"])
func `a number keeps its spelling`(text: String) throws {
  let bytes = Array("[\(text)]".utf8)
  guard case .number(let range) = try #require(JSON.read(bytes)).elements.first else {
    Issue.record("no number")
    return
  }
  #expect(bytes[range].elementsEqual(text.utf8))
}

@Test func `values are found and decoded`() throws {
  let bytes = Array(#"{"a":{"b\n":"x\u00e9\"\\\/\t\uD83D\uDE00"},"n":-12,"f":1.5,"t":true}"#.utf8)
  let json = try #require(JSON.read(bytes))
  #expect(json["a"]?["b\n"]?.text(in: bytes) == "x\u{e9}\"\\/\t\u{1F600}")
  #expect(json["n"]?.integer(in: bytes) == -12)
  #expect(json["f"]?.integer(in: bytes) == nil)
  #expect(json["t"]?.bool == true)
  #expect(json["missing"] == nil)
  #expect(json["n"]?["x"] == nil)
}
