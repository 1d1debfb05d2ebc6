internal import Formats

/// How things stand, at a glance: what needs somebody first, then each route.
extension Inspector {
  static let refreshSeconds = 10

  func overview(_ request: InspectorRequest) async -> InspectorReply {
    var report = await source.report()
    let route = request.query["route"]
    if let route {
      guard let one = report.reduced(to: route) else { return notFound("There is no route \(route).") }
      report = one
    }
    let isStill = request.query["refresh"] == "off"
    let overview = Overview(report: report, routes: source.routes, hours: source.hours, isOfOne: route != nil)
    let title = route.map { "Route \($0)" } ?? "Overview"
    return page(title, in: .overview, refreshSeconds: isStill ? nil : Self.refreshSeconds) {
      overview.refreshing(route, isStill: isStill)
      overview.content
    }
  }
}

/// The overview's content.
struct Overview: Sendable {
  /// Routes that are shown whole; the others are named.
  static let routesMax = 40
  static let namesMax = 256
  static let attentionMax = 30
  private static let reasonsMax = 12

  let report: StatusReport
  let routes: [InspectedRoute]
  let hours: [String: RouteHour]
  let isOfOne: Bool
  private let attention: [Attention]
  /// For what it says of upstreams.
  private let words: StatusText

  init(report: StatusReport, routes: [InspectedRoute], hours: [String: RouteHour], isOfOne: Bool) {
    (self.report, self.routes, self.hours, self.isOfOne) = (report, routes, hours, isOfOne)
    attention = Attention.all(report)
    var clock = StatusReport()
    clock.now = report.now
    words = StatusText(clock)
  }

  @HTMLBuilder var content: HTML {
    needs
    if !isOfOne { tiles }
    routeCards
    if !isOfOne {
      others
      program
    }
  }

  /// Whoever reads slowly, or has it read out, stops it.
  func refreshing(_ route: String?, isStill: Bool) -> HTML {
    let other = PageAddress(query: [("route", route), ("refresh", isStill ? nil : "off")])
    return element(.p, .class("refresh")) {
      isStill
        ? "This page stands still. " : "Loaded again every \(Inspector.refreshSeconds) s. "
      Parts.link(isStill ? "Keep it fresh" : "Stop that", other)
    }
  }

  // MARK: What needs somebody

  private var needs: HTML {
    element(.section, .labelledBy("attention")) {
      element(.h2, .id("attention")) { "Needs attention" }
      if attention.isEmpty {
        element(.p, .class("notice good")) { "Nothing: deliveries come in, are verified, and go out." }
      } else {
        element(.ul, .class("attention")) {
          for item in attention.prefix(Self.attentionMax) { Self.item(item) }
        }
        if attention.count > Self.attentionMax {
          element(.p) {
            "And \(attention.count - Self.attentionMax) more: "; Parts.command("vesigate status")
          }
        }
      }
    }
  }

  private static func item(_ item: Attention) -> HTML {
    element(.li, .class(item.tone.rawValue)) {
      element(.p) {
        Parts.badge(item.tone == .problem ? "problem" : "warning", item.tone)
        " "
        element(.span, .class("said")) { item.finding.sentence }
      }
      if !item.links.isEmpty || !item.commands.isEmpty {
        element(.p, .class("mend")) {
          for (text, address) in item.links {
            Parts.link(text, address)
            " "
          }
          for command in item.commands {
            Parts.command(command)
            " "
          }
        }
      }
    }
  }

  // MARK: In numbers

  private var tiles: HTML {
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

  // MARK: Routes

  /// Those that something is said of come first.
  private var sorted: [StatusReport.Route] {
    let troubled = report.routes.filter(isTroubled)
    let names = Set(troubled.map(\.name))
    return troubled + report.routes.filter { !names.contains($0.name) }
  }

  private func isTroubled(_ route: StatusReport.Route) -> Bool {
    attention.contains { item in
      switch item.finding.cause {
      case .nothingVerifies(let name), .clock(let name), .dead(let name), .late(let name): name == route.name
      case .quarantined(let name): name == route.name
      case .upstream(let name): route.upstreams.contains(name)
      default: false
      }
    }
  }

  private var routeCards: HTML {
    element(.section, .labelledBy("routes")) {
      element(.h2, .id("routes")) { isOfOne ? "How it stands" : "Routes" }
      for route in sorted.prefix(Self.routesMax) {
        RouteCard(
          route: route, report: report, inspected: routes.first { $0.name == route.name },
          hour: hours[route.name] ?? RouteHour(), words: words
        ).html
      }
    }
  }

  /// Beyond those that are shown whole.
  @HTMLBuilder private var others: HTML {
    let more = sorted.dropFirst(Self.routesMax).prefix(Self.namesMax)
    if !more.isEmpty {
      element(.section, .labelledBy("others")) {
        element(.h2, .id("others")) { "Further routes" }
        element(.ul, .class("names")) {
          for route in more {
            element(.li) { Parts.link(route.name, PageAddress(query: [("route", route.name)])) }
          }
        }
      }
    }
    if report.routesOmitted > 0 {
      element(.p) {
        "\(Parts.counted(report.routesOmitted, "further route", "further routes")): see /metrics."
      }
    }
  }

  // MARK: The program

  private var program: HTML {
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
