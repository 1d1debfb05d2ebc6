public import Formats

/// Takes the record of each finished exchange. It must not block: it is called on its own event loop, and
/// belongs to that.
public protocol Recorder {
  func record(_ record: DeliveryRecord)
  /// Also of attempts whose answer nobody waits for any more. `arrival` is that of the delivery.
  func recordAttempt(at upstream: Upstream, end: AttemptEnd, arrival: Moment)
  /// An attempt of a delivery that was kept.
  func record(_ attempt: QueuedAttemptRecord)
  /// A connection ends at `bound` with an answer that its sender has not taken.
  func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound)
}

extension Recorder {
  public func recordAttempt(at upstream: Upstream, end: AttemptEnd, arrival: Moment) {}
  public func record(_ attempt: QueuedAttemptRecord) {}
  public func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound) {}
}
