internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Operations
internal import Telemetry

struct TailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail",
    abstract: "Show each delivery as it comes, in a short line.",
    usage: "vesigate tail [<options>]",
    discussion: """
      When it was over (UTC), what the sender got, the route, what log: fields names of a verified body, what did \
      not go as it should, and how long it took; of a durable route each attempt to deliver it, too. Root and the \
      daemon's own user see event and data.reference of bodies that have them, whatever log: fields says. It goes \
      on until Ctrl-C. What is not taken fast enough is left out and counted: no delivery waits for it. On a \
      terminal it is in colours, unless NO_COLOR is set.

      Exit codes: 0 done, 64 wrong usage or no such route, 69 no daemon answers, or it has ended, 75 others \
      watch already, 77 permission denied, 78 the configuration does not say which daemon is meant.

      Examples:
        vesigate tail
        vesigate tail --route /webhooks/vesicash --count 10
        vesigate tail --json
      """)

  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("Of this route alone, by its path or its name.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routeNames(words) })
  var route: String?

  @Option(help: "End after so many deliveries.")
  var count: Int?

  @Flag(help: "Print a line of JSON for each; docs/operations.md explains its keys.")
  var json = false

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
  }

  func run() throws {
    let place = ControlPlace(configPath: config.path)
    let client = try place.client()
    if let broken = place.broken { complain("note: \(broken)") }
    guard let request = TailRequest(route: route) else { throw noRoute(client) }
    let refusal: String?
    do {
      refusal = try watch(client, request)
    } catch let failure as ControlClient.Failure {
      complain("vesigate: \(failure)")
      throw failure.exitStatus
    }
    guard let refusal else { return }
    guard refusal != "no-such-route" else { throw noRoute(client) }
    complain("vesigate: others watch already, try again when they are done")
    throw ExitStatus.temporary
  }

  private func noRoute(_ client: ControlClient) -> ExitCode {
    complain("vesigate: \(RouteChoice.missing(route, client))")
    return ExitStatus.usage
  }

  private func watch(_ client: ControlClient, _ request: TailRequest) throws -> String? {
    let (isPainted, isTerminal) = (Paint.isOn, Screen.isTerminal)
    var left = count ?? .max
    return try client.tail(
      request, begun: { if isTerminal { complain("watching, until Ctrl-C") } },
      { line in
        if case .delivery = line { left -= 1 }
        return StandardOutput.putForReader(text(line, isPainted) + "\n") && left > 0
      })
  }

  private func text(_ line: TailLine, _ isPainted: Bool) -> String {
    switch line {
    case .delivery(_, let line) where json, .dropped(_, let line) where json: TerminalText.shown(json: line)
    case .delivery(let glance, _): TailText.line(glance, isPainted: isPainted)
    case .dropped(let count, _): TailText.line(dropped: count, isPainted: isPainted)
    }
  }
}

/// A delivery in a line, its colours those of a traffic light.
enum TailText {
  static func line(_ glance: Glance, isPainted: Bool) -> String {
    let (time, status) = (String(Glance.time(glance.at).dropFirst(11)), glance.statusText)
    let words = glance.words
    guard isPainted else { return TerminalText.shown("\(time) \(status) \(words)") }
    let colour = colour(glance.tone)
    // Where all is well the status alone has a colour: what is not well shall stand out.
    let rest = glance.tone == .good ? words : colour.around(words)
    return "\(Paint.dim.around(time)) \(colour.around(status)) \(rest)"
  }

  static func line(dropped count: Int, isPainted: Bool) -> String {
    let what = count == 1 ? "delivery is" : "deliveries are"
    let text = "... \(count) \(what) not shown: whoever reads this is too slow"
    return isPainted ? Paint.yellow.around(text) : text
  }

  private static func colour(_ tone: Glance.Tone) -> Paint {
    switch tone {
    case .good: .green
    case .warning: .yellow
    case .problem: .red
    }
  }
}
