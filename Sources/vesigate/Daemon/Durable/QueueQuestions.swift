internal import Gateway
internal import Logging
internal import Operations
internal import Queue

/// What operators ask about stored deliveries, and have done with them.
struct QueueQuestions: Sendable {
  /// What pages wait for, each of the two questions that they ask.
  private static let hurriedMilliseconds: UInt64 = 50
  /// Of those that are counted one by one.
  private static let countMax = 100_000

  let durable: DurableDelivery
  let logger: Logger

  func answer(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer {
    guard let path = durable.path, let store = durable.store else { return .refused(durable.absence) }
    guard let verb = QueueRequest.Verb(rawValue: request.verb) else {
      return .refused("the daemon does not know \(request.verb): it is another version")
    }
    guard let filter = StoreReader.Filter(request) else {
      return .refused("there is no such state, or no such id")
    }
    if let refusal = Self.whyNot(verb, request, caller) { return refusal }
    do {
      switch verb {
      case .list: return try await durable.onThread { try list(path, filter, request) }
      case .count: return try await durable.onThread { try count(path, filter, request) }
      case .show: return try await durable.onThread { try show(path, filter, caller) }
      case .replay, .retry, .cancel, .purge, .resume:
        return try await change(verb, path, filter, request, caller, store)
      case .head: return try await durable.onThread { try head(path, filter, request, caller, store) }
      case .body, .export:
        return try await durable.onThread { try part(verb, path, filter, request, caller, store) }
      case .prune: return prune(store, caller)
      case .replays: return replays(store)
      case .replayBegin: return try await beginReplay(path, filter, request, caller, store)
      case .replayPause: return try await change(request, .pause, caller, store)
      case .replayResume: return try await change(request, .resume, caller, store)
      case .replayStop: return try await change(request, .stop, caller, store)
      }
    } catch {
      return .refused(DurableDelivery.sentence(on: error))
    }
  }

  /// Whoever searches bodies learns what is in them.
  private static func whyNot(
    _ verb: QueueRequest.Verb, _ request: QueueRequest, _ caller: QueueCaller
  ) -> QueueAnswer? {
    guard let text = request.text else { return nil }
    guard caller.maySeeBodies else {
      return .refused("bodies are for root and the daemon's own user", .permission)
    }
    guard verb != .replayBegin else {
      return .refused("a replay at a rate goes by what is known of deliveries, not by a text in their bodies")
    }
    guard 1...QueueRequest.textBytesMax ~= text.utf8.count else {
      return .refused("a text to search for has from 1 to \(QueueRequest.textBytesMax) bytes")
    }
    return nil
  }

  private func page(
    _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest, isChange: Bool = false
  ) throws -> StoreReader.Page {
    let limit = min(max(request.limit, 1), QueueRequest.pageMax)
    let place: StoreReader.Place =
      if let after = request.after, !isChange { .after(after) } else { .before(request.before) }
    return try StoreReader(path).page(
      filter, place, limit: limit, text: request.text.map { Array($0.utf8) },
      millisecondsMax: request.isHurried && !isChange ? Self.hurriedMilliseconds : nil)
  }

  private func list(
    _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest
  ) throws -> QueueAnswer {
    let page = try self.page(path, filter, request)
    var answer = QueueAnswer()
    let pauses = durable.pauses
    answer.jobs = page.lines.map { line in
      var job = QueueAnswer.Job(line)
      if line.state == .queued { job.pausedUntil = pauses[line.lane] }
      return job
    }
    answer.count = answer.jobs.count
    answer.before = page.before
    answer.after = page.after
    answer.looked = page.looked
    answer.isCut = page.isCut
    if page.lines.isEmpty { answer.message = durable.unknown(route: request.route) ?? "" }
    return answer
  }

  private func count(
    _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest
  ) throws -> QueueAnswer {
    var answer = QueueAnswer()
    if request.text == nil, request.countMax == nil, !request.isHurried {
      answer.count = try StoreReader(path).count(filter)
    } else {
      let found = try StoreReader(path).count(
        filter, upTo: min(max(request.countMax ?? .max, 1), Self.countMax),
        text: request.text.map { Array($0.utf8) },
        millisecondsMax: request.isHurried ? Self.hurriedMilliseconds : nil)
      answer.count = found.count
      answer.looked = found.looked
      answer.isCut = found.isCut
    }
    if answer.count == 0 { answer.message = durable.unknown(route: request.route) ?? "" }
    return answer
  }

  private func show(_ path: String, _ filter: StoreReader.Filter, _ caller: QueueCaller) throws -> QueueAnswer
  {
    guard filter.id != nil else { return .refused("show takes the id of a delivery") }
    let reader = try StoreReader(path)
    var answer = QueueAnswer()
    let pauses = durable.pauses
    answer.jobs = try reader.list(filter, limit: QueueRequest.pageMax).map { line in
      var job = QueueAnswer.Job(line)
      if line.state == .queued { job.pausedUntil = pauses[line.lane] }
      job.tries = try reader.attempts(of: line.job).map { .init($0, withAnswer: caller.maySeeBodies) }
      return job
    }
    answer.count = answer.jobs.count
    return answer
  }

  // MARK: Changes

  private func change(
    _ verb: QueueRequest.Verb, _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest,
    _ caller: QueueCaller, _ store: Store
  ) async throws -> QueueAnswer {
    let page = try await durable.onThread { try self.page(path, filter, request, isChange: true) }
    // Its count has not seen them all: what is changed would be others than those that were counted.
    guard !page.isCut else {
      return .refused("a text is searched for among \(StoreReader.searchedMax) deliveries: narrow it down")
    }
    let jobs = page.lines.map(\.job)
    let changed: Int = try await withCheckedThrowingContinuation { continuation in
      let end = { @Sendable (result: Result<Int, StoreRefusal>) in continuation.resume(with: result) }
      switch verb {
      case .purge: store.purge(jobs, for: DirectCaller(), then: end)
      case .retry: store.hurry(jobs, for: DirectCaller(), then: end)
      case .cancel: store.change(jobs, .cancel, for: DirectCaller(), then: end)
      case .resume: store.change(jobs, .resume, for: DirectCaller(), then: end)
      default: store.change(jobs, .replay, for: DirectCaller(), then: end)
      }
    }
    if verb == .retry { durable.dispatcher?.probe(Set(page.lines.map(\.lane))) }
    // What is queued by now is due at once.
    durable.dispatcher?.survey()
    if changed > 0 {
      logger.notice(
        "stored deliveries were changed by an operator",
        metadata: [
          "change": "\(request.verb)", "count": "\(changed)", "uid": "\(caller.userText)",
          "id": "\(request.id ?? "")", "route": "\(request.route ?? "")",
        ])
    }
    var answer = QueueAnswer()
    answer.count = changed
    answer.before = page.before
    return answer
  }
}

/// Answers where the store is: whoever waits goes on by himself.
final class DirectCaller: StoreCaller {
  func execute(_ work: @escaping @Sendable () -> Void) { work() }
}

extension StoreReader.Filter {
  /// Nil where a word of it means nothing.
  fileprivate init?(_ request: QueueRequest) {
    self.init(
      route: request.route, upstream: request.upstream, status: request.status, reason: request.reason,
      since: request.since, until: request.until, secret: request.secret)
    withBody = request.withBody
    if let name = request.state {
      guard let state = JobState(named: name) else { return nil }
      self.state = state
    }
    if let text = request.id {
      guard let id = PublicID(text) else { return nil }
      self.id = id
    }
  }
}
