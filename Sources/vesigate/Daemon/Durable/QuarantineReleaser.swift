internal import Formats
internal import Gateway
internal import Logging
internal import Queue

/// Has what is quarantined judged once more. What it does not release stays where it is.
struct QuarantineReleaser: Sendable {
  let durable: DurableDelivery
  let workers: Workers
  let logger: Logger

  /// Rows that are read at once, and bytes of theirs.
  static let pageRowsMax = 64
  static let pageBytesMax = 8 << 20
  /// Judged at once: what is verified shares its transactions.
  static let atOnceMax = 16

  /// What came of a number of them.
  struct Summary: Sendable {
    var released = 0
    var duplicates = 0
    var unverified = 0
    /// Verified by a secret that others had.
    var revoked = 0
    /// Left for another time: the store takes nothing, or a compromised secret is being replaced.
    var waiting = 0
    /// Not what was kept; thrown away.
    var broken = 0
    /// Where the next page begins; nil behind the last.
    var after: Int64?

    mutating func add(_ other: Summary) {
      released += other.released
      duplicates += other.duplicates
      unverified += other.unverified
      revoked += other.revoked
      waiting += other.waiting
      broken += other.broken
      after = other.after
    }
  }

  /// Writes down which secrets others have, before anything is judged: a restart has to know it.
  func noteRevoked(_ fingerprints: [String]) async {
    guard let store = durable.store, store.status.fault == nil else { return }
    let known = store.status.counters.revoked
    let new = fingerprints.filter { !known.contains($0) }
    guard !new.isEmpty else { return }
    await withCheckedContinuation { continuation in
      store.revoke(new, for: DirectCaller()) { _ in continuation.resume() }
    }
  }

  /// All of a filter, a page at a time.
  func release(_ filter: StoreReader.QuarantineFilter) async throws -> Summary {
    var summary = Summary()
    repeat {
      summary.add(try await page(filter, after: summary.after ?? 0, isDry: false))
      if summary.waiting > 0 { break }
    } while summary.after != nil && !Task.isCancelled
    return summary
  }

  /// One page of it, the oldest first.
  func page(_ filter: StoreReader.QuarantineFilter, after: Int64, isDry: Bool) async throws -> Summary {
    guard let path = durable.path, let store = durable.store else { return Summary() }
    let rows = try await durable.onThread {
      try StoreReader(path).rows(filter, after: after, limit: Self.pageRowsMax, bytesMax: Self.pageBytesMax)
    }
    let ends = await judge(rows, isDry: isDry)
    var summary = Summary()
    // A page may be cut short by its bytes: only one without rows is the last.
    summary.after = rows.last?.ticket.row
    for (row, end) in ends { note(end, of: row.delivery, in: &summary) }
    if !isDry { try await write(ends, filter.judgedOtherwise, store) }
    return summary
  }

  private typealias End = (row: StoreReader.QuarantineRow, end: ReleaseEnd)

  private func judge(_ rows: [StoreReader.QuarantineRow], isDry: Bool) async -> [End] {
    var ends: [End] = []
    for start in stride(from: 0, to: rows.count, by: Self.atOnceMax) {
      let group = rows[start..<min(start + Self.atOnceMax, rows.count)]
      await withTaskGroup(of: (Int, ReleaseEnd).self) { tasks in
        for (turn, row) in zip(group.indices, group) {
          tasks.addTask { (turn, await workers.release(row, isDry: isDry, turn: turn)) }
        }
        for await (turn, end) in tasks { ends.append((rows[turn], end)) }
      }
    }
    return ends
  }

  private func note(_ end: ReleaseEnd, of row: QuarantinedDelivery, in summary: inout Summary) {
    switch end {
    case .released(let id):
      summary.released += 1
      tell(row, "quarantined delivery verified, and queued", id)
    case .duplicate(let first):
      summary.duplicates += 1
      tell(row, "quarantined delivery verified, and here before", first)
    case .verifies: summary.released += 1
    case .unverified, .noRoute: summary.unverified += 1
    case .revoked: summary.revoked += 1
    case .notNow, .refused: summary.waiting += 1
    case .broken:
      summary.broken += 1
      logger.error(
        "a quarantined delivery is not what was kept, and is thrown away",
        metadata: ["route": "\(row.route)", "reason": "\(DeathReason.sealBroken.rawValue)"])
    case .gone: break
    }
  }

  private func tell(_ row: QuarantinedDelivery, _ sentence: String, _ id: PublicID) {
    logger.info(
      "\(sentence)",
      metadata: [
        "route": "\(row.route)", "delivery": "\(id)", "quarantine": "\(row.id)",
        "arrived": "\(TimeText.utc(unixMilliseconds: row.arrived))",
      ])
  }

  /// What was judged need not be judged again by the same secrets.
  ///
  /// - Parameter judgement: what they are asked for by; nor need those be asked again that have no route for now, or
  ///   that only a compromised secret verifies.
  private func write(_ ends: [End], _ judgement: Int64?, _ store: Store) async throws {
    var marks: [Int64: [QuarantineTicket]] = [:]
    var broken: [QuarantineTicket] = []
    for (row, end) in ends {
      switch end {
      case .unverified(let judgement): marks[judgement, default: []].append(row.ticket)
      case .noRoute, .revoked: if let judgement { marks[judgement, default: []].append(row.ticket) }
      case .broken: broken.append(row.ticket)
      default: break
      }
    }
    for (judgement, tickets) in marks {
      _ = try await withCheckedThrowingContinuation { continuation in
        store.mark(tickets, judgement: judgement, for: DirectCaller()) { continuation.resume(with: $0) }
      }
    }
    guard !broken.isEmpty else { return }
    _ = try await withCheckedThrowingContinuation { continuation in
      store.drop(broken, for: DirectCaller()) { continuation.resume(with: $0) }
    }
  }
}

extension QuarantineTicket {
  /// What operators call a quarantined delivery: the beginning of its key.
  var id: String { Self.id(key) }

  static func id(_ key: [UInt8]) -> String { Hex.encode(key.prefix(StoreReader.quarantineIDBytes)) }
}

extension QuarantinedDelivery {
  /// Likewise.
  var id: String { QuarantineTicket.id(key) }
}
