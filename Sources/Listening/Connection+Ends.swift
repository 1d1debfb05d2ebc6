internal import Formats
internal import Gateway
internal import Glibc
internal import NIOCore

// MARK: - How a connection ends, and what is refused without an exchange

extension Connection {
  // MARK: Its place

  func takePlace(in admission: Admission) {
    if admission.enterConnection(max: limits.connectionsMax) {
      place = .sender
    } else if admission.enterRefused(max: Self.lingeringRefusedMax) {
      place = .refused
    }
  }

  /// Not before it is closed: what lingers takes a descriptor too.
  func leavePlace(in admission: Admission) {
    switch place {
    case .none: break
    case .sender: admission.leaveConnection()
    case .refused: admission.leaveRefused()
    }
    place = .none
  }

  // MARK: Refusals that are ours

  /// Framing that is broken, or a limit reached, where no exchange could answer, or within its body.
  func refuseBrokenFraming(_ rejection: Rejection) {
    if let exchange {
      exchange.refuse(rejection)
    } else {
      refuseEarly(rejection)
    }
  }

  func refuseEarly(_ rejection: Rejection) {
    var record = ExchangeRecord(
      requestID: "-", outcome: .refused, status: rejection.status, remote: peer.text, method: "-", path: "-")
    record.reason = rejection.label
    record.detail = rejection.detail
    record.arrived = worker.loop.now()
    worker.loop.recorder.record(record)
    untaken = UntakenAnswer(requestID: record.requestID, remote: record.remote)
    reply = ReplyWriter(closes: true)
    refuse(rejection)
  }

  // MARK: Ends

  func swallow(_ count: Int) {
    lingeringBytes += count
    if lingeringBytes > Self.lingeringBytesMax { return end(at: .lingeringBytes) }
    awaitMore(worker.loop.now())
  }

  private func awaitMore(_ now: Moment) {
    let silence = Deadline(.lingering, seconds: Self.lingeringSilenceSecondsMax, from: now)
    deadline = silence.isBefore(lingeringEnd) ? silence : lingeringEnd
  }

  func close() { context?.close(promise: nil) }

  /// Closes so that the sender cannot take what it got for the whole.
  func reset() {
    if let socket = context?.channel as? any SocketOptionProvider {
      _ = socket.setSoLinger(Glibc.linger(l_onoff: 1, l_linger: 0))
    }
    close()
  }

  /// After the last answer: our side is shut, what the sender still sends is thrown away for a while.
  func linger() {
    guard phase != .closed, let context else { return }
    phase = .lingering
    untaken = nil
    let now = worker.loop.now()
    let seconds = place == .refused ? Self.lingeringRefusedSecondsMax : Self.lingeringSecondsMax
    lingeringEnd = Deadline(.lingering, seconds: seconds, from: now)
    awaitMore(now)
    unread = ByteBuffer()
    context.close(mode: .output, promise: nil)
    releaseRead()
    if isInputClosed { close() }
  }
}
