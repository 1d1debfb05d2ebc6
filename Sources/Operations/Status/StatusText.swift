internal import Formats
internal import Gateway

/// The report for people, in lines that fit 80 columns but where a name is longer.
public struct StatusText: Sendable {
  /// What a line asks for.
  public enum Tone: Sendable, Equatable {
    /// Deliveries are lost or late.
    case problem
    /// It should not stay so.
    case warning
  }

  public struct Line: Sendable, Equatable {
    public var text: String
    public var tone: Tone?
  }

  let report: StatusReport
  /// What a command that is told of needs besides, behind a blank.
  private let commandOptions: String
  public internal(set) var toned: [Line] = []
  public var lines: [String] { toned.map(\.text) }

  static let columns = 80
  /// Where values begin.
  private static let indent = 13
  private static let reasonsShown = 8

  /// - Parameters:
  ///   - fileRemark: what is to be said of the file that the daemon would read next.
  ///   - rows: how many lines there is room for; nil where there is no end. What finds none is told shorter: idle
  ///     routes in one line, then each of the others in one.
  public init(
    _ report: StatusReport, fileRemark: String? = nil, rows: Int? = nil, commandOptions: String = ""
  ) {
    self.report = report
    self.commandOptions = commandOptions
    addProgram()
    if let fileRemark { add(words: fileRemark, behind: "! ", .problem) }
    for remark in report.remarks { add(words: remark, behind: "! ", Self.tone(ofRemark: remark)) }
    let head = toned
    for route in report.routes { add(route) }
    addRest()
    guard let rows, toned.count > rows else { return }
    toned = head
    addBusy()
    guard toned.count > rows else { return }
    toned = head
    addOverview(rows: rows)
  }

  /// Those that tell of deliveries that are refused or wait.
  static func tone(ofRemark remark: String) -> Tone {
    ["DEAD", "ORPHANED", "answer 503"].contains { remark.contains($0) } ? .problem : .warning
  }

  // MARK: The program

  private mutating func addProgram() {
    let up = TimeText.age(from: report.startedAt, to: report.now)
    add(
      line: "vesigate \(report.version), \(report.phase), up \(up), pid \(report.pid)",
      report.phase == "listening" ? nil : .warning)
    add("listen", report.listen.joined(separator: " "))
    let held = report.held > 0 ? ", \(report.held) held for a secret" : ""
    add(
      "in flight",
      "\(counted(report.inFlight, "delivery", "deliveries")), \(counted(report.inFlightBytes, "byte", "bytes"))"
        + ", \(counted(report.connections, "connection", "connections"))\(held)")
    add("settings", settings, report.reload.isLastTaken ? nil : .problem)
    switch report.isClockSynchronised {
    case true?: add("clock", "synchronised")
    case false?: add("clock", "nothing synchronises this host's clock, says the kernel", .warning)
    case nil: break
    }
    if report.logLinesDropped > 0 {
      let lost = counted(report.logLinesDropped, "line", "lines")
      add("log", "\(lost) lost: whoever reads it is too slow", .warning)
    }
  }

  private var settings: String {
    let since = "generation \(report.generation), taken \(ago(report.reload.takenAt))"
    let reload = report.reload
    guard reload.taken.addingSaturated(reload.refused) > 0 else { return since + ", not reloaded yet" }
    return since + (reload.isLastTaken ? "" : ", LAST RELOAD REFUSED")
  }

  // MARK: A route

  mutating func add(_ route: StatusReport.Route) {
    add(line: "")
    let isObserving = route.observe ? "  (OBSERVES: nothing is refused)" : ""
    add(line: route.name + isObserving, route.observe ? .warning : nil)
    addSecrets(route)
    add("verified", route.lastVerifiedAt > 0 ? "last \(ago(route.lastVerifiedAt))" : "nothing yet")
    addRefusal(route)
    if let clock = route.clock {
      add("clock", (clock.isAlarming ? "DRIFTING: " : "") + clock.finding, clock.isAlarming ? .warning : nil)
    }
    addUpstreams(route)
    addQueue(route)
    if route.isDurable || route.delivered > 0 { add("delivered", "\(route.delivered) since the start") }
    if route.quarantined > 0 { add("quarantine", "\(route.quarantined) kept\(Self.fate(route))", .warning) }
    addCounts(route)
  }

