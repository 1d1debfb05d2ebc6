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

@Test func `depth is bounded`() {
  let deepest = String(repeating: "[", count: JSON.depthMax) + String(repeating: "]", count: JSON.depthMax)
  #expect(JSON.read(Array(deepest.utf8)) != nil)
  #expect(JSON.read(Array(("[" + deepest + "]").utf8)) == nil)
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
