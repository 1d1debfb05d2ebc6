internal import Formats
internal import Gateway

extension Ledger {
  /// Keeps a delivery, or finds that it was here before. It throws only where the store fails.
  func accept(_ acceptance: Acceptance) throws(StoreFault) -> AcceptOutcome {
    var key = acceptance.dedupe?.key
    var otherBodyOf: PublicID?
    var isKnown = false
    if let given = key, var first = try find(given) {
      let body = acceptance.delivery.bodyDigest
      if first.bodyDigest != body.bytes {
        // Another event under the same id. It is delivered, and known by both from now on.
        otherBodyOf = first.id
        let joined = given.joined(with: body)
        key = joined
        if let again = try find(joined) { (first, isKnown) = (again, true) }
      } else {
        isKnown = true
      }
      if isKnown {
        if let outcome = try repetition(of: first) { return outcome }
        // The first can be sent no more, and this one can.
        otherBodyOf = nil
      }
    }
    if let refusal = refusal(acceptance.delivery) {
      counters.refused += 1
      return .refused(refusal)
    }
    let starts = try insert(acceptance, key: key, isKnown: isKnown)
    if otherBodyOf != nil { counters.otherBodies += 1 }
    return .stored(starts: starts, otherBodyOf: otherBodyOf)
  }

  private struct First {
    let delivery: Int64
    let id: PublicID
    let bodyDigest: [UInt8]
  }

  private func find(_ key: DedupeKey) throws(StoreFault) -> First? {
    let found = try statement(.findKey).first([.blob(key.bytes)]) { row in
      PublicID(row.blob(1)).map { First(delivery: row.integer(0), id: $0, bodyDigest: row.blob(2)) }
    }
    return found ?? nil
  }

  /// Nil where the first is dead for good: it cannot be sent again, so this one is no repetition but the only copy.
  private func repetition(of first: First) throws(StoreFault) -> AcceptOutcome? {
    let jobs = try statement(.jobsOfDelivery).all([.integer(first.delivery)]) { row in
      (id: row.integer(0), state: JobState(rawValue: row.integer(2)), reason: row.optionalText(4))
    }
    // Where nothing is left of it, it was delivered everywhere: what else is deleted takes its key along.
    let ended = jobs.filter { $0.state == .dead || $0.state == .cancelled }
    if !ended.isEmpty {
      let isBroken = ended.contains { $0.reason == DeathReason.sealBroken.rawValue }
      let keepsBody = try statement(.hasBody).first([.integer(first.delivery)]) { _ in true } ?? false
      if isBroken || !keepsBody { return nil }
    }
    // Somebody pressed "resend": swallowing that would be a loss.
    for job in ended { _ = try replay(job.id) }
    counters.duplicates += 1
    if !ended.isEmpty { counters.revived += 1 }
    return .duplicate(of: first.id, isRevived: !ended.isEmpty)
  }

  private func refusal(_ delivery: KeptDelivery) -> StoreRefusal? {
    if isDiskLow { return .diskLow }
    let bytes = counters.heldBytes + Int64(delivery.head.count + delivery.body.count)
    return counters.heldDeliveries >= settings.deliveriesMax || bytes > settings.bytesMax ? .full : nil
  }

  private func insert(
    _ acceptance: Acceptance, key: DedupeKey?, isKnown: Bool
  ) throws(StoreFault) -> [JobTicket] {
    let delivery = try insert(acceptance.delivery, key: key, jobs: acceptance.jobs.count)
    var starts: [JobTicket] = []
    for job in acceptance.jobs {
      let startsNow = job.startsNow && !isCautious
      try run(
        .addJob, .integer(delivery), .integer(number(of: job.lane)),
        .integer((startsNow ? JobState.sending : .queued).rawValue), .integer(startsNow ? 1 : 0),
        .integer(acceptance.delivery.facts.accepted), startsNow ? .null : .integer(now.unixMilliseconds))
      counters.move(job.lane, from: nil, to: startsNow ? .sending : .queued)
      guard startsNow else { continue }
      let ticket = JobTicket(job: connection.lastID, lane: job.lane, attempt: 1)
      begins(ticket)
      starts.append(ticket)
    }
    if let key, let dedupe = acceptance.dedupe {
      let facts: [Statement.Value] = [
        .integer(delivery), .blob(acceptance.delivery.facts.id.bytes),
        .blob(acceptance.delivery.bodyDigest.bytes),
        .integer(dedupe.until),
      ]
      if isKnown {
        try statement(.moveKey).run(facts + [.blob(key.bytes)])
      } else {
        try statement(.addKey).run([.blob(key.bytes)] + facts)
        counters.dedupeKeys += 1
      }
    }
    counters.stored += 1
    return starts
  }

  private func insert(_ delivery: KeptDelivery, key: DedupeKey?, jobs: Int) throws(StoreFault) -> Int64 {
    let facts = delivery.facts
    let bytes = Int64(delivery.head.count + delivery.body.count)
    try run(
      .addDelivery, .blob(facts.id.bytes), .text(facts.route), .integer(facts.accepted),
      .optional(facts.signed),
      .text(facts.requestID), .text(facts.remote), .text(facts.method), .blob(facts.target),
      .text(delivery.secret),
      .integer(bytes), .integer(Int64(delivery.body.count)), .blob(delivery.bodyDigest.bytes),
      .blob(delivery.seal),
      key.map { .blob($0.bytes) } ?? .null, .integer(Int64(jobs)))
    let id = connection.lastID
    try run(.addBody, .integer(id), .blob(delivery.head), .blob(delivery.body))
    counters.heldDeliveries += 1
    counters.heldBytes += bytes
    return id
  }
}
