internal import Formats

/// A route as the overview shows it.
struct RouteCard: Sendable {
  private static let reasonsMax = 8
  private static let lanesMax = 8
  /// As many as a route may have.
  private static let upstreamsMax = 16
  private static let secretsMax = 8

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

  private func recent(_ name: String? = nil, _ value: String? = nil) -> PageAddress {
    PageAddress("recent", query: [("route", route.name)] + (name.map { [($0, value)] } ?? []))
  }

  private var facts: [(String, HTML)] {
    var facts: [(String, HTML)] = [
      ("Last 5 minutes", Self.told(route.lastFiveMinutes.outcomes)),
      ("Since the start", Self.told(route.outcomes)),
      ("Last verified", Parts.time(route.lastVerifiedAt, report.now)), ("Refused", refused),
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
            "\(Parts.number(Int(clamping: reason.count))) \(reason.name)", recent("reason", reason.name))
        }
      }
      if reasons.count > Self.reasonsMax {
        element(.li) { "and \(reasons.count - Self.reasonsMax) more reasons" }
      }
      if let last = route.lastRefusal {
        element(.li) {
          "last "
          Parts.time(last.at, report.now)
        }
      }
    }
  }

  // MARK: What waits

  private var queue: HTML {
    guard !route.queue.isEmpty else { return element(.span, .class("quiet")) { "nothing waits" } }
    return element(.ul, .class("lanes")) {
      for lane in route.queue.prefix(Self.lanesMax) { element(.li) { told(lane) } }
      if route.queue.count > Self.lanesMax {
        element(.li) { "and \(route.queue.count - Self.lanesMax) more" }
      }
    }
  }

  private func told(_ lane: StatusReport.Lane) -> HTML {
    var told = HTML.empty
    for job in lane.jobs.all where job.count > 0 {
      let query = [("route", route.name), ("state", job.name), ("upstream", lane.upstream)]
      let address = PageAddress("stored", query: query.map { (name: $0.0, value: $0.1) })
      let tone = Parts.tone(of: job.name)
      told += element(.a, .class("badge " + tone.rawValue), .href(address)) {
        "\(Parts.number(Int(clamping: job.count))) \(job.name)"
      }
      told += HTML(" ")
    }
    if let due = lane.nextDue {
      told += HTML("next due ") + Parts.time(due, report.now) + HTML(" ")
    }
    if let until = lane.pausedUntil {
      told += Parts.badge(
        "paused for \(TimeText.age(from: report.now, to: max(until, report.now)))", .warning)
    }
    if !lane.upstream.isEmpty { told += HTML(" ") + Parts.code(lane.upstream) }
    return told
  }

  // MARK: Whom it trusts, and whom it serves

  private var upstreams: HTML {
    element(.ul, .class("lanes")) {
      for name in route.upstreams.prefix(Self.upstreamsMax) {
        element(.li) {
          Parts.code(name)
          " "
          Self.told(report.upstream(name).map(words.state))
        }
      }
    }
  }

  private static func told(_ state: (words: String, tone: StatusText.Tone?)?) -> HTML {
    guard let state else { return HTML("not known") }
    return switch state.tone {
    case .problem: element(.span, .class("text problem")) { state.words }
    case .warning: element(.span, .class("text warning")) { state.words }
    case nil: element(.span, .class("quiet")) { state.words }
    }
  }

  private var secrets: HTML {
    element(.ul, .class("lanes")) {
      if let current = route.fingerprints.first {
        element(.li) {
          Parts.code(current)
          " written "
          Parts.time(route.secretModifiedAt, report.now)
        }
      } else {
        element(.li) { "none" }
      }
      for other in route.fingerprints.dropFirst().prefix(Self.secretsMax) {
        element(.li) {
          Parts.code(other)
          " accepted too"
        }
      }
      for other in route.previous.prefix(Self.secretsMax) where other.until > report.now {
        element(.li) {
          Parts.code(other.fingerprint)
          " replaced, accepted for \(TimeText.age(from: report.now, to: other.until)) more"
        }
      }
    }
  }

  private var quarantine: HTML {
    let fate =
      switch route.quarantineRelease {
      case "auto": ", judged again once the secrets are others"
      case .some: ", released by hand"
      case nil: ", quarantine is off by now"
      }
    let address = PageAddress("quarantine", query: [("route", route.name)])
    let count = "\(Parts.number(route.quarantined)) kept"
    return route.quarantined > 0
      ? Parts.link(count, address) + HTML(fate) : element(.span, .class("quiet")) { count + fate }
  }
}
