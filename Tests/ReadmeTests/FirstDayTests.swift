import Foundation
import TestSupport
import Testing

/// What can be said of the README without a Debian to follow it on: scripts/test-first-day does that.
@Suite(.ownThread) struct FirstDayTests {
  private let readme = Document.readme

  @Test func `the README is short`() {
    #expect(readme.text.split(separator: "\n", omittingEmptySubsequences: false).count < 200)
  }

  /// As GitHub makes a link's target of a heading.
  private func anchor(_ heading: String) -> String {
    heading.lowercased().replacing(" ", with: "-").filter { $0.isLetter || $0.isNumber || $0 == "-" }
  }

  @Test func `every question leads to a part, and to every part leads a question`() {
    let headings = readme.text.matches(of: /(?m)^## (.+)$/).map { String($0.1) }
    let asked = readme.table(below: "| you ask |").flatMap { row in
      row[1].matches(of: /\]\(#([a-z-]+)\)/).map { String($0.1) }
    }
    #expect(headings.count >= 9)
    #expect(Set(asked) == Set(headings.map(anchor)))
  }

  @Test func `whoever follows the README is told where each file belongs, and runs all that it prints`() {
    let kinds = Set(readme.text.matches(of: /(?m)^```(.+)$/).map { String($0.1) })
    #expect(kinds == ["sh", "sh waits", "yaml"])
    for file in readme.blocks("yaml") { #expect(file.hasPrefix("# /etc/vesigate/vesigate.yaml\n")) }
  }
}
