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
    let sources = Document.root.appending(path: "Sources")
    let paths = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var declared: Set<String> = []
    for case let url as URL in paths where url.pathExtension == "swift" {
      let text = try String(contentsOf: url, encoding: .utf8)
      declared.formUnion(
        text.matches(of: /(?:struct|class|enum|protocol|actor) ([A-Z]\w+)/).map { String($0.1) })
    }
    return declared
  }
}
