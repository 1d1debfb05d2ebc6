import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct HelpTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  static let commands: [(name: String, options: [String])] = [
    ("run", ["--config"]),
    ("check", ["--config", "--print", "--connect", "--user"]),
    (
      "sign",
      ["--config", "--route", "--secret-file", "--signature", "--timestamp", "--id", "<body-file>"]
    ),
    (
      "send",
      [
        "--config", "--route", "--secret-file", "--signature", "--timestamp", "--id", "--url",
        "--unix-socket", "--header", "--event", "--body", "--ca-file", "--insecure", "<body-file>", "<route>",
      ]
    ),
    ("verify", ["--config", "--route", "--at", "<request-file>"]),
    ("diagnose", ["--config", "--route", "--at", "<request-file>"]),
    ("status", ["--config", "--json", "--watch", "--interval", "--route", "--all", "--problems"]),
    ("tail", ["--config", "--route", "--count", "--json"]),
    ("inspect", ["--config", "--port"]),
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

  /// Every command by the words that lead to it, as the program tells them.
  private func commandPaths() throws -> [[String]] {
    let dump = try fixture.vesigate(["--experimental-dump-help"])
    let root = try JSONSerialization.jsonObject(with: Data(dump.output)) as? [String: Any]
    func paths(_ command: [String: Any], _ path: [String]) -> [[String]] {
      let below = (command["subcommands"] as? [[String: Any]] ?? []).filter {
        $0["commandName"] as? String != "help"
      }
      return [path] + below.flatMap { paths($0, path + [$0["commandName"] as? String ?? "?"]) }
    }
    return paths(try #require(root?["command"] as? [String: Any]), [])
  }

  @Test func `each help fits a terminal of 80 columns, and shows how it is used`() throws {
    let commands = try commandPaths()
    #expect(commands.count > 35)
    for command in commands {
      let help = try fixture.vesigate(command + ["--help"], environment: ["COLUMNS": "80"])
      #expect(help.status == 0 && help.text.contains("\nExamples:\n  "), "\(command)")
      for line in help.lines where line.count > 80 { Issue.record("\(command): \(line)") }
    }
  }

  @Test func `the program's help lists every command and its exit codes`() throws {
    let help = try fixture.vesigate(["--help"])
    #expect(help.status == 0)
    for (name, _) in Self.commands { #expect(help.text.contains("\n  \(name) ")) }
    #expect(help.text.contains("\nSUBCOMMANDS:\n\nTo run it:\n  run "))
    let group = "\nTo try a route, and to find out why it refuses:\n  sign "
    #expect(help.text.contains(group) && help.lines.count { $0.contains("SUBCOMMANDS") } == 1)
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
    ["serve"], ["run", "--confg", "x"], ["verify", "--at", "noon"], ["send", "--event", "{}"],
    ["check", "more"],
  ])
  func `wrong usage ends with 64 and says what is wrong`(_ arguments: [String]) throws {
    let finished = try fixture.vesigate(arguments)
    #expect(finished.status == 64)
    #expect(finished.errors.hasPrefix("Error: "))
  }

  @Test(arguments: [
    (["stauts"], "Error: vesigate has no command 'stauts', did you mean \"status\"?\n"),
    (["queue", "lst"], "Error: vesigate queue has no command 'lst', did you mean \"list\"?\n"),
    (["check", "--conect"], "Error: Unknown option '--conect', did you mean --connect?\n"),
    (["st\u{1B}[2Jatus"], "Error: vesigate has no command 'st\\x1b[2Jatus'"),
  ])
  func `what is misspelt is told with what was meant`(arguments: [String], beginning: String) throws {
    let finished = try fixture.vesigate(arguments)
    #expect(finished.status == 64 && finished.output.isEmpty)
    #expect(finished.errors.hasPrefix(beginning), "\(finished.errors)")
    #expect(finished.errors.contains("\nUsage: vesigate"), "\(finished.errors)")
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
