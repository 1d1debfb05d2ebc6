import Gateway
import Signing
import Testing

@testable import Diagnosis
@testable import vesigate

/// How a finding is laid out.
@Suite struct FindingReportTests {
  private func lines(_ finding: Finding, layout: SignatureLayout = .vesicash, host: String? = nil) throws
    -> [String]
  {
    let route = Route(
      path: try #require(PathPattern("/hook")), host: host, layout: layout, secretFileIndex: 0, upstreams: [])
    return FindingReport(finding, route: route, configPath: "v.yaml").lines
  }

  /// Words of one to twelve letters, as many as fill some lines.
  private static let long = (1...60).map { String(repeating: "x", count: $0 * 7 % 12 + 1) }
    .joined(separator: " ")

  @Test func `a sentence begins large, ends with a full stop and is broken at eighty columns`() throws {
    let lines = try lines(Finding(kind: .nothing, sentence: "none of it matches \(Self.long)"))
    #expect(lines.count > 4 && lines.allSatisfy { $0.count <= 80 })
    #expect(lines.joined(separator: " ") == "None of it matches \(Self.long).")
    // As full as it goes: the next word would not have fitted.
    for (line, next) in zip(lines, lines.dropFirst()) {
      #expect(line.count + 1 + next.prefix { $0 != " " }.count > 80, "\(line)")
    }
  }

  @Test func `a line may be eighty characters long, and no longer`() throws {
    for (count, expected) in [(79, 1), (80, 2)] {
      let words = "A " + String(repeating: "b", count: count - 3)
      #expect(try lines(Finding(kind: .nothing, sentence: words)).count == 1)
      #expect(try lines(Finding(kind: .nothing, sentence: words + " c")).count == expected + (80 - count))
    }
  }

  @Test func `a word that is longer than a line stands on one of its own`() throws {
    let word = String(repeating: "w", count: 200)
    let lines = try lines(Finding(kind: .nothing, sentence: "see \(word) there"))
    #expect(lines == ["See", word, "there."])
  }

  @Test func `what is ruled out stands in points whose further lines are indented`() throws {
    let finding = Finding(
      kind: .nothing, sentence: "nothing", advice: ["Do this."], ruledOut: ["short", Self.long])
    let lines = try lines(finding)
    #expect(lines.prefix(4) == ["Nothing.", "", "Ruled out:", "- short"])
    #expect(lines.suffix(2) == ["", "Do this."])
    let point = lines[4..<(lines.count - 2)]
    #expect(point.first?.hasPrefix("- x") == true)
    #expect(point.dropFirst().allSatisfy { $0.hasPrefix("  x") } && point.allSatisfy { $0.count <= 80 })
    #expect(point.map { $0.dropFirst(2) }.joined(separator: " ") == Self.long)
  }

  @Test func `lines to change are shown with those that go and those that come, as they stand`() throws {
    let finding = Finding(
      kind: .settings, sentence: "it verifies if", settings: ["signature:", "  preset: stripe"])
    #expect(
      try lines(finding, host: "example.org") == [
        "It verifies if.", "", "In v.yaml, route example.org/hook, change", "", "  - signature: vesicash",
        "  + signature:", "  +   preset: stripe", "",
        "(vesicash is the default: where the first line is missing, add the others)", "",
        "then vesigate check, and vesigate reload.",
      ])
  }

  @Test func `of a layout that is not the default nothing is said of its lack`() throws {
    let finding = Finding(kind: .settings, sentence: "so", settings: ["signature: vesicash"])
    let lines = try lines(finding, layout: .stripe)
    #expect(lines.contains("  - signature: stripe"))
    #expect(!lines.contains { $0.contains("is the default") })
  }
}
