internal import Formats
internal import Gateway

/// How much of a route's is kept: the oldest goes.
struct QuarantineBounds: Sendable {
  let deliveriesMax: Int
  let bytesMax: Int64
}

/// What became of a quarantined delivery that was verified.
public enum ReleaseOutcome: Sendable, Equatable {
  case accepted(AcceptOutcome)
  /// It is there no more: somebody else has released it, or thrown it away.
  case gone
}

extension Ledger {
  /// Keeps a delivery for a while that nobody has verified. Nothing was promised to its sender, so it is the first
  /// thing that is left out.
  func quarantine(_ delivery: QuarantinedDelivery, _ bounds: QuarantineBounds) throws(StoreFault) {
    let bytes = Int64(delivery.head.count + delivery.body.count)
    let route = delivery.route
    guard !isDiskLow, bytes <= bounds.bytesMax else { return counters.quarantine.count(route, .evicted) }
    let isNew =
      try run(
        .addQuarantined, .text(route), .integer(delivery.arrived), .text(delivery.reason),
        .blob(delivery.head), .blob(delivery.body), .blob(delivery.key), .integer(delivery.judgement)) == 1
    guard isNew else { return counters.quarantine.count(route, .duplicate) }
    counters.quarantine.add(route, delivery.judgement, bytes: bytes)
    counters.quarantine.count(route, .kept)
    try evict(route, bounds)
  }

  /// A reload may have made the bounds smaller by any number: what is left over goes with the next ones.
  private func evict(_ route: String, _ bounds: QuarantineBounds) throws(StoreFault) {
    for _ in 0..<Self.chunk {
      let kept = counters.quarantine.kept(route)
      guard kept.deliveries > bounds.deliveriesMax || kept.bytes > bounds.bytesMax else { return }
      guard try remove(.removeOldestQuarantined, [.text(route)], .evicted) > 0 else { return }
    }
  }

  /// - Returns: how many went.
  private func remove(
    _ sentence: Sentence, _ values: [Statement.Value], _ result: QuarantineResult, isAsked: Bool = false
  ) throws(StoreFault) -> Int {
    let removed = try statement(sentence).all(values) { row in
      (route: row.text(0), judgement: row.integer(1), bytes: row.integer(2))
    }
    for row in removed {
      counters.quarantine.add(row.route, row.judgement, deliveries: -1, bytes: -row.bytes)
      counters.quarantine.count(row.route, result)
      if isAsked { counters.quarantine.dropped[row.route, default: 0] += 1 }
    }
    return removed.count
  }

  /// Accepts what has been verified, and takes it out of the quarantine: both, or neither. Whoever comes second finds
  /// nothing.
  func release(_ acceptance: Acceptance, _ ticket: QuarantineTicket) throws(StoreFault) -> ReleaseOutcome {
    let place = [Statement.Value.integer(ticket.row), .blob(ticket.key)]
    guard try statement(.findQuarantined).first(place, { _ in true }) ?? false else { return .gone }
    let outcome = try accept(acceptance)
    switch outcome {
    case .stored: _ = try remove(.removeQuarantined, place, .released)
    case .duplicate: _ = try remove(.removeQuarantined, place, .duplicate)
    case .refused: break
    }
    return .accepted(outcome)
  }

  /// Throws away.
  func drop(_ tickets: [QuarantineTicket]) throws(StoreFault) -> Int {
    var dropped = 0
    for ticket in tickets {
      let place: [Statement.Value] = [.integer(ticket.row), .blob(ticket.key)]
      dropped += try remove(.removeQuarantined, place, .evicted, isAsked: true)
    }
    return dropped
  }

  /// These secrets have judged them, and verify none of them.
  func mark(_ tickets: [QuarantineTicket], judgement: Int64) throws(StoreFault) {
    for ticket in tickets {
      let place = [Statement.Value.integer(ticket.row), .blob(ticket.key)]
      let found = try statement(.findQuarantined).first(place) { row in
        (route: row.text(0), judgement: row.integer(1), bytes: row.integer(2))
      }
      guard let found, try statement(.markQuarantined).run([.integer(judgement)] + place) == 1 else {
        continue
      }
      counters.quarantine.add(found.route, found.judgement, deliveries: -1, bytes: -found.bytes)
      counters.quarantine.add(found.route, judgement, bytes: found.bytes)
    }
  }

  /// Deletes what has been kept for long enough, up to a chunk of each route's.
  func expireQuarantine() throws(StoreFault) -> Int {
    var expired = 0
    for route in counters.quarantine.routes {
      let hours = Int64(settings.quarantineHours(route))
      let before = now.unixMilliseconds.subtractingSaturated(hours * 3_600_000)
      let values: [Statement.Value] = [.text(route), .integer(before), .integer(Int64(Self.chunk))]
      expired = max(expired, try remove(.expireQuarantined, values, .expired))
    }
    return expired
  }

  /// Of secrets that were replaced because others had them, so many are known; the oldest is forgotten.
  static let revokedMax = 64

  /// What these secrets verify of the quarantine is nobody's word any more, should they come back into their file.
  func revoke(_ fingerprints: [String]) throws(StoreFault) {
    let known = counters.revoked.filter { !fingerprints.contains($0) } + fingerprints
    counters.revoked = known.suffix(Self.revokedMax)
    try setMeta("revoked", counters.revoked.joined(separator: ","))
  }

  /// What is in the file, counted once.
  func countQuarantine() throws(StoreFault) {
    counters.revoked = (try meta("revoked") ?? "").split(separator: ",").map(String.init)
    counters.quarantine.kept = [:]
    let groups = try statement(.countQuarantined).all([]) { row in
      (route: row.text(0), judgement: row.integer(1), count: Int(row.integer(2)), bytes: row.integer(3))
    }
    for group in groups {
      counters.quarantine.add(group.route, group.judgement, deliveries: group.count, bytes: group.bytes)
    }
  }
}
