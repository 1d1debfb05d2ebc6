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
}
