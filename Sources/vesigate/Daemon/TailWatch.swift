internal import Gateway
internal import Operations
internal import POSIX

/// Shows every record to whoever watches deliveries, now or later, and hands it on.
struct TailWatch: Recorder, Sendable {
  let recorder: any Recorder & Sendable
  let tails: Tails
  let recent: RecentDeliveries

  func record(_ record: DeliveryRecord) {
    tails.show(record, at: Clocks.unixMilliseconds)
    recent.show(record, at: Clocks.unixMilliseconds)
    recorder.record(record)
  }

  func record(_ attempt: QueuedAttemptRecord) {
    tails.show(attempt, at: Clocks.unixMilliseconds)
    recorder.record(attempt)
  }

  func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound) {
    recorder.recordUntaken(answer, at: bound)
  }
}
