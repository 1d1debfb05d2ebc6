import Foundation
import TestSupport
import Testing

/// docs/design.md against the sources.
@Suite(.ownThread) struct DesignTests {
  @Test func `every type that a way through the sources names is declared`() throws {
    let text = Document("docs/design.md").text
    let section = try #require(
      text.components(separatedBy: "## Three ways through the sources").last?
        .components(separatedBy: "\n## ").first)
    let named = Set(section.matches(of: /`([A-Z][A-Za-z]+)`/).map { String($0.1) })
    #expect(named.count > 30)
    let undeclared = named.subtracting(try Self.declaredTypes())
    #expect(undeclared.isEmpty, "\(undeclared.sorted())")
  }

  private static func declaredTypes() throws -> Set<String> {
    let texts = try Document.swiftTexts(below: "Sources")
    return Set(
      texts.flatMap { text in
        text.matches(of: /(?:struct|class|enum|protocol|actor) ([A-Z]\w+)/).map { String($0.1) }
      })
  }
}
