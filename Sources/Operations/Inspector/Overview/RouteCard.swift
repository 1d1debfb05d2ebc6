/// A route as the overview shows it.
struct RouteCard: Sendable {
  private static let reasonsMax = 8

  let route: StatusReport.Route
  let report: StatusReport
  /// As it is configured now; nil where a reload has just taken it away.
  let inspected: InspectedRoute?
  let hour: RouteHour
  let words: StatusText

  /// Of outcomes, those that verified.
  static func verified(_ counts: Counts) -> Int {
    ["forwarded", "stored", "duplicate", "app-error", "failed"].reduce(0) {
      $0 + Int(clamping: counts[$1] ?? 0)
    }
  }

  var html: HTML {
    element(.article, .class("route")) {
      element(.div, .class("head")) {
        element(.h3) { Parts.link(route.name, recent()) }
        badges
      }
      Sparkline(hour: hour).html
      element(.p, .class("legend")) { Sparkline(hour: hour).sentence }
      Parts.facts(facts)
    }
  }

  private var badges: HTML {
    element(.p, .class("badges")) {
      if route.isDurable { Parts.badge("durable", .quiet) }
      if route.observe { Parts.badge("OBSERVES: nothing is refused", .warning) }
      if inspected?.keepsBodies == true { Parts.badge("keeps bodies", .quiet) }
      if inspected?.allowsTest == true {
        Parts.link("Try it", PageAddress("test", query: [("route", route.name)]))
      }
      if route.isDurable {
        Parts.link("Stored", PageAddress("stored", query: [("route", route.name)]))
      }
    }
  }

  private func recent(reason: String? = nil) -> PageAddress {
    PageAddress("recent", query: [("route", route.name), ("reason", reason)])
  }

  private var facts: [(String, HTML)] {
    var facts: [(String, HTML)] = [
      ("Last 5 minutes", Self.told(route.lastFiveMinutes.outcomes)),
      ("Since the start", Self.told(route.outcomes)),
      ("Last verified", Parts.ago(route.lastVerifiedAt, report.now)), ("Refused", refused),
    ]
    if route.isDurable || !route.queue.isEmpty { facts.append(("Queue", queue)) }
    if route.isDurable || route.delivered > 0 {
      facts.append(("Delivered", HTML("\(Parts.number(route.delivered)) since the start")))
    }
    facts.append((route.upstreams.count == 1 ? "Upstream" : "Upstreams", upstreams))
    facts.append(("Secrets", secrets))
    if let clock = route.clock {
      facts.append(
        (
          "Clock",
          (clock.isAlarming ? Parts.badge("drifting", .warning) + HTML(" ") : .empty) + HTML(clock.finding)
        ))
    }
    if route.quarantined > 0 || route.quarantineRelease != nil { facts.append(("Quarantine", quarantine)) }
    return facts
  }

  // MARK: Numbers

  private static func told(_ counts: Counts) -> HTML {
    let shown = counts.all.filter { $0.count > 0 }
    guard !shown.isEmpty else { return element(.span, .class("quiet")) { "nothing" } }
    return HTML(shown.map { "\(Parts.number(Int(clamping: $0.count))) \($0.name)" }.joined(separator: ", "))
  }

  private var refused: HTML {
    let reasons = route.refusals.all.filter { $0.count > 0 }
    guard !reasons.isEmpty else { return element(.span, .class("quiet")) { "none so far" } }
    return element(.ul, .class("words")) {
      for reason in reasons.prefix(Self.reasonsMax) {
        element(.li) {
          Parts.link(
            "\(Parts.number(Int(clamping: reason.count))) \(reason.name)", recent(reason: reason.name))
        }
      }
      if reasons.count > Self.reasonsMax {
        element(.li) { "and \(reasons.count - Self.reasonsMax) more reasons" }
      }
      if let last = route.lastRefusal {
        element(.li) {
          "last "
          Parts.ago(last.at, report.now)
        }
      }
    }
  }
}
