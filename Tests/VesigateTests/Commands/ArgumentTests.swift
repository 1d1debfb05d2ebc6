import ArgumentParser
import Testing

@testable import vesigate

/// How the words of a command line become a command, and which of them are refused before anything is done.
@Suite struct ArgumentTests {
  private func parsed<Command: ParsableCommand>(_ words: String, as: Command.Type = Command.self) throws
    -> Command
  {
    try #require(try Vesigate.parseAsRoot(words.split(separator: " ").map(String.init)) as? Command)
  }

  /// What the program ends with and says; nil where it would begin.
  private func refusal(_ words: [String]) -> (code: Int32, text: String)? {
    do {
      _ = try Vesigate.parseAsRoot(words)
      return nil
    } catch {
      return (Vesigate.exitCode(for: error).rawValue, Vesigate.fullMessage(for: error))
    }
  }

  private func refusal(_ words: String) -> (code: Int32, text: String)? {
    refusal(words.split(separator: " ").map(String.init))
  }

  static let commands: [(String, any ParsableCommand.Type)] = [
    ("run", RunCommand.self), ("check", CheckCommand.self), ("reload", ReloadCommand.self),
    ("status", StatusCommand.self), ("sign", SignCommand.self), ("send --url http://a/", SendCommand.self),
    ("verify", VerifyCommand.self), ("diagnose", DiagnoseCommand.self), ("capture", CaptureCommand.self),
    ("version", VersionCommand.self), ("secret set", SecretSetCommand.self),
    ("secret new", SecretNewCommand.self), ("secret list", SecretListCommand.self),
    ("secret retire", SecretRetireCommand.self), ("secret rotate", SecretRotateCommand.self),
  ]

  @Test func `each word begins the command of its name`() throws {
    for (words, type) in Self.commands {
      let command = try Vesigate.parseAsRoot(words.split(separator: " ").map(String.init))
      #expect(Swift.type(of: command) == type, "\(words)")
    }
  }

  @Test func `where no configuration is named it is the packaged one`() throws {
    #expect(try parsed("check", as: CheckCommand.self).config.path == "/etc/vesigate/vesigate.yaml")
    for words in ["check -c other.yaml", "check --config other.yaml", "check --config=other.yaml"] {
      #expect(try parsed(words, as: CheckCommand.self).config.path == "other.yaml", "\(words)")
    }
  }

