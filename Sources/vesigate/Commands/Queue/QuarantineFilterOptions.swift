internal import ArgumentParser
internal import Formats
internal import Operations

/// Which quarantined deliveries are meant.
struct QuarantineFilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Of this route, by its name in the log.", valueName: "name"),
    completion: .custom { words, _, _ in Completions.routeNames(words) })
  var route: String?

  @Option(help: "Why it was not verified: mismatch, rotation-unfinished, ..., as the log says.")
  var reason: String?

  @Option(help: ArgumentHelp("Arrived since then: 90m, 12h, 3d, or an RFC 3339 time.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Arrived before then.", valueName: "time"))
  var until: String?

  var isEmpty: Bool { route == nil && reason == nil && since == nil && until == nil }

  func validate() throws { try QueueFilterOptions.validate(since: since, until: until) }

  func validate(besides ids: [String]) throws {
    if !ids.isEmpty, !isEmpty { throw ValidationError("ids and a filter exclude each other") }
    try Self.validate(ids: ids)
  }

  /// As the daemon reads them.
  static func validate(ids: [String]) throws {
    for id in ids where id.utf8.count != 16 || !id.utf8.allSatisfy({ Hex.value(of: $0) != nil }) {
      throw ValidationError("\(id) is no id of what is kept: list shows those")
    }
  }

  func request(_ verb: QuarantineRequest.Verb) -> QuarantineRequest {
    var request = QuarantineRequest(verb)
    request.route = route
    request.reason = reason
    request.since = since.flatMap(QueueFilterOptions.instant)
    request.until = until.flatMap(QueueFilterOptions.instant)
    return request
  }

  /// One for each id, or one for the filter.
  func requests(_ verb: QuarantineRequest.Verb, _ ids: [String]) -> [QuarantineRequest] {
    guard !ids.isEmpty else { return [request(verb)] }
    return ids.map { id in
      var request = QuarantineRequest(verb)
      request.id = id
      return request
    }
  }
}
