import Testing

@testable import vesigate

/// A page that is drawn over the one before.
@Suite struct ScreenTests {
  private static let (home, lineEnd, pageEnd) = ("\u{1B}[H", "\u{1B}[K\r\n", "\u{1B}[J")

  /// The lines that a page shows.
  private func shown(_ lines: [String], rows: Int, columns: Int = 80) throws -> [String] {
    let page = Screen.page(lines.map { PaintedLine($0) }, rows: rows, columns: columns)
    try #require(page.hasPrefix(Self.home) && page.hasSuffix(Self.pageEnd))
    let body = page.dropFirst(Self.home.count).dropLast(Self.pageEnd.count)
    try #require(body.isEmpty || body.hasSuffix(Self.lineEnd))
    return body.split(separator: Self.lineEnd, omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  @Test func `each line takes the place of what stood there, and nothing of the page before stays`() throws {
    #expect(
      Screen.page(["one", ""], rows: 24, columns: 80)
        == Self.home + "one" + Self.lineEnd + Self.lineEnd + Self.pageEnd)
  }

  @Test func `a line is cut at the window's width`() throws {
    #expect(try shown(["0123456789", "012"], rows: 24, columns: 8) == ["01234567", "012"])
  }

  @Test func `lines that fit, with the last row free, are all shown`() throws {
    let lines = (1...23).map { "line \($0)" }
    #expect(try shown(lines, rows: 24) == lines)
  }

  @Test(arguments: [(24, 24), (25, 24), (1000, 24), (3, 3), (40, 3)])
  func `what finds no room is told`(count: Int, rows: Int) throws {
    let lines = (1...count).map { "line \($0)" }
    let shown = try shown(lines, rows: rows)
    #expect(shown.count == rows - 1)
    #expect(shown.dropLast() == lines.prefix(rows - 2))
    #expect(
      shown.last == "... \(count - rows + 2) more lines: enlarge the window, or leave --watch away")
  }

  @Test func `a window of two rows says at least that there is more`() throws {
    #expect(try shown(["one", "two"], rows: 2).count == 1)
  }
}
