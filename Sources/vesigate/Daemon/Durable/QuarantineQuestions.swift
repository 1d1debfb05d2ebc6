internal import Configuration
internal import Formats
internal import Gateway
internal import Logging
internal import Operations
internal import Queue

/// What operators ask about the quarantine, and have done with it.
struct QuarantineQuestions: Sendable {
  let durable: DurableDelivery
  let releaser: QuarantineReleaser
  let rechecker: SecretRechecker
  let store: ConfigurationStore
  let logger: Logger

  func answer(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer {
    guard let path = durable.path, let store = durable.store else { return .refused(durable.absence) }
    guard let verb = QuarantineRequest.Verb(rawValue: request.verb) else {
      return .refused("the daemon does not know \(request.verb): it is another version")
    }
    guard let filter = StoreReader.QuarantineFilter(request) else { return .refused("there is no such id") }
    do {
      switch verb {
      case .list: return try await durable.onThread { try list(path, filter, request) }
      case .count: return try await durable.onThread { try count(path, filter, request) }
      case .show: return try await durable.onThread { try show(path, filter, caller) }
      case .release: return try await release(filter, request, caller)
      case .drop: return try await drop(path, filter, request, caller, store)
      }
    } catch {
      return .refused(DurableDelivery.sentence(on: error))
    }
  }

  private func list(
    _ path: String, _ filter: StoreReader.QuarantineFilter, _ request: QuarantineRequest
  ) throws -> QuarantineAnswer {
    let limit = min(max(request.limit, 1), QuarantineRequest.pageMax)
    let lines = try StoreReader(path).quarantined(filter, before: request.from, limit: limit)
    var answer = QuarantineAnswer()
    answer.deliveries = lines.map { QuarantineAnswer.Delivery($0) }
    answer.count = lines.count
    answer.next = lines.count == limit ? lines.last?.ticket.row : nil
    if lines.isEmpty { answer.message = durable.unknown(route: request.route) ?? "" }
    return answer
  }

  private func count(
    _ path: String, _ filter: StoreReader.QuarantineFilter, _ request: QuarantineRequest
  ) throws -> QuarantineAnswer {
    var answer = QuarantineAnswer()
    answer.count = try StoreReader(path).countQuarantined(filter)
    if answer.count == 0 { answer.message = durable.unknown(route: request.route) ?? "" }
    return answer
  }

  private func show(
    _ path: String, _ filter: StoreReader.QuarantineFilter, _ caller: QueueCaller
  ) throws -> QuarantineAnswer {
    guard filter.id != nil else { return .refused("show takes an id") }
    var answer = QuarantineAnswer()
    for row in try StoreReader(path).rows(filter, after: 0, limit: 1, bytesMax: .max) {
      var delivery = QuarantineAnswer.Delivery(row.delivery)
      if let keys = durable.store?.sealKeys { facts(row.delivery, keys, caller, into: &delivery) }
      answer.deliveries.append(delivery)
    }
    answer.count = answer.deliveries.count
    return answer
  }

  /// What a sender wrote is for the eyes of those who may see bodies.
  private func facts(
    _ row: QuarantinedDelivery, _ keys: SealKeys, _ caller: QueueCaller,
    into delivery: inout QuarantineAnswer.Delivery
  ) {
    let route = store.loaded.snapshot.routes.all.first { $0.name == row.route }
    guard let facts = try? Sealer(keys: keys).facts(row, route) else {
      delivery.remark = "it is not what was kept"
      return
    }
    delivery.remote = facts.remote
    delivery.requestID = facts.requestID
    guard caller.maySeeBodies else { return }
    delivery.request = "\(facts.method) \(facts.target)"
    delivery.fields = facts.fields.map { "\($0.name): \($0.value)" }
  }

  // MARK: Changes

  private func release(
    _ filter: StoreReader.QuarantineFilter, _ request: QuarantineRequest, _ caller: QueueCaller
  ) async throws -> QuarantineAnswer {
    // A file that was replaced by hand is taken when a delivery fails, and none may have come since.
    if request.from == nil { await rechecker.lookAtAll() }
    await releaser.noteRevoked(self.store.revoked)
    let summary = try await releaser.page(filter, after: request.from ?? 0, isDry: request.isDry)
    if !request.isDry { tell("release", summary.released + summary.duplicates, request, caller) }
    var answer = QuarantineAnswer()
    answer.count = summary.released
    answer.duplicates = summary.duplicates
    answer.unverified = summary.unverified
    answer.revoked = summary.revoked
    answer.waiting = summary.waiting
    answer.broken = summary.broken
    answer.next = summary.after
    return answer
  }

  private func drop(
    _ path: String, _ filter: StoreReader.QuarantineFilter, _ request: QuarantineRequest,
    _ caller: QueueCaller, _ store: Store
  ) async throws -> QuarantineAnswer {
    let limit = QuarantineRequest.pageMax
    let lines = try await durable.onThread {
      try StoreReader(path).quarantined(filter, before: request.from, limit: limit)
    }
    let dropped: Int = try await withCheckedThrowingContinuation { continuation in
      store.drop(lines.map(\.ticket), for: DirectCaller()) { continuation.resume(with: $0) }
    }
    tell("drop", dropped, request, caller)
    var answer = QuarantineAnswer()
    answer.count = dropped
    answer.next = lines.count == limit ? lines.last?.ticket.row : nil
    return answer
  }

  private func tell(_ change: String, _ count: Int, _ request: QuarantineRequest, _ caller: QueueCaller) {
    guard count > 0 else { return }
    logger.notice(
      "the quarantine was changed by an operator",
      metadata: [
        "change": "\(change)", "count": "\(count)", "uid": "\(caller.userText)",
        "id": "\(request.id ?? "")", "route": "\(request.route ?? "")",
      ])
  }
}

extension StoreReader.QuarantineFilter {
  /// Nil where the id is none.
  fileprivate init?(_ request: QuarantineRequest) {
    self.init(route: request.route, reason: request.reason, since: request.since, until: request.until)
    guard let text = request.id else { return }
    var bytes: [UInt8] = []
    let isWhole = Array(text.utf8).withUnsafeBytes { digits in
      Hex.decode(digits) {
        bytes.append($0); return true
      }
    }
    guard isWhole, bytes.count == StoreReader.quarantineIDBytes else { return nil }
    id = bytes
  }
}

extension QuarantineAnswer.Delivery {
  fileprivate init(_ line: StoreReader.QuarantineLine) {
    self.init()
    id = line.ticket.id
    route = line.route
    arrived = line.arrived
    reason = line.reason
    bodyBytes = line.bodyBytes
  }

  fileprivate init(_ row: QuarantinedDelivery) {
    self.init()
    id = row.id
    route = row.route
    arrived = row.arrived
    reason = row.reason
    bodyBytes = row.body.count
  }
}
