import ArgumentParser
import Testing

@testable import vesigate

/// What a command line that cannot be read most likely was to say.
@Suite struct MisspellingTests {
  /// What the program says of it, and what it would end with.
  private func refusal(_ words: String) throws -> String {
    let words = words.split(separator: " ").map(String.init)
    do {
      _ = try Vesigate.parseAsRoot(words)
      Issue.record("\(words) can be read")
      return ""
    } catch {
      #expect(Vesigate.exitCode(for: error).rawValue == 64)
      let text = Vesigate.fullMessage(for: error)
      return Misspelling.corrected(text, words) ?? text
    }
  }

  @Test(arguments: [
    ("stauts", "Error: vesigate has no command 'stauts', did you mean \"status\"?"),
    ("stat", "Error: vesigate has no command 'stat', did you mean \"status\"?"),
    ("stauts --json", "Error: vesigate has no command 'stauts', did you mean \"status\"?"),
    ("rotate", "Error: vesigate has no command 'rotate', did you mean \"secret rotate\"?"),
    ("frobnicate", "Error: vesigate has no command 'frobnicate'"),
    ("se", "Error: vesigate has no command 'se'"),
    ("queue lst", "Error: vesigate queue has no command 'lst', did you mean \"list\"?"),
    (
      "quarantine realese --yes",
      "Error: vesigate quarantine has no command 'realese', did you mean \"release\"?"
    ),
    ("secret st", "Error: vesigate secret has no command 'st', did you mean \"set\"?"),
  ])
  func `a command that is none is named, with the one that was meant`(words: String, line: String) throws {
    let text = try refusal(words)
    #expect(text.hasPrefix(line + "\n"), "\(text)")
    #expect(text.contains("Usage: vesigate"), "\(text)")
  }

  @Test(arguments: [
    ("check --conect", "Error: Unknown option '--conect', did you mean --connect?"),
    ("status --jsn", "Error: Unknown option '--jsn', did you mean --json?"),
    ("send --ca /f", "Error: Unknown option '--ca', did you mean --ca-file?"),
    ("queue list --sinse 3h", "Error: Unknown option '--sinse', did you mean --since?"),
    ("queue purge --dry-rn --all", "Error: Unknown option '--dry-rn', did you mean --dry-run?"),
    ("queue purge --stat=dead --dry-rn", "Error: Unknown option '--stat', did you mean --state?"),
    ("check --quiet", "Error: Unknown option '--quiet'"), ("status --foo", "Error: Unknown option '--foo'"),
  ])
  func `an option that is none is named, with the one that was meant`(words: String, line: String) throws {
    let text = try refusal(words)
    #expect(text.hasPrefix(line + "\n"), "\(text)")
  }

  @Test func `what is wrong in another way is said as it was`() {
    #expect(
      Misspelling.corrected("Error: --count must be from 1 to 16\nUsage: x", ["capture", "--count", "0"])
        == nil)
    #expect(Misspelling.corrected("Error: Unexpected argument 'more'\nUsage: x", ["check", "more"]) == nil)
    #expect(Misspelling.corrected("", ["stauts"]) == nil)
    #expect(
      Misspelling.corrected("Error: a secret is never\n", ["secret", "set", "--secret-fle", "a"]) == nil)
    #expect(Misspelling.corrected("Error: Unknown option '-z'\n", ["check", "-z"]) == nil)
  }
}
