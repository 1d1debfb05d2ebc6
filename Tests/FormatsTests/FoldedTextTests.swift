import Formats
import Testing

@Suite struct FoldedTextTests {
  @Test func `a line has eighty columns, the next ones begin below, and a long word stays whole`() {
    let words = "  " + Array(repeating: "four", count: 40).joined(separator: " ")
    let lines = FoldedText.lines(words, behind: "    ")
    #expect(lines.count == 3 && lines.allSatisfy { $0.count <= 80 })
    #expect(lines[0].hasPrefix("  four") && lines.dropFirst().allSatisfy { $0.hasPrefix("    four") })
    #expect(lines.joined(separator: " ").split(separator: " ").count == 40)
    let long = String(repeating: "x", count: 100)
    #expect(FoldedText.lines("  " + long, behind: "  ") == ["  " + long])
    #expect(FoldedText.lines("  a " + long + " b", behind: "  ") == ["  a", "  " + long, "  b"])
    #expect(FoldedText.lines("  a  b", behind: "") == ["  a  b"])
    #expect(FoldedText.lines("", behind: "  ") == [""])
  }
}
