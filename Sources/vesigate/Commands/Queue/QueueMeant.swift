internal import ArgumentParser
internal import Operations
internal import Queue

/// What a command is about: only what can be done to is counted, and of the rest is said why not.
struct QueueMeant {
  /// One for each id, or one for a filter.
  private(set) var requests: [QueueRequest] = []
  private(set) var count = 0
  /// Of all of them; nil where they differ.
  private var state: String?
  /// Nil where ids name them.
  private var whose: String?

  /// `20 dead deliveries, of all routes`
  var words: String {
    let kind = [state, count == 1 ? "delivery" : "deliveries"].compactMap { $0 }.joined(separator: " ")
    return "\(count) \(kind)\(whose ?? "")"
  }

  /// Those that ids name.
  init(_ ids: [String], _ change: QueueChange, _ daemon: QueueDaemon) throws {
    var all: Set<String> = []
    for id in ids {
      var request = QueueRequest(.list)
      request.id = id
      request.limit = QueueRequest.pageMax
      let states = try daemon.ask(request).jobs.map(\.state)
      let possible = states.filter { state in JobState(named: state).map(change.canHappen) ?? false }
      request.withBody = change.needsBody
      guard !possible.isEmpty else {
        complain("vesigate: " + (Self.whyNot(id, states, change) ?? "no delivery has the id \(id)"))
        continue
      }
      if change.needsBody, try Self.count(request, daemon).count == 0 {
        complain("vesigate: the body of \(id) is gone: it cannot be sent again")
        continue
      }
      request.verb = change.verb.rawValue
      requests.append(request)
      count += possible.count
      all.formUnion(possible)
    }
    state = all.count == 1 ? all.first : nil
    if count == 0 { throw ExitStatus.refused }
  }

  private static func whyNot(_ id: String, _ states: [String], _ change: QueueChange) -> String? {
    states.first.flatMap { JobState(named: $0) }.map { change.whyNot(id, $0) }
  }

  /// Those that a filter lets through.
  init(_ filter: QueueRequest, _ change: QueueChange, _ daemon: QueueDaemon) throws {
    var request = filter
    request.withBody = change.needsBody
    requests = [request]
    state = filter.state
    whose = filter.route.map { " of \($0)" } ?? ", of all routes"
    let found = try Self.count(request, daemon)
    count = found.count
    guard count == 0 else { return }
    complain(found.nothing ?? "no stored delivery matches")
    // What is to be gone is gone.
    throw change == .purge ? ExitCode.success : ExitStatus.refused
  }

  private static func count(_ request: QueueRequest, _ daemon: QueueDaemon) throws -> QueueAnswer {
    var counting = request
    counting.verb = QueueRequest.Verb.count.rawValue
    return try daemon.ask(counting)
  }
}
