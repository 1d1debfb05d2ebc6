import Gateway
import Testing

@testable import Configuration

@Suite struct LogFieldTests {
  private static let wanted =
    "must be a name such as event, or several joined by dots such as data.reference: letters, digits, _ and -, at "
    + "most 48 bytes and 8 names"

  private func found(_ fields: String) -> [String] {
    problems(configuration(top: "log: {fields: \(fields)}"))
  }

  @Test func `fields are named one by one, in the file and in the environment`() throws {
    #expect(try parsed(configuration()).log.fields == [])
    let listed = try parsed(configuration(top: "log: {fields: [event, data.reference]}"))
    #expect(listed.log.fields.map(\.text) == ["event", "data.reference"])
    #expect(try parsed(configuration(top: "log: {fields: event}")).log.fields.map(\.text) == ["event"])
    let given = try parsed(configuration(), environment: ["VESIGATE_LOG_FIELDS": "a.b, c"])
    #expect(given.log.fields.map(\.text) == ["a.b", "c"])
  }

  @Test func `what is no name is refused where it stands, without being quoted`() {
    #expect(
      found("[event, \"a b\", {}]").map { $0.prefix(26) } == [
        "v.yaml:1:23 log.fields[1]:", "v.yaml:1:30 log.fields[2]:",
      ])
    #expect(found("[\"\"]") == ["v.yaml:1:16 log.fields[0]: " + Self.wanted])
    #expect(found("[a.]") == ["v.yaml:1:16 log.fields[0]: " + Self.wanted])
  }

  @Test func `what would have one name in the journal is refused, and so are more than eight`() {
    #expect(found("[a.b, a.b]") == ["v.yaml:1:21 log.fields[1]: is named twice"])
    for twin in ["a_b", "A.b", "a-b"] {
      #expect(
        found("[a.b, \(twin)]")
          == ["v.yaml:1:21 log.fields[1]: would have the same name in the journal as another"])
    }
    #expect(found("[a, b, c, d, e, f, g, h]") == [])
    #expect(
      found("[a, b, c, d, e, f, g, h, i]")
        == ["v.yaml:1:15 log.fields: must not have more than 8 entries"])
  }
}
