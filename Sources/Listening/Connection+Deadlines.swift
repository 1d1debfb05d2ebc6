internal import Formats
internal import Gateway
internal import HTTP
internal import NIOCore

extension Connection {
  /// Called by the worker's sweep.
  func checkDeadline(_ now: Moment) {
    extendReplyDeadline(now)
    guard deadline.isOver(now) else { return }
    switch deadline.kind {
    case .none: break
    case .idle: end(at: .idle)
    case .lingering: end(at: .lingeringSeconds)
    case .head: refuseBrokenFraming(.headTimeout)
    case .body: refuseBrokenFraming(.bodyTimeout)
    case .reply:
      exchange?.senderGone("reply-timeout")
      resetUntaken(at: .reply)
    }
  }

  /// A delivery that is over has its record: that the sender may not know of it is said beside it.
  private func resetUntaken(at bound: ConnectionBound) {
    if exchange == nil, let untaken { worker.loop.recorder.recordUntaken(untaken, at: bound) }
    worker.loop.admission.countEnd(at: bound)
    reset()
  }

  /// Closes without a word, but counted.
  func end(at bound: ConnectionBound) {
    worker.loop.admission.countEnd(at: bound)
    close()
  }

  /// A sender that takes its answer, however slowly, is left alone; one that takes nothing is not.
  func extendReplyDeadline(_ now: Moment) {
    guard deadline.kind == .reply, let context,
      let options = context.channel.syncOptions,
      let waiting = try? options.getOption(.bufferedWritableBytes)
    else { return }
    if waiting < bytesWaiting || waiting == 0 {
      deadline = Deadline(.reply, seconds: limits.replySecondsMax, from: now)
    }
    bytesWaiting = waiting
  }

  /// A drain closes idle connections last.
  func closeIfIdle() {
    if phase == .waiting, !reader.hasBegun { close() }
  }

  /// The drain's time is up.
  func forceClose() {
    exchange?.giveUp()
    resetUntaken(at: .drain)
  }
}
