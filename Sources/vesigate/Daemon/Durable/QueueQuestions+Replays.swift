internal import Formats
internal import Gateway
internal import Logging
internal import Operations
internal import POSIX
internal import Queue

/// Replays, and the clock by which is deleted.
extension QueueQuestions {
  func replays(_ store: Store) -> QueueAnswer {
    var answer = QueueAnswer()
    // The newest first, as everything is listed.
    answer.replays = store.status.counters.replays.reversed().map(row)
    answer.count = answer.replays.count
    return answer
  }

  private func row(_ replay: Replay) -> QueueAnswer.Replay {
    let waits = replay.state == .running ? durable.replays?.waits(replay.number) : nil
    return QueueAnswer.Replay(replay, waits: waits)
  }

  private func answer(_ replay: Replay) -> QueueAnswer {
    var answer = QueueAnswer()
    answer.count = 1
    answer.replays = [row(replay)]
    return answer
  }

  func beginReplay(
    _ path: String, _ filter: StoreReader.Filter, _ request: QueueRequest, _ caller: QueueCaller,
    _ store: Store
  ) async throws -> QueueAnswer {
    guard let rate = request.rate, QueueRequest.rates.contains(rate) else {
      return .refused(
        "a replay moves from \(QueueRequest.rates.lowerBound) to \(QueueRequest.rates.upperBound) a second")
    }
    var meant = filter
    meant.state = filter.state ?? .dead
    let filter = meant
    let total = try await durable.onThread { try StoreReader(path).count(filter) }
    let order = ReplayOrder(
      filter, asOf: Clocks.now().unixMilliseconds, total: total, user: caller.user.map { Int64($0) })
    guard let order else { return .refused("only what is dead, delivered or cancelled can be sent again") }
    let begun: ReplayAnswer = try await withCheckedThrowingContinuation { continuation in
      store.begin(order, rate: rate, for: DirectCaller()) { continuation.resume(with: $0) }
    }
    switch begun {
    case .begun(let replay):
      tell("a replay was begun by a command", replay, caller)
      return answer(replay)
    case .already(let replay):
      var known = answer(replay)
      // Whoever repeats a command is told so.
      known.count = 0
      return known
    case .tooMany:
      return .refused("as many replays are under way as may be: vesigate queue replays shows them")
    }
  }

  func change(
    _ request: QueueRequest, _ event: ReplayState.Event, _ caller: QueueCaller, _ store: Store
  ) async throws -> QueueAnswer {
    guard let number = request.replay else { return .refused("\(request.verb) takes the number of a replay") }
    let changed: Replay? = try await withCheckedThrowingContinuation { continuation in
      store.change(replay: number, event, for: DirectCaller()) { continuation.resume(with: $0) }
    }
    guard let changed else {
      let state = store.status.counters.replays.first { $0.number == number }?.state.name
      return .refused(
        state.map { "replay \(number) is \($0)" } ?? "there is no replay \(number), or no longer", .absent)
    }
    tell("a replay was changed by an operator", changed, caller)
    return answer(changed)
  }

  private func tell(_ message: Logger.Message, _ replay: Replay, _ caller: QueueCaller) {
    logger.notice(
      message,
      metadata: [
        "replay": "\(replay.number)", "state": "\(replay.state.name)", "moved": "\(replay.moved)",
        "total": "\(replay.order.total)", "rate": "\(replay.rate)", "uid": "\(caller.userText)",
        "route": "\(replay.order.route ?? "")",
      ])
  }

  func prune(_ store: Store, _ caller: QueueCaller) -> QueueAnswer {
    let wasTrusted = store.status.isClockTrusted
    store.pruneNow()
    logger.notice(
      "the clock was confirmed by a command: what is old by it is deleted",
      metadata: ["uid": "\(caller.userText)"])
    var answer = QueueAnswer()
    answer.message =
      wasTrusted
      ? "the clock was believed already; what is old by it is deleted now"
      : "the clock is believed from now on; what is old by it is deleted"
    return answer
  }
}
