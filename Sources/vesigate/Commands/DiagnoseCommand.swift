internal import ArgumentParser
internal import Configuration
internal import Diagnosis
internal import Formats
internal import Gateway
internal import Glibc
internal import HTTP
internal import POSIX
internal import Signing

struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Find out why a saved request is refused, and which settings to change.",
    usage: "vesigate diagnose [<options>] [<request-file>]",
    discussion: """
      The file is one that vesigate capture wrote, or of the form that vesigate verify reads. All known \
      layouts, headers, units, encodings and forms of the secret and of the body are tried offline, and what \
      matches is told in words, with the lines to change, or what was ruled out. Neither a secret nor a \
      computed signature is printed. Ends with 0 when the request verifies, or would with the settings \
      that are named; with 1 otherwise.

      Examples:
        vesigate capture --route /webhooks/vesicash
        vesigate diagnose refused.http
      """)

  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("Judge it by this route.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routes(words) })
  var route: String?

  @Option(
    help: ArgumentHelp(
      "Judge it as if it had arrived at this Unix time; without it, when the file was last changed.",
      valueName: "seconds"))
  var at: Int64?

  @Argument(
    help: ArgumentHelp("The saved request; - is standard input.", valueName: "request-file"),
    completion: .file())
  var requestFile = "-"

  func validate() throws {
    try UnixTime.validate(at: at)
  }

  func run() throws {
    let loaded = try config.load()
    let saved = try SavedDelivery(requestFile, route: route, in: loaded, refusal: "no diagnosis")
    let (arrival, whose) = arrivalTime()
    let finding = Diagnosis.of(
      RefusedCase(
        head: saved.head, body: saved.body, layout: saved.route.layout,
        secrets: loaded.snapshot.secrets[saved.route.secretFileIndex], arrival: arrival,
        others: Self.others(than: saved.route, in: loaded)))
    print("route    \(saved.route.name), \(saved.body.count) bytes of body")
    print("arrived  \(TimeText.utc(unixMilliseconds: arrival.unixMilliseconds)) (\(whose))\n")
    for line in FindingReport(finding, route: saved.route, configPath: config.path).lines { print(line) }
    if finding.kind != .verifies, saved.head.framing == .none { saved.printBytesBehind() }
    if finding.kind != .verifies, finding.kind != .settings { throw ExitStatus.refused }
  }

  /// Each secret file of other routes once, by the first route that uses it.
  private static func others(than route: Route, in loaded: Loaded) -> [OtherRoute] {
    var seen: Set<String> = [loaded.snapshot.secrets[route.secretFileIndex].path]
    return loaded.snapshot.routes.all.compactMap { other in
      let set = loaded.snapshot.secrets[other.secretFileIndex]
      return seen.insert(set.path).inserted ? OtherRoute(name: other.name, secrets: set) : nil
    }
  }

  /// When it is judged at, and who says so.
  private func arrivalTime() -> (Moment, String) {
    var moment = Clocks.now()
    if let at {
      moment.unixMilliseconds = at * 1000
      return (moment, "by --at")
    }
    var status = stat()
    guard requestFile != "-", stat(requestFile, &status) == 0 else { return (moment, "now; see --at") }
    moment.unixMilliseconds = UnixTime.milliseconds(
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    return (moment, "when the file was last changed; see --at")
  }
}

/// A finding as a terminal of 80 columns shows it.
struct FindingReport {
  private static let columns = 80

  private(set) var lines: [String] = []

  init(_ finding: Finding, route: Route, configPath: String) {
    wrap(Self.capitalized(finding.sentence) + ".")
    if !finding.settings.isEmpty { add(finding.settings, route, configPath) }
    if !finding.ruledOut.isEmpty { lines += ["", "Ruled out:"] }
    for point in finding.ruledOut { wrap("- \(point)", indent: "  ") }
    if !finding.advice.isEmpty { lines.append("") }
    for sentence in finding.advice { wrap(sentence) }
  }

  private mutating func add(_ settings: [String], _ route: Route, _ configPath: String) {
    lines += ["", "In \(configPath), route \(route.name), change", ""]
    lines += (SettingLines.of(route.layout) ?? ["signature: (as it is)"]).map { "  - \($0)" }
    lines += settings.map { "  + \($0)" }
    // Most configurations do not have the first line, and who looks for it in vain wonders.
    if route.layout == .vesicash {
      lines += ["", "(vesicash is the default: where the first line is missing, add the others)"]
    }
    lines += ["", "then vesigate check, and vesigate reload."]
  }

  private static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// - Parameter indent: of all lines but the first.
  private mutating func wrap(_ text: String, indent: String = "") {
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > Self.columns {
        lines.append(line)
        line = indent
      }
      line += line.isEmpty || line == indent ? word : " " + word
    }
    if !line.isEmpty { lines.append(line) }
  }
}
