internal import Formats

/// Where there is not room for all of it: what goes on and what is wrong, and which routes are idle.
extension StatusText {
  /// The routes on which something goes on in full, the others in one line.
  mutating func addBusy() {
    for route in report.routes where !isIdle(route) { add(route) }
    add(line: "")
    addIdle()
    addRest()
    add(line: "")
    add(line: Self.wayToMore)
  }

  /// Of the program what is wrong, and each route on which something goes on in a line, those with a problem first;
  /// behind it what that is.
  mutating func addOverview(rows: Int) {
    toned = toned.enumerated().filter { $0.offset == 0 || $0.element.tone != nil }.map(\.element)
    add(line: "")
    let title = Self.padded("last 5 min", to: Self.nameColumns)
    add(line: title + Self.cells(Self.titles, width: Self.cellColumns))
    let busy = report.routes.filter { !isIdle($0) }.map { (route: $0, troubles: troubles(of: $0)) }
    for tone in [Tone.problem, .warning, nil] {
      for (route, troubles) in busy where Self.worst(troubles) == tone { addOverview(of: route, troubles) }
    }
    addIdle()
    if !report.noRoute.all.isEmpty {
      add(line: Self.cut("no route: refused " + told(report.noRoute.all), to: Self.columns))
    }
    if report.routesOmitted > 0 { add(line: "\(report.routesOmitted) further routes: see /metrics") }
    // What finds no room here either is told.
    if toned.count >= rows, rows > 2 {
      let left = toned.count - (rows - 2)
      toned = Array(toned.prefix(rows - 2))
      add(line: "... \(left) more lines")
    }
    add(line: Self.wayToMore)
  }

  private static let titles = ["verified", "taken", "app-error", "refused", "failed"]
  private static let nameColumns = 30
  private static let cellColumns = 10
  private static let wayToMore = "vesigate status --route PATH shows one route, --all everything"

  private mutating func addOverview(of route: StatusReport.Route, _ troubles: [Trouble]) {
    let counts = route.lastFiveMinutes.outcomes
    func count(_ names: String...) -> String {
      "\(names.reduce(Int64(0)) { $0.addingSaturated(counts[$1] ?? 0) })"
    }
    let verified = route.lastVerifiedAt > 0 ? ago(route.lastVerifiedAt) : "never"
    let cells = [
      verified, count("forwarded", "observed", "stored", "duplicate"), count("app-error"), count("refused"),
      count("failed"),
    ]
    let figures = Self.cells(cells, width: Self.cellColumns)
    // What finds no room in its cell takes it from the name.
    let room = max(Self.columns - figures.count, 4)
    let name = Self.padded(Self.cut(route.name, to: room - 1), to: room)
    add(line: name + figures, Self.worst(troubles))
    guard let first = troubles.first(where: { $0.tone == .problem }) ?? troubles.first else { return }
    let more = troubles.count > 1 ? ", and \(troubles.count - 1) more" : ""
    add(line: "  " + Self.cut(first.words, to: Self.columns - 2 - more.count) + more, first.tone)
  }

  private mutating func addIdle() {
    let names = report.routes.filter(isIdle).map(\.name)
    guard !names.isEmpty else { return }
    let start = "idle: "
    var (shown, used) = (0, start.count)
    let rest = ", and \(names.count) more".count
    for name in names {
      let isLast = shown == names.count - 1
      guard used + name.count + 2 + (isLast ? 0 : rest) <= Self.columns || shown == 0 else { break }
      used += name.count + 2
      shown += 1
    }
    let left = names.count - shown
    add(line: start + names.prefix(shown).joined(separator: ", ") + (left > 0 ? ", and \(left) more" : ""))
  }

  // MARK: What is wrong

  /// Nothing came in the last minutes, nothing waits, and nothing is wrong.
  func isIdle(_ route: StatusReport.Route) -> Bool {
    route.lastFiveMinutes.outcomes.total == 0 && route.queue.isEmpty && troubles(of: route).isEmpty
  }

  private typealias Trouble = (words: String, tone: Tone)

  private func troubles(of route: StatusReport.Route) -> [Trouble] {
    var troubles: [Trouble] = []
    for name in route.upstreams {
      guard let found = report.upstream(name).map(state), let tone = found.tone else { continue }
      troubles.append(("\(found.words): \(name)", tone))
    }
    for lane in route.queue {
      guard let tone = Self.tone(of: lane) else { continue }
      troubles.append(("queue: " + words(of: lane), tone))
    }
    if let clock = route.clock, clock.isAlarming { troubles.append(("DRIFTING: \(clock.finding)", .warning)) }
    if route.observe { troubles.append(("OBSERVES: nothing is refused", .warning)) }
    if route.quarantined > 0 { troubles.append(("\(route.quarantined) in quarantine", .warning)) }
    return troubles
  }

  private static func worst(_ troubles: [Trouble]) -> Tone? {
    troubles.first { $0.tone == .problem }?.tone ?? troubles.first?.tone
  }

  private static func cut(_ text: String, to width: Int) -> String {
    text.count > width ? text.prefix(max(width - 3, 0)) + "..." : text
  }
}
