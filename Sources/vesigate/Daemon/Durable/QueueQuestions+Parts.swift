internal import Formats
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
      return .refused(isKnown ? Self.gone(id) : Self.unknown(id), .absent)
    }
    guard let delivery = try? Sealer(keys: store.sealKeys).check(claim) else {
      return .refused(Self.unsealed(id), .unsealed)
    }
    let whole =
      verb == .body ? delivery.body : try StoredRequest(delivery).saved(target: delivery.facts.target)
    var answer = QueueAnswer()
    answer.count = 1
    answer.part = QueueAnswer.Part(of: whole, from: request.offset ?? 0, stored: .init(delivery))
    tellRead(verb, id, request, caller)
    return answer
  }

  /// What is known of a delivery, and its request without its body; where both are gone, what is known alone.
  func head(
    _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest, _ caller: QueueCaller,
    _ store: Store
  ) throws -> QueueAnswer {
    guard caller.maySeeBodies else {
      return .refused("heads are for root and the daemon's own user", .permission)
    }
    guard let id = filter.id else { return .refused("head takes the id of a delivery") }
    let reader = try StoreReader(path)
    guard let known = try reader.known(id) else { return .refused(Self.unknown(id), .absent) }
    var answer = QueueAnswer()
    answer.count = 1
    var (stored, head) = (QueueAnswer.Stored(known), [UInt8]())
    if let claim = try reader.delivery(id) {
      guard let delivery = try? Sealer(keys: store.sealKeys).check(claim) else {
        return .refused(Self.unsealed(id), .unsealed)
      }
      stored = QueueAnswer.Stored(delivery)
      head = try StoredRequest(delivery).savedHead(target: delivery.facts.target)
    } else {
      answer.message = Self.gone(id)
    }
    stored.dedupeKey = known.dedupeKey.map { Hex.encode($0) }
    stored.dedupeUntil = known.dedupeUntil
    answer.part = QueueAnswer.Part(of: head, from: request.offset ?? 0, stored: stored)
    tellRead(.head, id, request, caller)
    return answer
  }

  private func tellRead(
    _ verb: QueueRequest.Verb, _ id: PublicID, _ request: QueueRequest, _ caller: QueueCaller
  ) {
    guard (request.offset ?? 0) == 0 else { return }
    logger.info(
      "a stored delivery was read by an operator",
      metadata: ["read": "\(verb.rawValue)", "delivery": "\(id)", "uid": "\(caller.userText)"])
  }

  private static func gone(_ id: PublicID) -> String {
    "the body of \(id) is gone: it was delivered or called off, and its time is over"
  }

  private static func unknown(_ id: PublicID) -> String { "no delivery has the id \(id)" }

  private static func unsealed(_ id: PublicID) -> String {
    "\(id) is not what was stored: its seal is broken, or its key is not here"
  }
}

extension QueueCaller {
  /// For the log.
  var userText: String { user.map { "\($0)" } ?? "?" }
}
