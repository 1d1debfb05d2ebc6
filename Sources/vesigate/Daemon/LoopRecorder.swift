internal import Formats
internal import Gateway
internal import Telemetry

/// What becomes of a loop's exchanges: a line for people, numbers for machines.
//
// A class: two are asked for each delivery, and a reference is counted once.
final class LoopRecorder: Recorder {
  private let log: any Recorder
  private let counters: LoopCounters

  init(log: any Recorder, counters: LoopCounters) {
    self.log = log
    self.counters = counters
  }

  func record(_ record: DeliveryRecord) {
    counters.record(record)
    log.record(record)
  }

  func record(_ attempt: QueuedAttemptRecord) {
    counters.record(attempt)
    log.record(attempt)
  }

  func recordAttempt(at upstream: Upstream, end: AttemptEnd, arrival: Moment) {
    counters.recordAttempt(at: upstream, end: end, arrival: arrival)
  }

  func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound) {
    log.recordUntaken(answer, at: bound)
  }
}
