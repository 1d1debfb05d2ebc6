/// Text for people: as many words a line as 80 columns hold. A word that is longer by itself stays whole.
public enum FoldedText {
  private static let columns = 80

  /// - Parameters:
  ///   - text: with its own indent.
  ///   - indent: of the lines behind the first.
  public static func lines(_ text: String, behind indent: String) -> [String] {
    let own = text.prefix { $0 == " " }
    return lines(text[own.endIndex...], after: String(own), behind: indent)
  }

  /// - Parameter start: of the first line, before the text.
  public static func lines(
    _ text: some StringProtocol, after start: String, behind indent: String
  ) -> [String] {
    var lines: [String] = []
    var (line, empty) = (start, start.count)
    // Blanks that stand together stay so: they are columns.
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if line.count > empty, line.count + 1 + word.count > columns {
        lines.append(line)
        (line, empty) = (indent + word, indent.count)
      } else {
        line += line.count == empty ? String(word) : " " + word
      }
    }
    return lines + [line]
  }
}