  private mutating func addRefusal(_ route: StatusReport.Route) {
    guard let last = route.lastRefusal else { return add("not verified", "none so far") }
    add(
      "not verified", "last \(ago(last.at)): \(last.reason)\(clockWords(last.ageSeconds, last.reason, route))"
    )
    let age = report.now.subtractingSaturated(last.at)
    guard Self.isDiagnosed(last.reason), age < Self.hintMilliseconds else { return }
    let capture = "vesigate capture --route \(route.path)\(commandOptions),"
    let diagnose = "then vesigate diagnose\(commandOptions)"
    let isShort = Self.indent + 2 + capture.count + 1 + diagnose.count <= Self.columns
    for line in isShort ? ["\(capture) \(diagnose)"] : [capture, diagnose] { add("", line) }
  }

  /// What becomes of what is in quarantine.
  private static func fate(_ route: StatusReport.Route) -> String {
    switch route.quarantineRelease {
    case "auto": ", to be judged again by other secrets"
    case .some: "; vesigate quarantine release lets out what verifies"
    case nil: ", quarantine is off here: they go after \(DurableSettings.Quarantine.hoursUnlessSaid) h"
    }
  }

  /// For so long after a refusal it is told how to find out why.
  private static let hintMilliseconds: Int64 = 3_600_000

  /// Whether `vesigate diagnose` may find out more than the reason says; that one is stale it says itself.
  private static func isDiagnosed(_ reason: String) -> Bool {
    reason == "mismatch" || ["signature-", "timestamp-", "id-"].contains { reason.hasPrefix($0) }
  }

  /// Of one that is stale: by how much, and how many of the refused were.
  private func clockWords(_ age: Int?, _ reason: String, _ route: StatusReport.Route) -> String {
    guard reason == "stale", let age else { return "" }
    let how = age < 0 ? ", \(age.magnitude) s ahead" : ", \(age) s old"
    guard let count = route.refusals[reason] else { return how }
    return how + ", \(count) of \(route.refusals.total)"
  }

  private mutating func addSecrets(_ route: StatusReport.Route) {
    let age = "written \(ago(route.secretModifiedAt))"
    add("secret", route.fingerprints.first.map { "\($0), \(age)" } ?? "none")
    for fingerprint in route.fingerprints.dropFirst() { add("", "\(fingerprint), accepted too") }
    for previous in route.previous where previous.until > report.now {
      let left = TimeText.age(from: report.now, to: previous.until)
      add("", "\(previous.fingerprint), replaced, accepted for \(left) more")
    }
  }

  private mutating func addUpstreams(_ route: StatusReport.Route) {
    for (index, name) in route.upstreams.enumerated() {
      let (words, tone) = report.upstream(name).map(state) ?? ("not known", nil)
      let isLong = name.utf8.count + words.utf8.count > 62
      add(index == 0 ? "upstream" : "", name + (isLong ? "" : "  \(words)"), tone)
      if isLong { add("", "  \(words)", tone) }
    }
  }

  /// States of stored deliveries that somebody has to look at.
  static let wrong = ["dead", "orphaned"]

  /// What is stored and not delivered.
  private mutating func addQueue(_ route: StatusReport.Route) {
    if route.queue.isEmpty, route.isDurable { add("queue", "nothing waits") }
    for (index, lane) in route.queue.enumerated() {
      let upstream = lane.upstream.isEmpty ? "" : lane.upstream + "  "
      add(index == 0 ? "queue" : "", upstream + words(of: lane), Self.tone(of: lane))
    }
  }

  func words(of lane: StatusReport.Lane) -> String {
    let counts = lane.jobs.all.filter { $0.count > 0 }.map {
      "\($0.count) \(Self.wrong.contains($0.name) ? $0.name.uppercased() : $0.name)"
    }
    let paused = lane.pausedUntil.map {
      "PAUSED for \(TimeText.age(from: report.now, to: max($0, report.now)))"
    }
    return (counts + [paused].compactMap { $0 }).joined(separator: ", ")
  }

