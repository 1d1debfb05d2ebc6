internal import Formats
internal import Signing

// MARK: 3, on a route with a quarantine. What may be genuine is kept for a while; its sender is refused all the same

extension Exchange {
  /// Before the verification lets go of what it has. Never a test: nothing would say so once it is released.
  ///
  /// - Parameter reason: as the log calls it.
  func quarantine(_ reason: String) {
    guard test == nil, let route = found?.route, route.durable?.quarantine != nil, let body,
      verification?.mayVerifyLater == true, let quarantine = loop.quarantine, quarantine.admits(route)
    else { return }
    let head = QuarantinedHead(
      head: head, peer: peer, isTrusted: snapshot.trustedProxies.contains(peer), requestID: requestID,
      remote: remote)
    let secrets = loop.ring(path: snapshot.secrets[route.secretFileIndex].path)?.set
    quarantine.quarantine(
      DeliveryToQuarantine(
        route: route, arrived: arrival.unixMilliseconds, reason: reason, head: head, body: body,
        judgement: secrets?.judgement ?? 0))
  }
}
