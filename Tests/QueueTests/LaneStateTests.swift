import Formats
import Foundation
import Gateway
import HTTP
import Signing
import TestSupport
import Testing

@testable import Queue

/// Who may be sent to, and when: lanes by themselves, with time as an argument.
@Suite struct LaneStateTests {
  private static let second: UInt64 = 1_000_000_000

  private func lane(_ change: (inout DurableSettings) -> Void = { _ in }) -> LaneState {
    var durable = DurableSettings()
    change(&durable)
    return LaneState(LaneSettings(Self.route(durable)))
  }

  private static func route(_ durable: DurableSettings?) -> Route {
    Route(
      path: PathPattern("/hook")!, secretFileIndex: 0,
      upstreams: [Upstream(name: "app", host: "app", port: 80)], durable: durable)
  }

  @Test func `leave is given one at first, then twice as often with each success, up to the bound`() {
    var lane = lane { $0.concurrentMax = 4 }
    for most in [1, 2, 4, 4] {
      let permits = lane.reserve(100, at: 0)
      #expect(permits.count == most)
      #expect(lane.reserve(1, at: 0).isEmpty)
      for (index, permit) in permits.enumerated() { lane.end(permit, index == 0 ? .alive : .notMade, at: 0) }
    }
    #expect(lane.slots.underWay == 0)
  }

  @Test func `failures pause it, and behind the pause one attempt is made`() {
    var lane = lane {
      $0.concurrentMax = 8
      ($0.breaker.failures, $0.breaker.firstSeconds) = (2, 3)
    }
    for _ in 0..<3 { for permit in lane.reserve(100, at: 0) { lane.end(permit, .alive, at: 0) } }
    for _ in 0..<2 { lane.end(lane.reserve(1, at: 0)[0], .failed(pausedUntil: nil), at: 0) }
    #expect(lane.reserve(1, at: 2 * Self.second).isEmpty)
    let probes = lane.reserve(100, at: 3 * Self.second)
    #expect(probes.count == 1 && probes[0].isProbe)
    lane.end(probes[0], .alive, at: 3 * Self.second)
    #expect(lane.reserve(100, at: 3 * Self.second).count == 2)
  }

  @Test func `an app that asks all to wait is left alone until then`() {
    var lane = lane()
    lane.end(lane.reserve(1, at: 0)[0], .failed(pausedUntil: 10 * Self.second), at: 0)
    #expect(lane.reserve(1, at: 9 * Self.second).isEmpty)
    #expect(lane.reserve(1, at: 10 * Self.second).count == 1)
  }

  @Test func `what came in since the store was asked is not forgotten by its answer`() {
    var lane = lane()
    lane.wait(until: 5)
    let asked = lane.arrivals
    lane.learn(nextDue: nil, askedAt: asked)
    #expect(lane.nextDue == nil)
    lane.wait(until: 7)
    lane.learn(nextDue: nil, askedAt: asked)
    #expect(lane.nextDue == 7 && lane.isDue(at: 7) && !lane.isDue(at: 6))
    lane.learn(nextDue: 6, askedAt: asked)
    #expect(lane.nextDue == 6)
    lane.learn(nextDue: 9, askedAt: lane.arrivals)
    #expect(lane.nextDue == 9)
  }

  @Test func `one that has left the configuration gives no leave, and takes back what was given`() {
    var lane = lane()
    let permit = lane.reserve(1, at: 0)[0]
    lane.adopt(nil)
    #expect(lane.reserve(1, at: 0).isEmpty && lane.slots.underWay == 1)
    lane.end(permit, .alive, at: 0)
    #expect(lane.slots.underWay == 0)
    lane.adopt(LaneSettings(Self.route(nil)))
    #expect(!lane.reserve(1, at: 0).isEmpty)
  }

  @Test func `whatever happens, as many places are taken as attempts are under way`() {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<200 {
      var lane = lane { $0.concurrentMax = Int.random(in: 1...6, using: &generator) }
      var now: UInt64 = 0
      var given: [Breaker.Permit] = []
      for _ in 0..<200 {
        now += UInt64.random(in: 0...Self.second, using: &generator)
        switch Int.random(in: 0...3, using: &generator) {
        case 0: given += lane.reserve(Int.random(in: 0...4, using: &generator), at: now)
        case 1 where !given.isEmpty: lane.end(given.removeFirst(), .alive, at: now)
        case 2 where !given.isEmpty: lane.end(given.removeLast(), .failed(pausedUntil: nil), at: now)
        case 3 where !given.isEmpty: lane.end(given.removeFirst(), .notMade, at: now)
        default: break
        }
        #expect(lane.slots.underWay == given.count)
      }
      for permit in given { lane.end(permit, .notMade, at: now) }
      // It is never stuck: sooner or later there is leave again.
      #expect(!lane.reserve(1, at: now + 1_000 * Self.second).isEmpty)
    }
  }
}

/// What an answer means for a kept delivery, and for its app.
@Suite struct AttemptEndingTests {
  private static let now = Moment(unixMilliseconds: 1_000_000, uptimeNanoseconds: 5_000_000_000)

  private func outcome(_ status: Int, _ fields: [(String, String)] = []) -> RetryPolicy.Outcome {
    var headers = HeaderList()
    for (name, value) in fields { headers.append(name: name, value: value) }
    return RetryPolicy.Outcome(
      .answered(
        ResponseHead(
          status: status, reason: [], headers: headers, contentLength: nil, framing: .none, keepsAlive: true)),
      now: Self.now.unixMilliseconds)
  }

  @Test func `Retry-After is read where it stands once, in seconds or as a date`() {
    #expect(outcome(503) == .answered(status: 503, retryAfterMilliseconds: nil))
    #expect(outcome(503, [("Retry-After", "7")]) == .answered(status: 503, retryAfterMilliseconds: 7_000))
    #expect(
      outcome(503, [("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")])
        == .answered(status: 503, retryAfterMilliseconds: 20_000))
    #expect(
      outcome(503, [("Retry-After", "1"), ("Retry-After", "2")])
        == .answered(status: 503, retryAfterMilliseconds: nil))
  }

  @Test func `what refuses for good shows that the app lives, what asks for time pauses it, bounded`() {
    let policy = RetryPolicy()
    let history = RetryPolicy.History(attempts: 1, budgetFrom: 1_000_000, lateAttempts: 0)
    func consequence(_ outcome: RetryPolicy.Outcome) -> AttemptConsequence {
      policy.decide(outcome, history, now: Self.now.unixMilliseconds, isClockTrusted: true, random: 1)
        .consequence(outcome, policy, Self.now)
    }
    for status in [200, 204, 410, 422] {
      guard case .alive = consequence(outcome(status)) else {
        Issue.record("\(status)")
        continue
      }
    }
    guard case .failed(nil) = consequence(outcome(500, [("Retry-After", "7")])) else {
      Issue.record("500 pauses")
      return
    }
    guard case .failed(let until?) = consequence(outcome(429, [("Retry-After", "99999999")])) else {
      Issue.record("429 does not pause")
      return
    }
    #expect(until == Self.now.uptimeNanoseconds + 3_600_000_000_000)
  }
}
