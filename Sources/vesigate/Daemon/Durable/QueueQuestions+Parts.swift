internal import Gateway
internal import Logging
internal import Operations
internal import Queue

/// Bodies, for those alone who may see them.
extension QueueQuestions {
  func part(
    _ verb: QueueRequest.Verb, _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest,
    _ caller: QueueCaller, _ store: Store
  ) throws -> QueueAnswer {
    guard caller.maySeeBodies else {
      return .refused("bodies are for root and the daemon's own user", .permission)
    }
    guard let id = filter.id else { return .refused("\(verb.rawValue) takes the id of a delivery") }
    let reader = try StoreReader(path)
    guard let claim = try reader.delivery(id) else {
      let isKnown = try reader.count(.init(id: id)) > 0
      return .refused(
        isKnown
          ? "the body of \(id) is gone: it was delivered or called off, and its time is over"
          : "no delivery has the id \(id)", .absent)
    }
    guard let delivery = try? Sealer(keys: store.sealKeys).check(claim) else {
      return .refused("\(id) is not what was stored: its seal is broken, or its key is not here", .unsealed)
    }
    let whole =
      verb == .body ? delivery.body : try StoredRequest(delivery).saved(target: delivery.facts.target)
    var answer = QueueAnswer()
    answer.count = 1
    answer.part = QueueAnswer.Part(of: whole, from: request.offset ?? 0, stored: .init(delivery))
    if (request.offset ?? 0) == 0 {
      logger.info(
        "a stored delivery was read by a command",
        metadata: ["read": "\(verb.rawValue)", "delivery": "\(id)", "uid": "\(caller.userText)"])
    }
    return answer
  }
}

extension QueueCaller {
  /// For the log.
  var userText: String { user.map { "\($0)" } ?? "?" }
}
