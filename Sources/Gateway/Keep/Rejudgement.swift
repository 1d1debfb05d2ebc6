internal import Formats
internal import HTTP
internal import Signing

/// What comes of a quarantined delivery that is judged once more.
public enum Rejudgement {
  /// Verified as of its arrival, and planned.
  case verified(DeliveryToKeep)
  /// Not by the secrets in force, which are those that this number tells.
  case unverified(judgement: Int64)
  /// A compromised secret is being replaced: nothing is believed before it is. Or the key is not there that would prove
  /// what was kept.
  case notNow
  /// Its route has gone, keeps nothing any more, or would not take it.
  case noRoute
  /// It is not what was kept.
  case broken
}

extension LoopContext {
  /// Judges a delivery by the secrets in force now, as of its arrival. Only its signature can make more of it than the
  /// store says: the verifier decides, as for any other.
  public func judgeAgain(_ row: QuarantinedDelivery, _ sealer: Sealer) -> Rejudgement {
    let kept: QuarantinedHead
    do throws(SealFault) { kept = try sealer.open(row) } catch {
      if case .keyUnknown = error { return .notNow }
      return .broken
    }
    guard kept.fits(bodyBytes: row.body.count) else { return .broken }
    guard let found = snapshot.routes.match(kept.head), takes(row, kept.head, found) else { return .noRoute }
    let ring = ring(found.route.secretFileIndex)
    if ring.set.rotation?.isCompromised == true { return .notNow }
    let unverified = Rejudgement.unverified(judgement: ring.set.judgement)
    guard let claim = try? found.route.claims.read(kept.head.headers) else { return unverified }
    let body = BodyBuffer()
    row.body.withUnsafeBytes { body.append($0) }
    let verifier = Verifier(claim: claim, ring: ring, tolerance: found.route.layout.tolerance)
    verifier.feed(body.bytes)
    let arrival = Moment(unixMilliseconds: row.arrived, uptimeNanoseconds: now().uptimeNanoseconds)
    guard case .verified(let delivery) = verifier.judge(kept.head, body, arrival: arrival) else {
      return unverified
    }
    let toKeep = plan(delivery, kept, found, arrival, signed: claim.signedAtUnixMilliseconds)
    return toKeep.map { .verified($0) } ?? .noRoute
  }

  /// What `Exchange` asks before it reads a body.
  private func takes(_ row: QuarantinedDelivery, _ head: RequestHead, _ found: RouteTable.Match) -> Bool {
    let route = found.route
    let rest = head.target[found.restStart..<head.pathCount]
    return route.name == row.route && route.isDurable && !route.observe && route.methods.contains(head.method)
      && rest.withUnsafeBytes { PathRest.isUnambiguous($0) } && row.body.count <= route.bodyBytesMax
  }

  /// Nil for what could never be sent.
  private func plan(
    _ delivery: VerifiedDelivery, _ kept: QuarantinedHead, _ found: RouteTable.Match, _ arrival: Moment,
    signed: Int64?
  ) -> DeliveryToKeep? {
    let route = found.route
    let sent = TraceParent.read(kept.head.headers).map { TraceContext(id: $0, begunSpan: nil) }
    let context = PlanContext(
      route: route, markNames: snapshot.routes.markNames, restStart: found.restStart, peer: kept.peer,
      isTrusted: kept.isTrusted, requestID: kept.requestID,
      trace: route.traces ? sent ?? beginTrace() : nil, arrival: arrival, lists: lists)
    let leftOut = route.durable?.storesSignature == false ? route.layout.header : nil
    let planned = ForwardRequest(verified: delivery, context)
    guard let request = try? StoredRequest(planned, leavingOut: leftOut) else { return nil }
    return DeliveryToKeep(
      request: request, head: request.head, route: route, proof: delivery.proof, accepted: now(),
      signed: signed, requestID: kept.requestID, remote: kept.remote, target: Array(kept.head.target),
      repetition: RepetitionClaim(route.durable?.dedupe.by ?? .none, of: route, kept.head))
  }
}
