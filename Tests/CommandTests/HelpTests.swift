import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct HelpTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  static let commands: [(name: String, options: [String])] = [
    ("run", ["--config"]),
    ("check", ["--config", "--print", "--user"]),
    (
      "sign",
      ["--config", "--route", "--secret-file", "--signature", "--timestamp", "--id", "<body-file>"]
    ),
    (
      "send",
      [
        "--config", "--route", "--secret-file", "--signature", "--timestamp", "--id", "--url",
        "--unix-socket", "--header", "<body-file>",
      ]
    ),
    ("verify", ["--config", "--route", "--at", "<request-file>"]),
    ("diagnose", ["--config", "--route", "--at", "<request-file>"]),
    ("capture", ["--config", "--route", "--count", "--seconds-max", "--directory"]),
    ("queue", ["list", "replay", "replays", "resume", "export", "salvage", "prune"]),
    ("version", []),
  ]

  @Test(arguments: commands.indices)
  func `a command's help names its options`(_ index: Int) throws {
    let (name, options) = Self.commands[index]
    let help = try fixture.vesigate([name, "--help"])
    #expect(help.status == 0)
    #expect(help.errors == "")
    #expect(help.text.contains("USAGE: vesigate \(name)"))
    for option in options { #expect(help.text.contains(option)) }
  }

  @Test(arguments: [
    "queue list", "queue show", "queue body", "queue replay", "queue replays", "queue pause", "queue resume",
    "queue stop", "queue retry", "queue cancel", "queue purge", "queue export", "queue salvage",
    "queue prune",
    "quarantine list", "quarantine show", "quarantine release", "quarantine drop",
  ])
  func `the usage of what asks about the store fits a terminal`(_ command: String) throws {
    let help = try fixture.vesigate(command.split(separator: " ").map(String.init) + ["--help"])
    let usage = help.text.split(separator: "\n").first { $0.hasPrefix("USAGE:") }
    #expect(try #require(usage).hasPrefix("USAGE: vesigate \(command) "))
    #expect(try #require(usage).count <= 80, "\(usage ?? "")")
  }

  @Test func `the program's help lists every command and its exit codes`() throws {
    let help = try fixture.vesigate(["--help"])
    #expect(help.status == 0)
    for (name, _) in Self.commands { #expect(help.text.contains("\n  \(name) ")) }
    for code in ["64", "69", "70", "77", "78"] { #expect(help.text.contains(code)) }
  }

  @Test func `version names the program and the libraries it runs on`() throws {
    let version = try fixture.vesigate(["version"])
    #expect(version.status == 0)
    #expect(version.text.hasPrefix("vesigate "))
    #expect(version.text.contains("libcurl/"))
    #expect(try fixture.vesigate(["--version"]).text == version.text)
  }

  @Test(arguments: [
    ["serve"], ["run", "--confg", "x"], ["verify", "--at", "noon"], ["send"], ["check", "more"],
  ])
  func `wrong usage ends with 64 and says what is wrong`(_ arguments: [String]) throws {
    let finished = try fixture.vesigate(arguments)
    #expect(finished.status == 64)
    #expect(finished.errors.hasPrefix("Error: "))
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions can be generated`(_ shell: String) throws {
    let script = try fixture.vesigate(["--generate-completion-script", shell])
    #expect(script.status == 0)
    for (name, _) in Self.commands { #expect(script.text.contains(name)) }
    if shell == "bash" {
      let file = try fixture.write("completion.bash", script.output)
      #expect(try fixture.run("/usr/bin/env", ["bash", "-n", file]).status == 0)
    }
  }
}
