/// The library's help as people read it.
enum HelpText {
  private static let ending = " SUBCOMMANDS:"

  /// Commands stand below one heading, each group of them below what they are for.
  static func shown(_ text: String) -> String {
    var lines: [String] = []
    var isListing = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasSuffix(ending) else {
        lines.append(String(line))
        continue
      }
      if !isListing { lines += [String(ending.dropFirst()), ""] }
      isListing = true
      let name = line.dropLast(ending.count)
      lines.append("\(name.prefix(1))\(name.dropFirst().lowercased()):")
    }
    return lines.joined(separator: "\n")
  }
}