  @Test(arguments: [
    "", "nothing", "status --interval 0", "status --interval 3601", "status --interval two",
    "status --jsn", "capture --count 0", "capture --count 17", "capture --seconds-max 0",
    "capture --seconds-max 3601", "send --url http://a/ --header plain", "verify --at -1",
    "capture --seconds-max 61m", "capture --seconds-max 5x", "capture --seconds-max 500ms",
    "check --print --connect", "send --secret-file s",
    "send --insecure --ca-file a", "send --event {}", "send --event a --body b",
    "send --url http://a/ --event a b", "send --route /a --body b c", "send /a /b",
    "verify --at 253402300800", "diagnose --at 9223372036854775807", "verify one two",
    "secret rotate --attempts 0", "secret rotate --attempts 11", "secret rotate --dry-run --resume",
    "secret rotate --resume --abandon", "secret set --keep --compromised", "secret new --format octal",
    "secret list --route /a --secret-file /b",
  ])
  func `words that are out of bounds are a wrong usage, whatever command they belong to`(words: String) throws
  {
    guard !words.isEmpty else { return #expect(refusal("--nothing")?.code == 64) }
    let refused = try #require(refusal(words))
    #expect(refused.code == 64)
    #expect(refused.text.hasPrefix("Error: ") && refused.text.contains("Usage: vesigate"), "\(refused.text)")
  }

  @Test(arguments: [
    "capture --seconds-max 60m", "send", "send /a",
    "send /a --event payment.success", "send --route /a body.json", "send --url http://a/ --event a",
    "send --body - /a", "send --url https://a/ --insecure", "check --connect",
    "status --interval 1", "status --interval 3600 --watch --json", "capture --count 16 --seconds-max 3600",
    "verify --at 0", "verify --at 253402300799", "secret rotate --attempts 10 --dry-run -y",
    "secret new --format whsec --write", "secret list --route /a",
  ])
  func `the ends of each range are within it`(words: String) {
    #expect(refusal(words) == nil)
  }

  @Test(arguments: ["--help", "secret --help", "secret set --help", "--version", "help capture"])
  func `help and the version are no mistakes`(words: String) {
    #expect(refusal(words)?.code ?? 0 == 0)
  }

  @Test(arguments: [["hunter2hunter2"], ["--keep", "hunter2hunter2"], ["--secret", "hunter2hunter2"]])
  func `a secret that was typed as an argument is not said again`(words: [String]) throws {
    let refused = try #require(refusal(["secret", "set"] + words))
    #expect(refused.code == 64)
    #expect(refused.text.contains("a secret is never an argument"))
    #expect(!refused.text.contains("hunter2"), "\(refused.text)")
  }

  @Test(arguments: [
    "plain", ":", ": value", "two words: value", "X-A: b\r\nX-C: d", "X-A: b\nX-C: d", "X-A\r\n: b",
    "X-A: \u{0}", "X-A: \u{7F}", "X-Ä: b",
  ])
  func `a header that is none, or would be two, is not sent`(header: String) throws {
    let refused = try #require(refusal(["send", "--url", "http://a/", "-H", header]))
    #expect(refused.code == 64 && refused.text.contains("--header must be 'name: value' on one line"))
  }

  @Test(arguments: ["X-A: b", "X-A:b", "X-A:", "x-!#$%&'*+.^_`|~: b:c", "X-A: \tb c\t", "X-A: ä"])
  func `a header of one line is sent as it stands`(header: String) throws {
    let command = try Vesigate.parseAsRoot(["send", "--url", "http://a/", "-H", "First: 1", "-H", header])
    #expect((command as? SendCommand)?.headers == ["First: 1", header])
  }

  @Test func `an empty path is nobody's folder and no socket`() throws {
    // With a name behind it, the folder would be the root.
    #expect(refusal(["capture", "--directory", ""])?.code == 64)
    #expect(refusal(["send", "--url", "http://a/", "--unix-socket", ""])?.code == 64)
    #expect(try parsed("capture", as: CaptureCommand.self).directory == ".")
  }

  /// Every command with the words that lead to it.
  private static func all(
    _ command: any ParsableCommand.Type = Vesigate.self
  ) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap { all($0) }
  }

  /// What stands below `Examples:`.
  private static let examples: [(command: any ParsableCommand.Type, lines: [String])] = all().map { command in
    let lines = command.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
    return (command, lines.drop { $0 != "Examples:" }.dropFirst().map(String.init))
  }

  @Test(arguments: examples.indices)
  func `each command's help has examples, and they can be read`(_ index: Int) throws {
    let (command, lines) = Self.examples[index]
    #expect((1...4).contains(lines.count), "\(command)")
    var isMeant = false
    for line in lines {
      #expect(line.hasPrefix("  ") && !line.hasPrefix("   "), "\(line)")
      // Of a pipe, or of commands in a row, each that is one of this program's.
      for part in line.split(whereSeparator: { "|&<".contains($0) }) {
        let words = part.split(separator: " ").map(String.init)
        guard words.first == "vesigate" else { continue }
        #expect(refusal(Array(words.dropFirst()))?.code ?? 0 == 0, "\(line)")
        let found = try Vesigate.parseAsRoot(Array(words.dropFirst()))
        isMeant = isMeant || Swift.type(of: found) == command
      }
    }
    #expect(isMeant || !command.configuration.subcommands.isEmpty, "\(command): none is an example of it")
  }

  @Test func `what a command reads is standard input where no file is named`() throws {
    #expect(try parsed("verify", as: VerifyCommand.self).requestFile == "-")
    #expect(try parsed("diagnose saved.http", as: DiagnoseCommand.self).requestFile == "saved.http")
    #expect(try parsed("sign", as: SignCommand.self).bodyFile == "-")
    #expect(try parsed("send --url http://a/ body", as: SendCommand.self).bodyFile == "body")
    #expect(try parsed("send --route /a body", as: SendCommand.self).bodyFile == "body")
    #expect(try parsed("send /a", as: SendCommand.self).bodyFile == nil)
  }
}
