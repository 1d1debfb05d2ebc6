internal import Formats
internal import HTTP

/// The attempts of one delivery: who gets it, and whose response counts. It has no sender: what is for one goes
/// through a relay, where there is one.
final class Attempts: AttemptObserver {
  enum Result {
    case answered(by: Int, ResponseHead)
    case failed(by: Int, ForwardFailure)
    /// The response broke off when part of it had been relayed already.
    case brokeOff(by: Int, ForwardFailure)
  }

  /// What is known of the attempt at one of the route's upstreams.
  private struct AttemptState {
    var attempt: (any Attempt)?
    var response: ResponseHead?
    /// Whether it waits: for the decision, or for the sender to take more.
    var isPaused = false
    var isFinished = false
    var failure: ForwardFailure?

    /// Whether its part in the decision is known: complete, failed, or too long to be buffered.
    var isSettled: Bool { isFinished || isPaused }
    var isGood: Bool { failure == nil && response?.isSuccess == true }
  }

  let request: ForwardRequest
  private let route: Route
  private let forwarder: any Forwarder
  private let recorder: any Recorder
  private let arrival: Moment
  private let relay: ResponseRelay?
  private let finish: (Result) -> Void
  private var states: [AttemptState]
  private var chosen: Int?
  private var isOver = false
  /// How many have been started.
  private(set) var count = 0

  /// - Parameters:
  ///   - arrival: the delivery's, for the record of each attempt.
  ///   - relay: nil where nobody waits for a response's body: it is read to its end and forgotten.
  init(
    _ request: ForwardRequest, route: Route, forwarder: any Forwarder, recorder: any Recorder,
    arrival: Moment, relay: ResponseRelay?, finish: @escaping (Result) -> Void
  ) {
    self.request = request
    self.route = route
    self.forwarder = forwarder
    self.recorder = recorder
    self.arrival = arrival
    self.relay = relay
    self.finish = finish
    states = route.upstreams.map { _ in AttemptState() }
  }

  func start() {
    switch route.deliver {
    case .first: start(0)
    case .all: for index in states.indices { start(index) }
    }
  }

  /// Lets the response that is being relayed flow again.
  func resume() {
    if let chosen { resume(chosen) }
  }

  /// The response that counts, as soon as that is known.
  var response: (by: Int, ResponseHead)? {
    guard let chosen, let response = states[chosen].response else { return nil }
    return (chosen, response)
  }

  /// Whether no upstream holds the request any more, so that its body can be used again.
  var isIdle: Bool { states.indices.allSatisfy { states[$0].attempt == nil } }

  func cancel() {
    isOver = true
    for (index, state) in states.enumerated() where !state.isFinished {
      guard let attempt = state.attempt else { continue }
      attempt.cancel()
      record(index, .failed(.cancelled))
    }
  }

  private func start(_ index: Int) {
    count += 1
    states[index].attempt = forwarder.start(
      request, to: route.upstreams[index], observer: self, index: index)
  }

  private func record(_ index: Int, _ end: AttemptEnd) {
    recorder.recordAttempt(at: route.upstreams[index], end: end, arrival: arrival)
  }

  private func resume(_ index: Int) {
    guard states[index].isPaused else { return }
    states[index].isPaused = false
    states[index].attempt?.resume()
  }

  // MARK: What the attempts say

  func attempt(_ index: Int, answered response: ResponseHead) { states[index].response = response }

  func attempt(_ index: Int, received bytes: UnsafeRawBufferPointer) -> Flow {
    if isOver || (chosen != nil && chosen != index) || isNeverRelayed(index) { return .more }
    guard let relay else { return .more }
    if relay.isStreaming {
      if states[index].isPaused { return .pause }
      // The sender takes every part; it only asks for a pause before the next.
      states[index].isPaused = relay.write(bytes) == .pause
      return .more
    }
    if relay.buffer(bytes, of: index) { return .more }
    states[index].isPaused = true
    decide()
    return states[index].isPaused ? .pause : attempt(index, received: bytes)
  }

  /// With `all`, only the first upstream's success reaches the sender. Another one's body is read to its end
  /// and forgotten, however long it is: only then is it known to have succeeded.
  private func isNeverRelayed(_ index: Int) -> Bool {
    route.deliver == .all && index > 0 && states[index].response?.isSuccess == true
  }

  func attempt(_ index: Int, finished failure: ForwardFailure?) {
    states[index].isFinished = true
    states[index].isPaused = false
    states[index].failure = failure
    states[index].attempt = nil
    let status = states[index].response?.status
    if let failure { record(index, .failed(failure.kind)) } else { record(index, .answered(status ?? 0)) }
    guard !isOver else { return }
    if relay?.isStreaming == true {
      if index == chosen { endStream(index, failure) }
      return
    }
    if route.deliver == .first, let failure, failure.isSafeToRetry, index + 1 < states.count {
      return start(index + 1)
    }
    decide()
  }

  // MARK: Whose response counts

  /// For `first`, the last attempt's. For `all`, the first one's when all gave 2xx, else that of the first
  /// failing one in the list's order.
  private func decide() {
    guard chosen == nil, !isOver else { return }
    let index: Int
    switch route.deliver {
    case .first:
      index = count - 1
    case .all:
      guard states.allSatisfy(\.isSettled) else { return }
      index = states.firstIndex { !$0.isGood } ?? 0
    }
    choose(index)
  }

  private func choose(_ index: Int) {
    chosen = index
    for other in states.indices where other != index {
      relay?.drop(other)
      resume(other)
    }
    if let failure = states[index].failure { return end(.failed(by: index, failure)) }
    guard let response = states[index].response else { return }
    if states[index].isFinished { return end(.answered(by: index, response)) }
    if relay?.begin(response, of: index) == .more { resume(index) }
  }

  private func endStream(_ index: Int, _ failure: ForwardFailure?) {
    if let failure { return end(.brokeOff(by: index, failure)) }
    guard let response = states[index].response else { return }
    end(.answered(by: index, response))
  }

  private func end(_ result: Result) {
    isOver = true
    finish(result)
  }
}
