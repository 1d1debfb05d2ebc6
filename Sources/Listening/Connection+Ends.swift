internal import Framing
internal import Gateway
internal import Glibc
internal import NIOCore

// MARK: - How a connection ends, and what is refused without an exchange

extension Connection {
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
    record.arrivedUnixMilliseconds = worker.lane.now().unixMilliseconds
    worker.lane.recorder.record(record)
    untaken = UntakenAnswer(requestID: record.requestID, remote: record.remote)
    reply = ReplyWriter(closes: true)
    refuse(rejection)
  }

  // MARK: Ends

  func swallow(_ count: Int) {
    lingeringBytes += count
    if lingeringBytes > Self.lingeringBytesMax { end(at: .lingeringBytes) }
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
    deadline = Deadline(.lingering, seconds: Self.lingeringSecondsMax, from: worker.lane.now())
    unread = ByteBuffer()
    context.close(mode: .output, promise: nil)
    releaseRead()
    if isInputClosed { close() }
  }
}
