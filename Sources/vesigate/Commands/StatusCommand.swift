internal import ArgumentParser
internal import Formats
internal import Operations
internal import Telemetry

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how the running daemon is doing: secrets, deliveries, upstreams, clocks.",
    usage: "vesigate status [<options>]",
    discussion: """
      It talks over the control socket. --json prints one line for machines, whose keys docs/operations.md \
      explains. --watch shows it anew until Ctrl-C. Of the configuration only `control` is read: while the \
      file is broken it tells how the daemon does all the same, and that it is.

      Exit codes: 0 done, 64 wrong usage, 69 no daemon answers, 77 permission denied, 78 the configuration \
      does not say which daemon is meant.

      Examples:
        vesigate status
        vesigate status --watch --interval 5
        vesigate status --json
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "Print one line of JSON.")
  var json = false

  @Flag(help: "Show it anew every --interval seconds until Ctrl-C.")
  var watch = false

  @Option(help: "Seconds between two looks of --watch, from 1 to 3600.")
  var interval = 2

  func validate() throws {
    guard (1...3600).contains(interval) else { throw ValidationError("--interval is from 1 to 3600 seconds") }
  }

  func run() throws {
    let client = try ControlPlace(configPath: config.path).client()
    // The first answer decides whether there is anything to watch.
    let first = try ask(client)
    guard watch else {
      for line in first { print(line) }
      return
    }
    Screen.watch(everySeconds: interval) {
      do throws(ControlClient.Failure) { return try lines(client) } catch { return ["vesigate: \(error)"] }
    }
  }

  private func lines(_ client: ControlClient) throws(ControlClient.Failure) -> [String] {
    let (report, line) = try client.statusAndLine()
    let place = ControlPlace(configPath: config.path)
    guard json else { return StatusText(report, fileRemark: place.broken).lines }
    return [TerminalText.shown(json: StatusReport.line(line, fileProblem: place.trouble))]
  }

  private func ask(_ client: ControlClient) throws -> [String] {
    do throws(ControlClient.Failure) {
      return try lines(client)
    } catch {
      complain("vesigate: \(error)")
      throw error.kind == .permission ? ExitStatus.permission : ExitStatus.unavailable
    }
  }
}
