internal import Gateway
internal import Signing

/// The whole answer to a scrape.
public struct MetricsPage {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  let counters: Counters
  let status: StatusSnapshot
  private let process: ProcessFigures
  var page = Exposition()

  public static func bytes(
    _ counters: Counters, _ status: StatusSnapshot, _ process: ProcessFigures = .read()
  ) -> [UInt8] {
    var page = MetricsPage(counters: counters, status: status, process: process)
    page.writeDeliveries()
    page.writeDurations()
    page.writeUpstreams()
    page.writeOccupancy()
    page.writeHolds()
    page.writeDurable()
    page.writeSecrets()
    page.writeClocks()
    page.writeSettings()
    page.writeProgram()
    return page.page.bytes
  }

  private init(counters: Counters, status: StatusSnapshot, process: ProcessFigures) {
    self.counters = counters
    self.status = status
    self.process = process
  }

  // MARK: Deliveries

  private mutating func writeDeliveries() {
    page.begin(.deliveries)
    for route in counters.routes {
      for outcome in DeliveryRecord.Outcome.allCases {
        let labels = Exposition.Labels(("route", route.name), ("outcome", outcome.rawValue))
        page.sample(labels, route.count(of: outcome))
      }
    }
    page.begin(.reasons)
    for route in counters.routes {
      for (reason, count) in reasons(of: route) {
        let labels = Exposition.Labels(
          ("route", route.name), ("outcome", reason.outcome.rawValue), ("reason", reason.reason))
        page.sample(labels, count)
      }
    }
    page.begin(.bodyBytes)
    for route in counters.routes { page.sample(.init(("route", route.name)), route.bodyBytes) }
  }

  /// Those that have come, and those that alerts ask for: a series that begins with its first delivery has no
  /// increase.
  private func reasons(of route: RouteCounters) -> [(RouteCounters.Reason, UInt64)] {
    var all = route.reasons
    let alarming: [Rejection] =
      switch route.name {
      case Counters.noRoute: [.tooBusy(.connections)]
      case Counters.others: []
      default:
        [
          .unverified(.mismatch), .unverified(.stale(ageSeconds: 0)), .tooBusy(.inFlight),
          .tooBusy(.inFlightBytes),
        ]
      }
    for rejection in alarming {
      all[RouteCounters.Reason(outcome: .refused, reason: rejection.label), default: 0] += 0
    }
    return all.map { ($0.key, $0.value) }.sorted {
      ($0.0.outcome.position, $0.0.reason) < ($1.0.outcome.position, $1.0.reason)
    }
  }

  private mutating func writeDurations() {
    let families: [(MetricFamily, KeyPath<RouteCounters, Histogram>)] = [
      (.total, \.total), (.verify, \.verify), (.upstream, \.upstream), (.age, \.age),
    ]
    for (family, field) in families {
      page.begin(family)
      for route in counters.routes { page.histogram(.init(("route", route.name)), route[keyPath: field]) }
    }
    page.begin(.lastVerified)
    for route in counters.routes { page.instant(.init(("route", route.name)), route.lastVerifiedAt) }
  }

  private mutating func writeUpstreams() {
    page.begin(.attempts)
    for upstream in counters.upstreams {
      for (result, count) in zip(UpstreamCounters.results, upstream.counts) {
        page.sample(.init(("upstream", upstream.name), ("result", result)), count)
      }
    }
    page.begin(.failing)
    for upstream in counters.upstreams where upstream.name != Counters.others {
      page.sample(.init(("upstream", upstream.name)), upstream.isFailing)
    }
  }

  // MARK: What is taken at once

  private mutating func writeOccupancy() {
    write(.inFlight, status.inFlight)
    write(.inFlightBytes, status.inFlightBytes)
    write(.openConnections, status.openConnections)
    write(.connections, status.connections)
    page.begin(.connectionsEnded)
    for bound in ConnectionBound.allCases {
      page.sample(.init(("reason", bound.rawValue)), status.connectionsEnded[bound] ?? 0)
    }
    write(.acceptFailures, status.acceptFailures)
  }

  private mutating func writeHolds() {
    let families: [(MetricFamily, KeyPath<StatusSnapshot.SecretFile, Int>)] = [
      (.held, \.held), (.holds, \.holds), (.holdsVerified, \.holdsVerified),
      (.holdsOverflowed, \.holdsOverflowed), (.revoked, \.revoked),
    ]
    for (family, field) in families {
      page.begin(family)
      for file in status.secretFiles {
        page.sample(.init(("secret_file", file.path)), file[keyPath: field])
      }
    }
    let states: [(MetricFamily, KeyPath<StatusSnapshot.SecretFile, Bool>)] = [
      (.secretUsable, \.isUsable), (.rotating, \.isRotating), (.unfinished, \.isUnfinished),
    ]
    for (family, field) in states {
      page.begin(family)
      for file in status.secretFiles {
        page.sample(.init(("secret_file", file.path)), file[keyPath: field])
      }
    }
  }

  // MARK: Secrets, clocks and settings

  private mutating func writeSecrets() {
    page.begin(.secretGeneration)
    for route in status.routes { page.sample(.init(("route", route.name)), route.secretGeneration) }
    page.begin(.secretModified)
    for route in status.routes { page.instant(.init(("route", route.name)), route.secretModifiedAt) }
    page.begin(.secrets)
    for route in status.routes { page.sample(.init(("route", route.name)), route.secretsAccepted) }
    page.begin(.observe)
    for route in status.routes { page.sample(.init(("route", route.name)), route.observe) }
  }

  private mutating func writeClocks() {
    page.begin(.skew)
    for route in counters.routes {
      guard let median = route.ages.median(at: status.now) else { continue }
      page.sample(.init(("route", route.name)), median)
    }
    page.begin(.tolerance)
    for route in status.routes {
      guard let seconds = route.toleranceSeconds else { continue }
      page.sample(.init(("route", route.name)), seconds)
    }
    page.begin(.clock)
    if let isSynchronised = status.isClockSynchronised { page.sample(.none, isSynchronised) }
  }

  private mutating func writeSettings() {
    page.begin(.reloads)
    page.sample(.init(("result", "taken")), status.reloads.taken)
    page.sample(.init(("result", "refused")), status.reloads.refused)
    page.begin(.reloadSuccessful)
    page.sample(.none, status.reloads.isLastTaken)
    page.begin(.reloadTime)
    page.instant(.none, status.reloads.takenAt)
    write(.generation, status.generation)
  }

  private mutating func writeProgram() {
    page.begin(.ready)
    page.sample(.none, status.isReady)
    page.begin(.build)
    page.sample(.init(("version", status.version), ("libraries", status.libraries)), 1)
    write(.linesDropped, status.logLinesDropped)
    write(.linesLeftOut, status.logLinesLeftOut)
    page.begin(.cpu)
    page.seconds(.none, process.cpuNanoseconds, perSecond: 1_000_000_000)
    write(.resident, process.residentBytes)
    write(.virtual, process.virtualBytes)
    write(.descriptors, process.openDescriptors)
    write(.descriptorsMax, process.descriptorsMax)
    page.begin(.start)
    page.instant(.none, status.startedAt)
  }

  mutating func write(_ family: MetricFamily, _ value: some BinaryInteger) {
    page.begin(family)
    page.sample(.none, value)
  }
}
