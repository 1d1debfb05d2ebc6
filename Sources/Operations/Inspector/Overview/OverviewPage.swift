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
  // HTML of each part, so that the page stays within 300 KB however long the names are.
  private static let attentionBytesMax = 40_000
  /// Of routes that are shown whole; the others are named.
  private static let routesBytesMax = 120_000
  private static let namesBytesMax = 100_000

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
    if !isOfOne { program }
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
    let shown = Self.pieces(attention, bytesMax: Self.attentionBytesMax, Self.item)
    return element(.section, .labelledBy("attention")) {
      element(.h2, .id("attention")) { "Needs attention" }
      if attention.isEmpty {
        element(.p, .class("notice good")) { "Nothing: deliveries come in, are verified, and go out." }
      } else {
        element(.ul, .class("attention")) {
          for item in shown { item }
        }
        if attention.count > shown.count {
          element(.p) {
            "And \(attention.count - shown.count) more: "
            Parts.command("vesigate status")
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
          if let advice = item.advice {
            element(.span, .class("quiet")) { advice }
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

  /// As many as there is room for, and one at least.
  private static func pieces<Item>(_ items: [Item], bytesMax: Int, _ html: (Item) -> HTML) -> [HTML] {
    var (pieces, bytes): ([HTML], Int) = ([], 0)
    for item in items {
      let piece = html(item)
      bytes += piece.bytes.count
      guard bytes <= bytesMax || pieces.isEmpty else { break }
      pieces.append(piece)
    }
    return pieces
  }

  /// Those that something is said of come first.
  private var sorted: [StatusReport.Route] {
    var (names, upstreams): (Set<String>, Set<String>) = ([], [])
    for item in attention {
      switch item.finding.cause {
      case .nothingVerifies(let name), .clock(let name), .dead(let name), .late(let name): names.insert(name)
      case .quarantined(let name): names.insert(name)
      case .upstream(let name): upstreams.insert(name)
      case .phase, .file, .remark, .orphaned: break
      }
    }
    let isTroubled = { (route: StatusReport.Route) in
      names.contains(route.name) || route.upstreams.contains(where: upstreams.contains)
    }
    return report.routes.filter(isTroubled) + report.routes.filter { !isTroubled($0) }
  }

  @HTMLBuilder private var routeCards: HTML {
    let sorted = sorted
    let cards = Self.pieces(sorted, bytesMax: Self.routesBytesMax, card)
    element(.section, .labelledBy("routes")) {
      element(.h2, .id("routes")) { isOfOne ? "How it stands" : "Routes" }
      for card in cards { card }
    }
    others(Array(sorted.dropFirst(cards.count)))
  }

  private func card(_ route: StatusReport.Route) -> HTML {
    RouteCard(
      route: route, report: report, inspected: routes.first { $0.name == route.name },
      hour: hours[route.name] ?? RouteHour(), words: words
    ).html
  }

  /// Beyond those that are shown whole.
  @HTMLBuilder private func others(_ routes: [StatusReport.Route]) -> HTML {
    let names = Self.pieces(routes, bytesMax: Self.namesBytesMax) { route in
      element(.li) { Parts.link(route.name, PageAddress(query: [("route", route.name)])) }
    }
    if !names.isEmpty {
      element(.section, .labelledBy("others")) {
        element(.h2, .id("others")) { "Further routes" }
        element(.ul, .class("names")) { for name in names { name } }
      }
    }
    let more = report.routesOmitted + routes.count - names.count
    if more > 0 { element(.p) { "\(Parts.counted(more, "further route", "further routes")): see /metrics." } }
  }
}