  static func tone(of lane: StatusReport.Lane) -> Tone? {
    if wrong.contains(where: { lane.jobs[$0] ?? 0 > 0 }) { return .problem }
    return lane.pausedUntil == nil ? nil : .warning
  }

  func state(_ upstream: StatusReport.Upstream) -> (words: String, tone: Tone?) {
    if upstream.isFailing {
      let since =
        upstream.lastAnsweredAt > 0 ? "last answer \(ago(upstream.lastAnsweredAt))" : "no answer yet"
      return ("FAILING: \(upstream.lastFailure ?? "?"), \(since)", .problem)
    }
    guard upstream.lastAnsweredAt > 0 else { return ("not asked yet", nil) }
    let (errors, recent) = (upstream.recentErrors, upstream.recentAttempts)
    if upstream.lastStatus >= 500, errors > 0 {
      let capitals = upstream.isErring ? "FAILING: " : ""
      let of = "answers \(upstream.lastStatus), \(errors) of the last \(recent)"
      return ("\(capitals)\(of), \(ago(upstream.lastAnsweredAt))", .problem)
    }
    let answers = "answers, \(upstream.lastStatus) \(ago(upstream.lastAnsweredAt))"
    return errors > 0 ? (answers + ", \(errors) of the last \(recent) were 5xx", .warning) : (answers, nil)
  }

  // MARK: Numbers

  private mutating func addCounts(_ route: StatusReport.Route) {
    let shown = route.outcomes.all.map(\.name).filter { Self.isShown($0, of: route) }
    let width = min(12, (Self.columns - Self.rowIndent) / max(shown.count, 1))
    add(line: row("", shown.map { $0 }, width))
    let stretches = [
      ("last minute", route.lastMinute.outcomes), ("last 5 min", route.lastFiveMinutes.outcomes),
      ("in all", route.outcomes),
    ]
    for (title, counts) in stretches {
      add(line: row(title, shown.map { name in "\(counts[name] ?? 0)" }, width))
    }
    let reasons = route.refusals.all.filter { $0.count > 0 }
    if !reasons.isEmpty { add("refused", told(reasons)) }
  }

  /// What cannot be is left out, unless it was before a reload.
  private static func isShown(_ outcome: String, of route: StatusReport.Route) -> Bool {
    switch outcome {
    case "observed": route.observe
    case "stored", "duplicate": route.isDurable || route.outcomes[outcome] ?? 0 > 0
    case "forwarded", "failed", "app-error": !route.isDurable || route.outcomes[outcome] ?? 0 > 0
    default: true
    }
  }

  private static let rowIndent = 15

  private func row(_ title: String, _ cells: [String], _ width: Int) -> String {
    StatusText.padded("  \(title)", to: Self.rowIndent) + StatusText.cells(cells, width: width)
  }

  static func cells(_ cells: [String], width: Int) -> String {
    cells.map { String(repeating: " ", count: max(width - $0.count, 1)) + $0 }.joined()
  }

  func told(_ counts: [Counts.Count]) -> String {
    let shown = counts.prefix(Self.reasonsShown).map { "\($0.count) \($0.name)" }.joined(separator: ", ")
    return shown + (counts.count > Self.reasonsShown ? ", ..." : "")
  }

  mutating func addRest() {
    if report.routesOmitted > 0 {
      add(line: "")
      add(line: "\(report.routesOmitted) further routes: see /metrics")
    }
    guard !report.noRoute.all.isEmpty else { return }
    add(line: "")
    add(line: "no route")
    add("refused", told(report.noRoute.all))
  }

  // MARK: Words

  mutating func add(line: String, _ tone: Tone? = nil) { toned.append(Line(text: line, tone: tone)) }

  mutating func add(_ title: String, _ value: String, _ tone: Tone? = nil) {
    add(words: value, behind: StatusText.padded("  \(title)", to: Self.indent + 2), tone)
  }

  /// Further lines begin below the first word.
  private mutating func add(words text: String, behind start: String, _ tone: Tone? = nil) {
    let indent = String(repeating: " ", count: start.count)
    for line in FoldedText.lines(text, after: start, behind: indent) { add(line: line, tone) }
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }

  func ago(_ unixMilliseconds: Int64) -> String {
    TimeText.age(from: unixMilliseconds, to: report.now) + " ago"
  }

  private func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
  }
}
