internal import NIOCore

/// libcurl's timer, and the loop's task that stands for it.
struct CurlTimer {
  var due: NIODeadline?
  var scheduled: Scheduled<Void>?
  var scheduledFor: NIODeadline?

  func isDue(_ now: NIODeadline) -> Bool { due.map { $0 <= now } ?? false }

  mutating func cleared() { due = nil }
}
