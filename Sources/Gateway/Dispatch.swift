internal import Formats

/// The attempts of one delivery: who gets it, whose answer counts, and how the answer flows back.
///
/// Answers up to `heldBytesMax` are handed back once they are complete, so that one cut off by its upstream
/// becomes a 502 and not a broken reply; longer ones are streamed.
final class Dispatch: AttemptObserver {
  static let heldBytesMax = 65_536

  /// What the exchange hears.
  enum Result {
    case answered(by: Int, Answer)
    case failed(by: Int, ForwardFailure)
    /// The answer broke off when part of it had been handed back already.
    case brokeOff(by: Int, ForwardFailure)
  }

  /// Where each attempt's end is counted.
  struct Accounts {
    let recorder: any Recorder
    let arrival: Moment
  }

  private struct Lot {
    var attempt: (any Attempt)?
    var answer: Answer?
    var held: [UInt8] = []
    var isHolding = false
    var isFinished = false
    var failure: ForwardFailure?

    /// Whether its part in the decision is known: complete, failed, or too long to be held.
    var isSettled: Bool { isFinished || isHolding }
    var isGood: Bool { failure == nil && answer?.isSuccess == true }
  }

  let request: ForwardRequest
  private let route: Route
  private let forwarder: any Forwarder
  private let reply: any ReplySink
  private let accounts: Accounts
  private let finish: (Result) -> Void
  private var lots: [Lot]
  private var chosen: Int?
  /// Whether part of an answer has been handed back.
  private(set) var isStreaming = false
  private var isOver = false
  private(set) var attempts = 0

  init(
    _ request: ForwardRequest, route: Route, forwarder: any Forwarder, reply: any ReplySink,
    accounts: Accounts, finish: @escaping (Result) -> Void
  ) {
    self.request = request
    self.route = route
    self.forwarder = forwarder
    self.reply = reply
    self.accounts = accounts
    self.finish = finish
    lots = [Lot](repeating: Lot(), count: route.upstreams.count)
  }

  func start() {
    switch route.deliver {
    case .first: startAttempt(0)
    case .all: for tag in lots.indices { startAttempt(tag) }
    }
  }

  /// The sender takes bytes again.
  func replyDrained() {
    if let chosen { resume(chosen) }
  }

  /// Whose answer is being handed back in parts.
  var streamed: (by: Int, Answer)? {
    guard isStreaming, let chosen, let answer = lots[chosen].answer else { return nil }
    return (chosen, answer)
  }

  /// Whether no upstream holds the request any more, so that its body can be used again.
  var isIdle: Bool { lots.indices.allSatisfy { lots[$0].attempt == nil } }

  func cancel() {
    isOver = true
    for (tag, lot) in lots.enumerated() where !lot.isFinished {
      guard let attempt = lot.attempt else { continue }
      attempt.cancel()
      count(tag, .failed(.cancelled))
    }
  }

  private func startAttempt(_ tag: Int) {
    attempts += 1
    lots[tag].attempt = forwarder.start(request, to: route.upstreams[tag], observer: self, tag: tag)
  }

  private func count(_ tag: Int, _ end: AttemptEnd) {
    accounts.recorder.recordAttempt(at: route.upstreams[tag], end: end, arrival: accounts.arrival)
  }

  private func resume(_ tag: Int) {
    guard lots[tag].isHolding else { return }
    lots[tag].isHolding = false
    lots[tag].attempt?.resume()
  }

  // MARK: What the attempts say

  func attempt(_ tag: Int, answered answer: Answer) { lots[tag].answer = answer }

  func attempt(_ tag: Int, received bytes: UnsafeRawBufferPointer) -> Flow {
    if isOver || (chosen != nil && chosen != tag) || isNeverHandedBack(tag) { return .more }
    if isStreaming {
      if lots[tag].isHolding { return .hold }
      // The sink takes every part; it only asks for a pause before the next.
      lots[tag].isHolding = reply.write(bytes) == .hold
      return .more
    }
    if lots[tag].held.count + bytes.count <= Self.heldBytesMax {
      lots[tag].held.append(contentsOf: bytes)
      return .more
    }
    lots[tag].isHolding = true
    decide()
    return lots[tag].isHolding ? .hold : attempt(tag, received: bytes)
  }

  /// With `all`, only the first upstream's success reaches the sender. Another one's body is read to its end
  /// and forgotten, however long it is: only then is it known to have succeeded.
  private func isNeverHandedBack(_ tag: Int) -> Bool {
    route.deliver == .all && tag > 0 && lots[tag].answer?.isSuccess == true
  }

  func attempt(_ tag: Int, finished failure: ForwardFailure?) {
    lots[tag].isFinished = true
    lots[tag].isHolding = false
    lots[tag].failure = failure
    lots[tag].attempt = nil
    let status = lots[tag].answer?.status
    if let failure { count(tag, .failed(failure.kind)) } else { count(tag, .answered(status ?? 0)) }
    guard !isOver else { return }
    if isStreaming {
      if tag == chosen { finishStream(tag, failure) }
      return
    }
    if route.deliver == .first, let failure, failure.isSafeToRetry, tag + 1 < lots.count {
      return startAttempt(tag + 1)
    }
    decide()
  }

  // MARK: Whose answer it is

  /// For `first`, the last attempt's. For `all`, the first one's when all gave 2xx, else that of the first
  /// failing one in the list's order.
  private func decide() {
    guard chosen == nil, !isOver else { return }
    let tag: Int
    switch route.deliver {
    case .first:
      tag = attempts - 1
    case .all:
      guard lots.allSatisfy(\.isSettled) else { return }
      tag = lots.firstIndex { !$0.isGood } ?? 0
    }
    choose(tag)
  }

  private func choose(_ tag: Int) {
    chosen = tag
    for other in lots.indices where other != tag {
      lots[other].held = []
      resume(other)
    }
    if let failure = lots[tag].failure { return end(.failed(by: tag, failure)) }
    guard let answer = lots[tag].answer else { return }
    if lots[tag].isFinished {
      lots[tag].held.withUnsafeBytes { reply.send(answer, body: $0) }
      return end(.answered(by: tag, answer))
    }
    beginStream(tag, answer)
  }

  private func beginStream(_ tag: Int, _ answer: Answer) {
    isStreaming = true
    reply.begin(answer)
    let flow = lots[tag].held.withUnsafeBytes { reply.write($0) }
    lots[tag].held = []
    if flow == .more { resume(tag) }
  }

  private func finishStream(_ tag: Int, _ failure: ForwardFailure?) {
    if let failure {
      // The record first: the abort ends the connection, and that would be taken for the sender's doing.
      end(.brokeOff(by: tag, failure))
      return reply.abort()
    }
    reply.end()
    guard let answer = lots[tag].answer else { return }
    end(.answered(by: tag, answer))
  }

  private func end(_ result: Result) {
    isOver = true
    finish(result)
  }
}
