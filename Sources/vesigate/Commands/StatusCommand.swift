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
      It talks over the control socket. On a terminal problems are red and warnings yellow, unless NO_COLOR is \
      set, and what does not fit is told shorter: routes on which nothing has happened for five minutes in one \
      line together, then each of the others in one. --route shows one of them, --all everything. --json prints \
      one line for machines, whose keys docs/operations.md explains. --watch shows it anew until Ctrl-C. Of the \
      configuration only `control` is read: while the file is broken it tells how the daemon does all the same, \
      and that it is.

      Exit codes: 0 done, 1 with --problems where there are any, 64 wrong usage, 69 no daemon answers, 77 \
      permission denied, 78 the configuration does not say which daemon is meant.

      Examples:
        vesigate status
        vesigate status --watch --interval 5
        vesigate status --problems
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "Print one line of JSON.")
  var json = false

  @Flag(help: "Show it anew every --interval seconds until Ctrl-C.")
  var watch = false

  @Option(
    help: ArgumentHelp(
      "Between two looks of --watch, in seconds, or such as 1m; from 1s to 1h.", valueName: "seconds"))
  var interval = Seconds(2)

  @Option(
    help: ArgumentHelp("This route and no other, by its path or its name.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routeNames(words) })
  var route: String?

  @Flag(help: "Print what is wrong and no more, a line each, and end with 1 where anything is.")
  var problems = false

  @Flag(help: "Show every route in full, however small the terminal.")
  var all = false

  func validate() throws {
    guard !problems || (!json && !watch) else {
      throw ValidationError("--problems goes with neither --json nor --watch")
    }
    guard (1...3600).contains(interval.count) else {
      throw ValidationError("--interval is from 1 to 3600 seconds")
    }
  }

  func run() throws {
    let client = try ControlPlace(configPath: config.path).client()
    // The first answer decides whether there is anything to watch.
    let first = try ask(client)
    guard watch else {
      let isPainted = Paint.isOn
      guard !problems else {
        for line in first { print(line.text) }
        if !first.isEmpty { throw ExitStatus.refused }
        return
      }
      for line in first { StandardOutput.put(line.shown(isPainted: isPainted) + "\n") }
      return
    }
    Screen.watch(everySeconds: interval.count) {
      do throws(ControlClient.Failure) {
        return try lines(client) ?? ["vesigate: \(RouteChoice.missing(route, client))"]
      } catch {
        return ["vesigate: \(error)"]
      }
    }
  }

  /// Nil where there is no such route.
  private func lines(_ client: ControlClient) throws(ControlClient.Failure) -> [PaintedLine]? {
    var (report, line) = try client.statusAndLine()
    if let route {
      guard let one = report.reduced(to: route) else { return nil }
      // As this version reads it.
      (report, line) = (one, one.json)
    }
    let place = ControlPlace(configPath: config.path)
    guard !problems else { return report.problems(fileRemark: place.broken).map { PaintedLine($0, .red) } }
    guard json else {
      let text = StatusText(report, fileRemark: place.broken, rows: rows, commandOptions: place.options)
      return text.toned.map { PaintedLine($0) }
    }
    return [PaintedLine(TerminalText.shown(json: StatusReport.line(line, fileProblem: place.trouble)))]
  }

  /// One stays free for the cursor.
  private var rows: Int? { Screen.isTerminal && !all && route == nil ? Screen.size.rows - 1 : nil }

  private func ask(_ client: ControlClient) throws -> [PaintedLine] {
    do throws(ControlClient.Failure) {
      if let lines = try lines(client) { return lines }
    } catch {
      complain("vesigate: \(error)")
      throw error.exitStatus
    }
    complain("vesigate: \(RouteChoice.missing(route, client))")
    throw ExitStatus.usage
  }
}
