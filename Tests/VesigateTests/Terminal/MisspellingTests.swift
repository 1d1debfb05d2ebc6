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

  @Test(arguments: [
    (
      "tail /webhooks/vesicash",
      "Error: Unexpected argument '/webhooks/vesicash', did you mean --route /webhooks/vesicash?"
    ),
    ("check my.yaml", "Error: Unexpected argument 'my.yaml', did you mean --config my.yaml?"),
    ("send /a body.json", "Error: Unexpected argument 'body.json', did you mean --body body.json?"),
    ("send body.json", "Error: body.json is no route, did you mean --body body.json?"),
    ("send http://x/", "Error: http://x/ is no route, did you mean --url 'http://x/'?"),
    ("check more", "Error: Unexpected argument 'more'"), ("version /a", "Error: Unexpected argument '/a'"),
  ])
  func `a word that belongs behind an option is given back with it`(words: String, line: String) throws {
    let text = try refusal(words)
    #expect(text.hasPrefix(line + "\n"), "\(text)")
  }

  @Test func `help for a command that is none says so, and help for one is no mistake`() {
    let mistake =
      "Error: vesigate has no command 'sned', did you mean \"send\"?\n  See 'vesigate --help' for more information."
    #expect(
      Misspelling.ofHelp(["help", "sned"]) == mistake && Misspelling.ofHelp(["sned", "--help"]) == mistake)
    #expect(
      Misspelling.ofHelp(["help", "queue", "lst"])?.contains("vesigate queue has no command 'lst'") == true)
    for words in [
      ["help"], ["--help"], [], ["help", "queue", "list"], ["send", "--help"], ["help", "send", "x"],
    ] {
      #expect(Misspelling.ofHelp(words) == nil, "\(words)")
    }
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
