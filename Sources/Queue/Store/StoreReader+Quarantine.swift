public import Gateway

extension StoreReader {
  /// What a list of the quarantine is narrowed to; nil is anything.
  public struct QuarantineFilter: Sendable, Equatable {
    public var route: String?
    public var reason: String?
    /// When it came, Unix milliseconds.
    public var since: Int64?
    public var until: Int64?
    /// The beginning of its key.
    public var id: [UInt8]?
    /// Leaves out what these secrets have judged.
    public var judgedOtherwise: Int64?

    public init(
      route: String? = nil, reason: String? = nil, since: Int64? = nil, until: Int64? = nil,
      id: [UInt8]? = nil, judgedOtherwise: Int64? = nil
    ) {
      self.route = route
      self.reason = reason
      self.since = since
      self.until = until
      self.id = id
      self.judgedOtherwise = judgedOtherwise
    }
  }

  /// One line of a list.
  public struct QuarantineLine: Sendable, Equatable {
    public let ticket: QuarantineTicket
    public let route: String
    /// Unix milliseconds.
    public let arrived: Int64
    public let reason: String
    public let bodyBytes: Int
  }

  /// One with its bytes.
  public struct QuarantineRow: Sendable, Equatable {
    public let ticket: QuarantineTicket
    public let delivery: QuarantinedDelivery
  }

  /// Bytes of the beginning of a key that tell one from the others.
  public static let quarantineIDBytes = 8

  /// The newest first.
  ///
  /// - Parameter before: the row that the page before ended with.
  public func quarantined(
    _ filter: QuarantineFilter, before: Int64? = nil, limit: Int
  ) throws(StoreFault) -> [QuarantineLine] {
    try ask(
      "SELECT id, key, route, arrived, reason, length(body) \(Self.held) AND id<?7 ORDER BY id DESC LIMIT ?8",
      values(filter) + [.integer(before ?? .max), .integer(Int64(limit))]
    ) { row in
      QuarantineLine(
        ticket: QuarantineTicket(row: row.integer(0), key: row.blob(1)), route: row.shown(2),
        arrived: row.integer(3), reason: row.shown(4), bodyBytes: Int(row.integer(5)))
    }
  }

  public func countQuarantined(_ filter: QuarantineFilter) throws(StoreFault) -> Int {
    try ask("SELECT count(*) \(Self.held)", values(filter)) { Int($0.integer(0)) }.first ?? 0
  }

  /// Whole rows, the oldest first, for what judges them.
  ///
  /// - Parameters:
  ///   - after: the row that the page before ended with.
  ///   - bytesMax: of a page; one row it has in any case.
  public func rows(
    _ filter: QuarantineFilter, after: Int64, limit: Int, bytesMax: Int
  ) throws(StoreFault) -> [QuarantineRow] {
    let sizes = try ask(
      "SELECT id, length(head)+length(body) \(Self.held) AND id>?7 ORDER BY id LIMIT ?8",
      values(filter) + [.integer(after), .integer(Int64(limit))]
    ) { (id: $0.integer(0), bytes: Int($0.integer(1))) }
    var bytes = 0
    let last = sizes.prefix(while: { size in
      defer { bytes += size.bytes }
      return bytes == 0 || bytes + size.bytes <= bytesMax
    }).last
    guard let last else { return [] }
    return try ask(
      """
      SELECT id, route, arrived, reason, head, body, key, generation \(Self.held) AND id>?7 AND id<=?8 ORDER BY id
      """, values(filter) + [.integer(after), .integer(last.id)]
    ) { row in
      QuarantineRow(
        ticket: QuarantineTicket(row: row.integer(0), key: row.blob(6)),
        delivery: QuarantinedDelivery(
          route: row.text(1), arrived: row.integer(2), reason: row.text(3), head: row.blob(4),
          body: row.blob(5), key: row.blob(6), judgement: row.integer(7)))
    }
  }

  private static let held = """
    FROM quarantine WHERE (?1 IS NULL OR route=?1) AND (?2 IS NULL OR reason=?2) AND arrived>=?3 AND arrived<?4
      AND (?5 IS NULL OR substr(key,1,\(quarantineIDBytes))=?5) AND (?6 IS NULL OR generation IS NOT ?6)
    """

  private func values(_ filter: QuarantineFilter) -> [Statement.Value] {
    [
      .optional(filter.route), .optional(filter.reason), .integer(filter.since ?? .min),
      .integer(filter.until ?? .max), filter.id.map { .blob($0) } ?? .null, .optional(filter.judgedOtherwise),
    ]
  }
}
