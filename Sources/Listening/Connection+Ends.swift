internal import Formats
internal import Gateway
internal import Glibc
internal import NIOCore

// MARK: - How a connection ends, and what is refused without an exchange

extension Connection {
  // MARK: Its place

  /// False where it is one too many.
  func takePlace(in admission: Admission) -> Bool {
    if admission.enterConnection(max: limits.connectionsMax) {
      machine.took(.sender)
      return true
    }
    if admission.enterRefused(max: ConnectionMachine.lingeringRefusedMax) { machine.took(.refused) }
    return false
  }

  /// Not before it is closed: what lingers takes a descriptor too.
  func leave(_ place: ConnectionMachine.Place, in admission: Admission) {
    switch place {
    case .none: break
    case .sender: admission.leaveConnection()
    case .refused: admission.leaveRefused()
    }
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
    var record = DeliveryRecord(
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

  func close() { context?.close(promise: nil) }

  /// Closes so that the sender cannot take what it got for the whole.
  func reset() {
    if let socket = context?.channel as? any SocketOptionProvider {
      _ = socket.setSoLinger(Glibc.linger(l_onoff: 1, l_linger: 0))
    }
    close()
  }

  /// After the last answer.
  func linger() {
    guard machine.phase != .closed, let context else { return }
    untaken = nil
    let step = machine.linger(at: worker.loop.now())
    unread = ByteBuffer()
    context.close(mode: .output, promise: nil)
    releaseRead()
    carryOut(step)
  }
}
