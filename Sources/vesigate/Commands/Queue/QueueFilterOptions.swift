internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Gateway
internal import Operations
internal import POSIX
internal import Queue

/// Which stored deliveries are meant.
struct QueueFilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Of this route, by its name in the log.", valueName: "name"),
    completion: .custom { words, _, _ in Completions.routeNames(words) })
  var route: String?

  @Option(help: ArgumentHelp("On their way to this upstream, where all of them get each.", valueName: "url"))
  var upstream: String?

  @Option(
    help: "queued, sending, delivered, dead, cancelled or orphaned.",
    completion: .list(JobState.allCases.map(\.name)))
  var state: String?

  @Option(help: ArgumentHelp("Those whose app answered so, the last time.", valueName: "code"))
  var status: Int?

  @Option(help: "status, age, seal-broken or poison, of dead ones; of others, why the last attempt failed.")
  var reason: String?

  @Option(
    help: ArgumentHelp("Verified by this secret, as secret list shows it.", valueName: "fingerprint"))
  var secret: String?

  @Option(help: ArgumentHelp("Accepted since then: 90m, 12h, 3d, or an RFC 3339 time.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Accepted before then.", valueName: "time"))
  var until: String?

  var isEmpty: Bool {
    route == nil && upstream == nil && state == nil && status == nil && reason == nil && secret == nil
      && since == nil && until == nil
  }

  func validate() throws {
    guard state.map({ JobState(named: $0) != nil }) ?? true else {
      throw ValidationError("--state is queued, sending, delivered, dead, cancelled or orphaned")
    }
    guard status.map({ 100...599 ~= $0 }) ?? true else {
      throw ValidationError("--status is an HTTP status, from 100 to 599")
    }
    // Whoever gives the secret itself is not told it again.
    guard secret.map(Self.isFingerprint) ?? true else {
      throw ValidationError("--secret is a fingerprint, as vesigate secret list shows it, never the secret")
    }
    try Self.validate(since: since, until: until)
  }

  private static func isFingerprint(_ text: String) -> Bool {
    text.utf8.count == 8 && text.utf8.allSatisfy { Hex.value(of: $0) != nil }
  }

  static func validate(since: String?, until: String?) throws {
    for (name, text) in [("--since", since), ("--until", until)] {
      if let text, instant(text) == nil {
        throw ValidationError("\(name) is 90m, 12h, 3d, or a time such as 2026-11-30T10:00:00Z")
      }
    }
  }

  /// An id that is none would be asked for in vain.
  static func validate(ids: [String]) throws {
    for id in ids where PublicID(id) == nil {
      throw ValidationError("\(id) is no delivery's id: vesigate queue list shows those")
    }
  }

  func request(_ verb: QueueRequest.Verb) -> QueueRequest {
    var request = QueueRequest(verb)
    request.route = route
    request.upstream = upstream
    request.state = state
    request.status = status
    request.reason = reason
    request.secret = secret
    request.since = since.flatMap(Self.instant)
    request.until = until.flatMap(Self.instant)
    return request
  }

  /// Nobody means more; it is some thousand years.
  private static let agoSecondsMax = 999_999 * 86_400

  /// Unix milliseconds.
  static func instant(_ text: String) -> Int64? {
    if let seconds = try? Measure.seconds.number(withUnit: text) {
      guard seconds <= agoSecondsMax else { return nil }
      return Clocks.now().unixMilliseconds - Int64(seconds) * 1000
    }
    return Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
  }
}
