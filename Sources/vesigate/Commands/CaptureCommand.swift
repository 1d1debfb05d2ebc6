internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Operations

struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Save the next requests that the running daemon refuses as not verified.",
    usage: "vesigate capture [<options>]",
    discussion: """
      Each is written to a new file that only you can read, of the form that vesigate diagnose and \
      vesigate verify take; its time is that of the arrival. It holds the sender's body and headers: remove \
      it when you are done. Only root and the daemon's own user are given any. Nothing is kept in the \
      daemon, but while this command waits.

      Exit codes: 0 all were saved, 64 wrong usage, 69 no daemon answers, 73 a file cannot be created, 74 \
      the disk is full or broken, 75 fewer were refused in that time, or others capture already, 77 \
      permission denied, 78 the configuration does not say which daemon is meant.

      Examples:
        vesigate capture
        vesigate capture --route /webhooks/stripe --count 3 --seconds-max 10m
      """)

  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("Of this route; may be left out when there is one.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routes(words) })
  var route: String?

  @Option(help: "How many, from 1 to \(CaptureRequest.countMax).")
  var count = 1

  @Option(help: ArgumentHelp("How long to wait for them, in seconds, or such as 5m.", valueName: "seconds"))
  var secondsMax = Seconds(300)

  @Option(help: ArgumentHelp("Where to write them.", valueName: "folder"), completion: .directory)
  var directory = "."

  func validate() throws {
    guard (1...CaptureRequest.countMax).contains(count) else {
      throw ValidationError("--count must be from 1 to \(CaptureRequest.countMax)")
    }
    guard (1...CaptureRequest.secondsMax).contains(secondsMax.count) else {
      throw ValidationError("--seconds-max must be from 1 to \(CaptureRequest.secondsMax)")
    }
    // With a name behind it, it would be the root.
    guard !directory.isEmpty else { throw ValidationError("--directory must be a folder; . is this one") }
  }

  func run() throws {
    let place = ControlPlace(configPath: config.path)
    let client = try place.client()
    if let broken = place.broken { complain("note: \(broken)") }
    let path = try route ?? onlyRoute(client)
    guard let request = CaptureRequest(route: path, count: count, seconds: secondsMax.count) else {
      complain("vesigate: \(RouteChoice.missing(path, client))")
      throw ExitStatus.usage
    }
    var saved: [String] = []
    let ending = try capture(client, request) { captured in
      let path = try CaptureFile.write(captured, folder: directory)
      saved.append(path)
      print("\(path)  \(captured.reason), \(captured.bytes.count) bytes")
    }
    sayNext(saved)
    try end(ending, saved: saved.count, route: path, client)
  }

  /// What to type now.
  private func sayNext(_ saved: [String]) {
    guard let file = saved.first else { return }
    let words = ConfigOption.words(config.path) + [file]
    complain("why it was refused: vesigate diagnose " + words.map(\.shellWord).joined(separator: " "))
  }

  /// Of the routes that are in force, whatever the file says by now.
  private func onlyRoute(_ client: ControlClient) throws -> String {
    let report: StatusReport
    do throws(ControlClient.Failure) { report = try client.status() } catch { throw fail(error) }
    guard let only = report.routes.first, report.routes.count == 1, report.routesOmitted == 0 else {
      let count = report.routes.count.addingSaturated(report.routesOmitted)
      complain("vesigate: there are \(count) routes: say which with --route")
      throw ExitStatus.usage
    }
    return only.path
  }

  private func fail(_ failure: ControlClient.Failure) -> ExitCode {
    complain("vesigate: \(failure)")
    return failure.exitStatus
  }

  private func capture(
    _ client: ControlClient, _ request: CaptureRequest, _ take: (CapturedRequest) throws -> Void
  ) throws -> CaptureEnding {
    do {
      return try client.capture(request, begun: begin, take)
    } catch let failure as ControlClient.Failure {
      throw fail(failure)
    }
  }

  /// The daemon gives what comes from now on: before anybody waits for it there has to be a place for it.
  private func begin() throws {
    try CaptureFile.tryOut(folder: directory)
    complain("waiting for the next \(count == 1 ? "delivery" : "\(count) deliveries") to be refused")
  }

  private func end(
    _ ending: CaptureEnding, saved: Int, route: String, _ client: ControlClient
  ) throws {
    switch (ending.isRefused, ending.reason) {
    case (false, "complete") where saved == count:
      return
    case (false, "bytes"):
      complain("vesigate: the next one is larger than what a capture may hold in memory; \(saved) saved")
    case (false, _):
      complain("vesigate: \(saved) of \(count) were refused within \(secondsMax) s")
    case (true, "permission"):
      complain("vesigate: only root and the daemon's own user may see what it refuses")
      throw ExitStatus.permission
    case (true, "no-such-route"):
      complain("vesigate: \(RouteChoice.missing(route, client))")
      throw ExitStatus.usage
    case (true, _):
      complain("vesigate: others capture already, try again when they are done")
    }
    throw ExitStatus.temporary
  }
}
