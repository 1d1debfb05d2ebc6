internal import Formats

/// The overview in numbers, and what it says of the program itself.
extension Overview {
  private static let reasonsMax = 12

  // MARK: In numbers

  var tiles: HTML {
    let five = report.routes.map(\.lastFiveMinutes.outcomes)
    let lanes = report.routes.flatMap(\.queue)
    let dead = Self.sum(lanes.map(\.jobs), "dead")
    let waiting = Self.sum(lanes.map(\.jobs), "queued") + Self.sum(lanes.map(\.jobs), "sending")
    return element(.dl, .class("tiles")) {
      Self.tile("Verified, 5 min", Parts.number(five.reduce(0) { $0 + RouteCard.verified($1) }))
      Self.tile("Refused, 5 min", Parts.number(Self.sum(five, "refused")))
      if report.store != nil {
        Self.tile("Waiting", Parts.number(waiting), PageAddress("stored", query: [("state", "queued")]))
        Self.tile(
          "Dead", Parts.number(dead), PageAddress("stored", query: [("state", "dead")]),
          dead > 0 ? .problem : .quiet)
      }
      if let oldest = lanes.compactMap(\.nextDue).min() {
        Self.tile("Oldest due", Parts.distance(oldest, report.now))
      }
      Self.tile("In flight", Parts.number(report.inFlight))
    }
  }

  private static func sum(_ counts: [Counts], _ name: String) -> Int {
    counts.reduce(0) { $0 + Int(clamping: $1[name] ?? 0) }
  }

  private static func tile(
    _ title: String, _ value: String, _ address: PageAddress? = nil, _ tone: Parts.Tone = .quiet
  ) -> HTML {
    element(.div, .class(tone.rawValue)) {
      element(.dt) { title }
      element(.dd) { if let address { Parts.link(value, address) } else { value } }
    }
  }

  // MARK: The program

  var program: HTML {
    element(.section, .labelledBy("program")) {
      element(.h2, .id("program")) { "vesigate itself" }
      Parts.facts(facts)
    }
  }

  private var facts: [(String, HTML)] {
    var facts: [(String, HTML)] = [
      ("Version", HTML("\(report.version), pid \(report.pid)")),
      ("Phase", Parts.badge(report.phase, report.phase == "listening" ? .good : .problem)),
      ("Up", HTML(TimeText.age(from: report.startedAt, to: report.now))),
      ("Listens on", Parts.code(report.listen.joined(separator: " "))),
      ("Connections", HTML(Parts.number(report.connections))),
      ("In flight", HTML("\(Parts.counted(report.inFlight)), \(Parts.size(report.inFlightBytes))")),
      ("Held for a secret", HTML(Parts.number(report.held))),
      (
        "Settings",
        HTML("generation \(report.generation), taken \(Parts.distance(report.reload.takenAt, report.now))")
      ),
    ]
    if let isSynchronised = report.isClockSynchronised {
      facts.append(
        ("Clock", HTML(isSynchronised ? "synchronised" : "nothing synchronises it, says the kernel")))
    }
    if report.logLinesDropped > 0 {
      facts.append(("Log", HTML("\(Parts.counted(report.logLinesDropped, "line", "lines")) lost")))
    }
    if let store = report.store { facts.append(("Store", Self.told(store))) }
    let noRoute = report.noRoute.all.filter { $0.count > 0 }
    if !noRoute.isEmpty {
      let shown = noRoute.prefix(Self.reasonsMax).map {
        "\(Parts.number(Int(clamping: $0.count))) \($0.name)"
      }
      facts.append(("No route", HTML("refused: " + shown.joined(separator: ", "))))
    }
    return facts
  }

  private static func told(_ store: StatusReport.Store) -> HTML {
    if let fault = store.fault { return Parts.badge("FAILING", .problem) + HTML(" " + fault) }
    let bytes =
      "\(Parts.size(Int(clamping: store.undeliveredBytes))) of \(Parts.size(Int(clamping: store.bytesMax)))"
    return HTML("\(Parts.counted(store.undelivered)) not delivered, \(bytes)")
  }
}
