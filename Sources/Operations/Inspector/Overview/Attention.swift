internal import Configuration

/// What needs somebody, and how it is mended: the page that shows it, or the command.
struct Attention: Sendable {
  let finding: StatusReport.Finding
  /// Deliveries are lost or late, or it should only not stay so.
  let tone: Parts.Tone
  var links: [(text: String, address: PageAddress)] = []
  /// What comes before the commands.
  var advice: String?
  var commands: [String] = []

  /// The worst first.
  static func all(_ report: StatusReport) -> [Attention] {
    let all = report.findings().map { Attention($0, report) }
    return all.filter { $0.tone == .problem } + all.filter { $0.tone != .problem }
  }

  init(_ finding: StatusReport.Finding, _ report: StatusReport) {
    self.finding = finding
    switch finding.cause {
    case .quarantined, .clock: tone = .warning
    case .remark: tone = StatusText.tone(ofRemark: finding.sentence) == .problem ? .problem : .warning
    default: tone = .problem
    }
    mend(report)
  }

  private mutating func mend(_ report: StatusReport) {
    switch finding.cause {
    case .phase: commands = ["systemctl status vesigate"]
    case .file: commands = ["vesigate check"]
    case .remark: mendRemark()
    case .nothingVerifies(let route):
      links = [("What was refused", Self.recent(route, "refused"))]
      commands = ["vesigate capture --route \(Self.path(route, report))", "vesigate diagnose"]
    case .clock: commands = ["timedatectl status"]
    case .dead(let route):
      links = [("The dead ones", Self.stored(route, "dead"))]
      commands = ["vesigate queue replay --route \(route.shellWord)"]
    case .late(let route):
      links = [("What waits", Self.stored(route, "queued"))]
      commands = ["vesigate queue retry --route \(route.shellWord)"]
    case .quarantined(let route):
      links = [("Its quarantine", PageAddress("quarantine", query: [("route", route)]))]
      commands = ["vesigate quarantine release --route \(route.shellWord) --dry-run"]
    case .upstream(let name):
      links = Self.links(toRoutesOf: name, report)
      commands = ["vesigate check --connect"]
    case .orphaned(let route):
      links = [("The orphaned ones", Self.stored(route, "orphaned"))]
      commands = ["vesigate queue cancel --state orphaned --route \(route.shellWord)"]
    }
  }

  /// Those of the program as a whole, which say themselves what they are.
  private mutating func mendRemark() {
    let sentence = finding.sentence
    if sentence.hasPrefix("the last reload was refused") {
      commands = ["vesigate check"]
    } else if sentence.contains("vesigate queue replays") {
      links = [("The jobs", PageSection.replays.address)]
    } else if sentence.hasPrefix("the store") {
      links = [("What was given up", PageAddress("stored", query: [("state", "dead")]))]
      commands = ["journalctl -u vesigate -p warning --since -1h"]
    } else if sentence.contains(" observes: ") || sentence.contains(" has test: true: ") {
      advice = "Once it has served, take it out of the configuration, then"
      commands = ["vesigate reload"]
    }
  }

  private static func recent(_ route: String, _ outcome: String) -> PageAddress {
    PageAddress("recent", query: [("route", route), ("outcome", outcome)])
  }

  private static func stored(_ route: String, _ state: String) -> PageAddress {
    PageAddress("stored", query: [("route", route), ("state", state)])
  }

  private static func path(_ route: String, _ report: StatusReport) -> String {
    (report.routes.first { $0.name == route }?.path ?? route).shellWord
  }

  private static let linksMax = 3

  private static func links(
    toRoutesOf upstream: String, _ report: StatusReport
  ) -> [(text: String, address: PageAddress)] {
    let routes = report.routes.filter { $0.upstreams.contains(upstream) }.prefix(linksMax)
    return routes.map { route in
      route.isDurable
        ? ("What waits of \(route.name)", stored(route.name, "queued"))
        : ("What failed of \(route.name)", recent(route.name, "failed"))
    }
  }
}
