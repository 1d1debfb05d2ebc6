internal import Formats
internal import HTTP
internal import Signing

// MARK: 5, on a durable route. Keep: on disk, then the sender's answer

extension Exchange {
  /// Before the body is read: where nothing can be kept, nothing is taken in.
  func askKeeper() throws(Rejection) {
    guard let keeper = loop.keeper else { throw .notKept(.unusable) }
    var bodyBytes = 0
    if case .length(let length) = head.framing { bodyBytes = length }
    if let refusal = keeper.refusal(bodyBytes: bodyBytes) { throw .notKept(refusal) }
  }

  func keep(_ request: ForwardRequest, _ verdict: Verdict) {
    guard let route = found?.route, let durable = route.durable, case .verified(let verified) = verdict,
      let keeper = loop.keeper
    else { return turnAway(.notKept(.unusable)) }
    phase = .keeping
    draft.fieldsLeftBehind = request.fieldsLeftBehind
    let stored: StoredRequest
    do throws(StoredRequestFault) {
      stored = try StoredRequest(request, leavingOut: durable.storesSignature ? nil : route.layout.header)
    } catch {
      // What could never be sent again is not accepted.
      return turnAway(.malformed("what cannot be stored as it is"))
    }
    loop.lists.giveBack(request.headers)
    draft.keepStart = loop.now()
    keeper.keep(toKeep(stored, route, durable, verified.proof)) { [self] in kept($0) }
  }

  private func toKeep(
    _ request: StoredRequest, _ route: Route, _ durable: DurableSettings, _ proof: Proof
  ) -> DeliveryToKeep {
    let claim = try? route.claims.read(head.headers)
    return DeliveryToKeep(
      request: request, head: request.head, route: route, proof: proof, accepted: loop.now(),
      signed: claim?.signedAtUnixMilliseconds, requestID: requestID, remote: remote,
      target: Array(head.target), repetition: repetitionClaim(durable.dedupe.by, of: route))
  }

  private func kept(_ outcome: KeepOutcome) {
    // The process ends, and nobody waits for it any more.
    guard phase == .keeping else { return }
    switch outcome {
    case .stored(let id, let other):
      let detail = other.map { "the same key as \($0), and another body" }
      draft.kept(.stored, id, detail: detail)
      draft.hasOtherBody = other != nil
      acknowledge(id)
    case .duplicate(let first, let isRevived):
      draft.kept(.duplicate, first, detail: isRevived ? "the first was given up, and is sent again" : nil)
      acknowledge(first)
    case .refused(let refusal):
      turnAway(.notKept(refusal))
    }
  }

  private func turnAway(_ rejection: Rejection) {
    draft.turnedAway()
    refuse(rejection)
  }

  /// The sender need not come again.
  private func acknowledge(_ id: PublicID) {
    let status = found?.route.durable?.answerStatus ?? 200
    var headers = HeaderList()
    headers.append(name: AttemptFields.idName, value: id.description)
    let response = ResponseHead(
      status: status, reason: Array("OK".utf8), headers: headers, contentLength: status == 204 ? nil : 0,
      framing: .none, keepsAlive: true)
    sender.send(response, body: UnsafeRawBufferPointer(start: nil, count: 0))
    finish(status: status)
  }
}
