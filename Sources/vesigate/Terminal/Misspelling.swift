internal import ArgumentParser
internal import Configuration

/// A command line that cannot be read, and what it most likely was to say.
struct Misspelling {
  /// The library's message with a better first line; nil where there is none.
  static func corrected(_ message: String, _ words: [String]) -> String? {
    guard message.hasPrefix("Error: ") else { return nil }
    guard let line = Misspelling(words).firstLine(message.prefix { $0 != "\n" }) else { return nil }
    return line + String(message.drop { $0 != "\n" })
  }

  /// Help for a command that is none would be that of the whole program, and no word of the mistake.
  static func ofHelp(_ words: [String]) -> String? {
    let asked = Misspelling(Array(words.drop { $0 == "help" }))
    guard let stranger = asked.stranger else { return nil }
    let command = asked.path.joined(separator: " ")
    return asked.unknownCommand(stranger) + "\n  See '\(command) --help' for more information."
  }

  /// As far as the words lead.
  private var command: any ParsableCommand.Type = Vesigate.self
  private var path = ["vesigate"]
  /// The first word that should have been a command's name and is none.
  private var stranger: String?

  /// What is typed as options of it.
  private let options: [String]

  private init(_ words: [String]) {
    options = words.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { word in String(word.prefix { $0 != "=" }) }
    for word in words {
      let below = command.configuration.subcommands
      guard !below.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
      guard let next = below.first(where: { $0.configuration.commandName == word }) else {
        stranger = word
        return
      }
      command = next
      path.append(word)
    }
  }

  private func firstLine(_ line: Substring) -> String? {
    if let stranger { return unknownCommand(stranger) }
    // What is typed there may be a secret.
    guard path != ["vesigate", "secret", "set"] else { return nil }
    let known = optionNames
    for option in options where !known.contains(String(option.dropFirst(2))) {
      let near = Suggestion.nearest(to: String(option.dropFirst(2)), among: known)
      // The library may have found something else first, which the right option would have put right.
      guard near != nil || line.hasPrefix("Error: Unknown option '\(option)'") else { continue }
      return "Error: Unknown option '\(option)'" + (near.map { ", did you mean --\($0)?" } ?? "")
    }
    return strayWord(line, known)
  }

  /// A word that the command does not take as it stands, with the option that takes it.
  private func strayWord(_ line: Substring, _ known: [String]) -> String? {
    let start = "Error: Unexpected argument '"
    guard line.hasPrefix(start), line.hasSuffix("'") else { return nil }
    let word = String(line.dropFirst(start.count).dropLast())
    let option =
      [".yaml", ".yml"].contains { word.hasSuffix($0) } ? "config" : Self.option(taking: word, known)
    guard let option, known.contains(option) else { return nil }
    return "\(line), did you mean --\(option) \(word.shellWord)?"
  }

  /// A path is a route's, but behind `send`, which has taken its route already.
  private static func option(taking word: String, _ known: [String]) -> String? {
    known.contains("body") ? "body" : word.hasPrefix("/") ? "route" : nil
  }

  private func unknownCommand(_ word: String) -> String {
    let names = command.configuration.subcommands.compactMap { $0.configuration.commandName }
    let near =
      Suggestion.nearest(to: word, among: names) ?? begun(by: word, names) ?? deeper(word)
    return "Error: \(path.joined(separator: " ")) has no command '\(word)'"
      + (near.map { ", did you mean \"\($0)\"?" } ?? "")
  }

  /// The only one that begins so.
  private func begun(by word: String, _ names: [String]) -> String? {
    let begun = names.filter { $0.hasPrefix(word) }
    return word.isEmpty || begun.count != 1 ? nil : begun[0]
  }

  /// The same word below another command.
  private func deeper(_ word: String) -> String? {
    for other in command.configuration.subcommands {
      let isThere = other.configuration.subcommands.contains { $0.configuration.commandName == word }
      if isThere, let name = other.configuration.commandName { return "\(name) \(word)" }
    }
    return nil
  }

  /// Without dashes. The library tells them in no other way than by its help.
  private var optionNames: [String] {
    Vesigate.helpMessage(for: command, columns: 1_000).split(separator: "\n").flatMap { line in
      line.split { $0 == " " || $0 == "," }.prefix { $0.hasPrefix("-") }
        .filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
    }
  }
}
