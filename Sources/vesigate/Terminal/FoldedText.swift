/// Text for people: as many words a line as 80 columns hold. A word that is longer by itself stays whole.
enum FoldedText {
  private static let columns = 80

  /// - Parameters:
  ///   - text: with its own indent.
  ///   - indent: of the lines behind the first.
  static func lines(_ text: String, behind indent: String) -> [String] {
    // Blanks that stand together stay so: they are columns.
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    var lines: [String] = []
    var line = String(words.first ?? "")
    for word in words.dropFirst() {
      if line.contains(where: { $0 != " " }), line.count + 1 + word.count > columns {
        lines.append(line)
        line = indent + word
      } else {
        line += " " + word
      }
    }
    return lines + [line]
  }
}
