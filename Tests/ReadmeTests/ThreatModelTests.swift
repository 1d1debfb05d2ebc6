import Foundation
import TestSupport
import Testing

/// docs/threat-model.md names a test for each promise; a promise whose test is gone is not one.
@Suite(.ownThread) struct ThreatModelTests {
  private static let model = Document("docs/threat-model.md")

  private static func testNames() throws -> Set<String> {
    let texts = try Document.swiftTexts(below: "Tests")
    return Set(texts.flatMap { $0.matches(of: /@Test[^`]*?func `([^`]+)`/).map { String($0.1) } })
  }

  @Test func `every promise names tests, and each of them exists`() throws {
    let promises = Self.model.text.components(separatedBy: "\n").filter {
      $0.hasPrefix("| ") && $0.hasSuffix("` |") && !$0.contains("observe")
    }
    #expect(promises.count >= 20)
    let known = try Self.testNames()
    for promise in promises {
      let cell = try #require(promise.split(separator: "|").last)
      let named = cell.matches(of: /`([^`]+)`/).map { String($0.1) }
      #expect(!named.isEmpty, "\(promise)")
      for name in named { #expect(known.contains(name), "\(name)") }
    }
  }
}
