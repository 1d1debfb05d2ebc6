internal import Formats

/// What of a route waits, whom it serves, whom it trusts.
extension RouteCard {
  private static let lanesMax = 8
  /// As many as a route may have.
  private static let upstreamsMax = 16
  private static let secretsMax = 8

  var queue: HTML {
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
      told += HTML("oldest due ") + Parts.ago(due, report.now) + HTML(" ")
    }
    if let until = lane.pausedUntil {
      told += Parts.badge(
        "paused for \(TimeText.age(from: report.now, to: max(until, report.now)))", .warning)
    }
    if !lane.upstream.isEmpty { told += HTML(" ") + Parts.code(lane.upstream) }
    return told
  }

  var upstreams: HTML {
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

  var secrets: HTML {
    element(.ul, .class("lanes")) {
      if let current = route.fingerprints.first {
        element(.li) {
          Parts.code(current)
          " written "
          Parts.ago(route.secretModifiedAt, report.now)
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

  var quarantine: HTML {
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
