internal import Formats
internal import HTTP
internal import Signing

/// On routes that do more than forward: what is kept, and what has come before.
extension Exchange {
  func goOn(_ verdict: Verdict) {
    if found?.route.dedupe != nil, !isFirst(verdict) { return }
    guard let request = plan(verdict) else { return }
    if found?.route.isDurable == true { keep(request, verdict) } else { dispatch(request) }
  }

  /// Whether it goes on. A repetition gets the first one's answer, now or once there is one.
  private func isFirst(_ verdict: Verdict) -> Bool {
    guard case .verified = verdict, let route = found?.route, let dedupe = route.dedupe, let body,
      let repetitions = loop.repetitions
    else { return true }
    let digest = BodyDigest(of: body.bytes)
    guard let key = repetitionClaim(dedupe.by, of: route).key(digest) else { return true }
    let now = loop.now().uptimeNanoseconds
    let exchange = OnLoop(self)
    let onLoop = repetitions.onLoop
    let finding = repetitions.known.find(
      key, digest, at: now, until: now + UInt64(dedupe.hours) * 3_600_000_000_000
    ) { end in onLoop { exchange.value.firstEnded(end) } }
    switch finding {
    case .first:
      first = FirstDelivery(key: key, known: repetitions.known, tee: AnswerTee(sender))
      return true
    case .otherBody:
      draft.detail = "the same key as another delivery, and another body"
      draft.hasOtherBody = true
      return true
    case .joined:
      phase = .joining
      return false
    case .answered(let answer):
      answerAgain(answer)
      return false
    }
  }

  func repetitionClaim(_ rule: DedupeRule, of route: Route) -> RepetitionClaim {
    RepetitionClaim(rule, of: route, head)
  }

  private func firstEnded(_ end: FirstEnd) {
    guard phase == .joining else { return }
    switch end {
    case .answered(let answer): answerAgain(answer)
    case .failed(let rejection):
      draft.fail(rejection.label, "so ended the first of them")
      sender.refuse(rejection)
      finish(status: rejection.status)
    }
  }

  private func answerAgain(_ answer: KnownAnswer) {
    draft.repeated()
    let first = answer.response
    let response = ResponseHead(
      status: first.status, reason: first.reason, headers: first.headers, contentLength: answer.body.count,
      framing: .length(answer.body.count), keepsAlive: true)
    answer.body.withUnsafeBytes { sender.send(response, body: $0) }
    finish(status: first.status)
  }
}
