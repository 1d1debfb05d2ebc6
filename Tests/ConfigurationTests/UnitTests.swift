import Testing

@testable import Configuration

@Suite struct UnitTests {
  @Test(
    arguments: [
      ("head-seconds-max: 25s", ", in seconds, as 25"), ("head-seconds-max: 2 min", ", in seconds, as 120"),
      ("head-seconds-max: 1h", ", in seconds, as 3600"), ("head-seconds-max: 25h", ", in seconds"),
      ("head-seconds-max: 5 parsecs", ", in seconds"),
      ("body-bytes-max: 2MB", ", in bytes, as 2097152"), ("body-bytes-max: 64KiB", ", in bytes, as 65536"),
      ("in-flight-max: 8k", ", without a unit"), ("head-seconds-max: 0", ""), ("head-seconds-max: soon", ""),
      ("body-bytes-max: 999999999999999g", ", in bytes"), ("body-bytes-max: 1.5M", ""),
    ])
  func `who writes a unit is told which one is meant`(line: String, ending: String) throws {
    let text = "limits: {\(line)}\nroutes: [{path: /a, secret-file: /s, upstreams: [\"http://127.0.0.1:1\"]}]"
    let found = #expect(throws: Problems.self) { try Configuration.parse(Array(text.utf8), file: "v.yaml") }
    let sentence = try #require(found?.all.first).sentence
    let range = try #require(sentence.firstMatch(of: #/^must be a whole number from \d+ to \d+(.*)$/#))
    #expect(range.1 == ending, "\(sentence)")
  }
}
