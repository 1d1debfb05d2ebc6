internal import CCurl
internal import NIOCore

extension CurlForwarder {
  // MARK: Timers

  /// The first byte's deadline is ours: libcurl has none. A sweep over what is running costs nothing per
  /// delivery.
  func scheduleSweep() {
    guard sweep == nil, !isClosed else { return }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    sweep = eventLoop.scheduleTask(in: .milliseconds(250)) { bound.value.sweepDeadlines() }
  }

  private func sweepDeadlines() {
    sweep = nil
    let now = NIODeadline.now().uptimeNanosecondsUnsigned
    for transfer in running.filter({ $0.firstByteDeadline <= now }) {
      retire(transfer)
      transfer.missedFirstByte()
      giveBack(transfer)
    }
    sockets.closeAged(now)
    if running.isEmpty, sockets.hasOnlyDead { emptyPool() }
    if !running.isEmpty || sockets.hasPooled { scheduleSweep() }
  }

  /// libcurl lets go of closed connections when it begins its next transfer. Where none comes for so long
  /// that all are closed, it is made to begin anew.
  private func emptyPool() {
    curl_multi_cleanup(multi)
    timer.cleared()
    multi = CurlForwarder.makeMulti()
    prepareMulti()
  }

  /// libcurl's one timer. It changes with every request, so an earlier task that is under way already is
  /// left to fire and looks then whether there is something to do.
  func armTimer() {
    guard let due = timer.due else { return }
    if let scheduled = timer.scheduledFor, scheduled <= due { return }
    timer.scheduled?.cancel()
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    timer.scheduledFor = due
    timer.scheduled = eventLoop.scheduleTask(deadline: due) { bound.value.timerFired() }
  }

  private func timerFired() {
    timer.scheduled = nil
    timer.scheduledFor = nil
    drive()
  }

  func timerChanged(_ milliseconds: Int) {
    timer.due = milliseconds < 0 ? nil : .now() + .milliseconds(Int64(milliseconds))
    if milliseconds == 0, !isDriving { scheduleDrive() } else if !isDriving { armTimer() }
  }
}

extension NIODeadline {
  var uptimeNanosecondsUnsigned: UInt64 { UInt64(max(uptimeNanoseconds, 0)) }
}
