internal import Formats
internal import Gateway
internal import HTTP
internal import NIOCore

extension Connection {
  /// Called by the worker's sweep.
  func checkDeadline(_ now: Moment) {
    machine.extendReply(untaken: untakenBytes, replySecondsMax: limits.replySecondsMax, at: now)
    carryOut(machine.expired(at: now))
  }

  /// How much of what was written the kernel has no room for; nil where nobody can tell.
  var untakenBytes: Int? {
    guard let options = context?.channel.syncOptions else { return nil }
    return try? options.getOption(.bufferedWritableBytes)
  }

  /// A delivery that is over has its record: that the sender may not know of it is said beside it.
  func resetUntaken(at bound: ConnectionBound) {
    if exchange == nil, let untaken { worker.loop.recorder.recordUntaken(untaken, at: bound) }
    worker.loop.admission.countEnd(at: bound)
    reset()
  }

  /// Closes without a word, but counted.
  func end(at bound: ConnectionBound) {
    worker.loop.admission.countEnd(at: bound)
    close()
  }

  /// A drain closes idle connections last.
  func closeIfIdle() {
    if machine.phase == .waiting, !reader.hasBegun { close() }
  }

  /// The drain's time is up.
  func forceClose() {
    exchange?.giveUp()
    resetUntaken(at: .drain)
  }
}
