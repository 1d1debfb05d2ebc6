/// The library's help as people read it.
enum HelpText {
  /// The title of a group of commands says what they are for, and need not say that they are commands.
  static func shown(_ text: String) -> String {
    let ending = " SUBCOMMANDS:"
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasSuffix(ending) ? "\($0.dropLast(ending.count)):" : String($0) }.joined(separator: "\n")
  }
}
