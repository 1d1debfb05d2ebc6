internal import ArgumentParser
internal import Formats
internal import Operations

/// Which quarantined deliveries are meant.
struct QuarantineFilterOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Of this route, by its name in the log.", valueName: "name"))
  var route: String?

  @Option(help: "Why it was not verified: mismatch, rotation-unfinished, ..., as the log says.")
  var reason: String?

  @Option(help: ArgumentHelp("Arrived since then: 90m, 12h, 3d, or an RFC 3339 time.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Arrived before then.", valueName: "time"))
  var until: String?

  var isEmpty: Bool { route == nil && reason == nil && since == nil && until == nil }

  func validate() throws {
    for (name, text) in [("--since", since), ("--until", until)] {
      if let text, QueueFilterOptions.instant(text) == nil {
        throw ValidationError("\(name) is 90m, 12h, 3d, or a time such as 2026-11-30T10:00:00Z")
      }
    }
  }

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

extension QueueDaemon {
  /// What it answers; the command ends where it refuses, or is not there.
  func ask(_ request: QuarantineRequest) throws -> QuarantineAnswer {
    let answer: QuarantineAnswer
    do throws(ControlClient.Failure) {
      answer = try client.ask(request)
    } catch {
      complain("vesigate: \(error)")
      throw error.kind == .permission ? ExitStatus.permission : ExitStatus.unavailable
    }
    guard answer.ok else {
      complain("vesigate: \(answer.message)")
      throw ExitStatus.unavailable
    }
    return answer
  }
}
