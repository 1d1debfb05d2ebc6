import Signing
import Testing

@Suite struct SignatureLayoutTests {
  /// A layout whose values come from headers, as sound as its template.
  private func layout(_ signed: String, _ change: (inout SignatureLayout) -> Void = { _ in }) throws
    -> SignatureLayout
  {
    let template = try SignedTemplate(signed)
    var layout = SignatureLayout(header: "signature", encoding: .hex, signed: template)
    if template.contains(.id) { layout.idSource = .header("id") }
    if template.contains(.timestamp) { layout.timestampSource = .header("timestamp") }
    if !template.contains(.timestamp) { layout.tolerance = .unlimited }
    change(&layout)
    return layout
  }

  @Test(arguments: [
    "{body}", "{timestamp}.{body}", "{body}.{timestamp}", "{id}.{timestamp}.{body}",
    "{timestamp}:{id}:{body}",
    "v0:{timestamp}:{body}", "{timestamp}a{body}", "{id}.{body}.{timestamp}", "12{body}34",
    "{timestamp}-{body}",
    "{timestamp}\n{body}", "{body}é{timestamp}",
  ])
  func `a template whose parts cannot run into each other is sound`(signed: String) throws {
    #expect(try layout(signed).problems().map(\.sentence) == [])
  }

  @Test(arguments: [
    ("{timestamp}{body}", "lets {timestamp} touch"), ("{body}{timestamp}", "lets {timestamp} touch"),
    ("{timestamp}0{body}", "lets {timestamp} touch"), ("{body}9{timestamp}", "lets {timestamp} touch"),
    ("{id}{body}", "lets {id} touch"), ("{id}{timestamp}.{body}", "lets {id} touch"),
    ("{id}-{body}", "lets {id} touch"), ("{id}_.{body}", "lets {id} touch"),
    ("{id}v1.{body}", "lets {id} touch"), ("{timestamp}{id}.{body}", "lets {timestamp} touch"),
    ("{body}{id}", "lets {id} touch"), ("{body}.x{id}", "lets {id} touch"),
    ("{body}{body}", "must contain {body} once, not 2 times"), ("", "must contain {body}"),
    ("{timestamp}.", "must contain {body}"),
    ("{timestamp}.{timestamp}.{body}", "must contain {timestamp} once, not 2 times"),
    ("{id}.{id}.{id}.{body}", "must contain {id} once, not 3 times"),
  ])
  func `a template with two readings is a problem of signed`(signed: String, sentence: String) throws {
    let problems = try layout(signed).problems()
    #expect(problems.allSatisfy { $0.setting == "signed" })
    #expect(problems.contains { $0.sentence.hasPrefix(sentence) }, "\(problems)")
  }

  @Test func `fixed digits or RFC 3339 let a timestamp touch the body`() throws {
    for signed in ["{timestamp}{body}", "{body}{timestamp}", "{timestamp}0{body}"] {
      #expect(try layout(signed) { $0.timestampDigits = 13 }.problems().isEmpty)
      #expect(try layout(signed) { $0.timestampUnit = .rfc3339 }.problems().isEmpty)
    }
    #expect(try !layout("{id}{timestamp}{body}") { $0.timestampDigits = 13 }.problems().isEmpty)
  }

  @Test func `a signed value must come from somewhere`() throws {
    let timestamp = try layout("{timestamp}.{body}") { $0.timestampSource = .none }.problems()
    #expect(timestamp.map(\.setting) == ["timestamp-from"])
    let id = try layout("{id}.{body}") { $0.idSource = .none }.problems()
    #expect(id.map(\.setting) == ["id-from"])
  }

  @Test func `a key of the signature header needs a list separator`() throws {
    let keyed = try layout("{id}.{timestamp}.{body}") {
      $0.timestampSource = .key("t")
      $0.idSource = .key("i")
    }
    #expect(keyed.problems().map(\.setting) == ["timestamp-from", "id-from"])
    var listed = keyed
    listed.listSeparator = ","
    #expect(listed.problems().isEmpty)
  }

  @Test func `a tolerance without a signed timestamp promises what nothing proves`() throws {
    let problems = try layout("{body}") { $0.tolerance = .seconds(300) }.problems()
    #expect(problems.map(\.setting) == ["tolerance-seconds"])
  }

  @Test func `a prefix that the list separator cuts could never be found`() throws {
    var layout = SignatureLayout.standardWebhooks
    layout.listSeparator = ","
    #expect(layout.problems().map(\.setting) == ["prefix"])
    layout.listSeparator = nil
    #expect(layout.problems().isEmpty)
  }

  @Test func `digits mean nothing for RFC 3339`() throws {
    let problems = try layout("{timestamp}.{body}") {
      $0.timestampUnit = .rfc3339
      $0.timestampDigits = 13
    }.problems()
    #expect(problems.map(\.setting) == ["timestamp-digits"])
  }

  @Test(arguments: ["{x}", "{Body}", "{body", "body}", "{}", "{ body }", "{{body}}", "{body}\u{301}", "}"])
  func `a template knows three names and no other brace`(text: String) {
    #expect(throws: LayoutProblem("knows only {id}, {timestamp} and {body}")) { try SignedTemplate(text) }
  }

  @Test func `a template is cut into its parts`() throws {
    let template = try SignedTemplate("v1.{id}{timestamp}é{body}\n")
    #expect(
      template.parts == [
        .literal(Array("v1.".utf8)), .id, .timestamp, .literal([0xC3, 0xA9]), .body, .literal([0x0A]),
      ])
    #expect(template.text == "v1.{id}{timestamp}é{body}\n")
  }

  @Test func `layouts sign alike only when nothing but the tolerance differs`() {
    var other = SignatureLayout.vesicash
    other.tolerance = .unlimited
    #expect(other.signsLike(.vesicash))
    other.prefix = "v1="
    #expect(!other.signsLike(.vesicash))
    #expect(!SignatureLayout.github.signsLike(.shopify))
  }
}
