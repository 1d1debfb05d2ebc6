internal import Formats
public import Gateway

/// Answers questions of operators, on a read-only connection of its own: whatever is asked, accepting goes on. Not
/// Sendable; it blocks, so it belongs to a thread that may.
public final class StoreReader {
  /// A question that takes longer is given up: a reader keeps the log from being shortened.
  public static let secondsMax: UInt64 = 2

  private let connection: Connection
  private var deadline: UnsafeMutablePointer<UInt64>

  public init(_ sqlite: String) throws(StoreFault) {
    connection = try Connection(sqlite, .reading)
    deadline = .allocate(capacity: 1)
    deadline.initialize(to: .max)
    try connection.run("PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON")
    connection.interrupt(deadline)
  }

  deinit {
    connection.close()
    deadline.deallocate()
  }

  /// What a list is narrowed to; nil is anything.
  public struct Filter: Sendable, Equatable {
    public var route: String?
    public var upstream: String?
    public var state: JobState?
    public var reason: String?
    /// When it was accepted, Unix milliseconds.
    public var since: Int64?
    public var until: Int64?
    public var id: PublicID?
    /// The fingerprint of the secret that proved it.
    public var secret: String?
    /// Leaves out what could not be sent any more.
    public var withBody = false

    public init(
      route: String? = nil, upstream: String? = nil, state: JobState? = nil, reason: String? = nil,
      since: Int64? = nil, until: Int64? = nil, id: PublicID? = nil, secret: String? = nil
    ) {
      self.route = route
      self.upstream = upstream
      self.state = state
      self.reason = reason
      self.since = since
      self.until = until
      self.id = id
      self.secret = secret
    }
  }

  /// One line of a list. It is what the file says: nothing of it has been proven.
  public struct Line: Sendable, Equatable {
    public let job: Int64
    public let id: PublicID
    public let lane: Lane
    public let state: JobState
    /// Unix milliseconds, as `due` and `ended`.
    public let accepted: Int64
    public let due: Int64?
    public let ended: Int64?
    public let attempts: Int
    public let status: Int?
    public let reason: String?
    public let secret: String
    public let bodyBytes: Int
  }

  /// One attempt, as it was written down.
  public struct Attempt: Sendable, Equatable {
    public let number: Int
    public let at: Int64
    public let milliseconds: Int64
    public let status: Int?
    public let reason: String?
    public let answer: [UInt8]
  }

  /// The newest first.
  ///
  /// - Parameter before: the job that the page before ended with.
  public func list(_ filter: Filter, before: Int64? = nil, limit: Int) throws(StoreFault) -> [Line] {
    let found = try ask(
      """
      SELECT j.id, d.public_id, l.route, l.upstream, j.state, d.accepted, j.due, j.ended, j.attempt, j.status, j.reason,
        d.secret, d.body_bytes \(Self.filtered(filter)) AND j.id<?9 ORDER BY j.id DESC LIMIT ?10
      """, values(filter) + [.integer(before ?? .max), .integer(Int64(limit))]
    ) { row -> Line? in
      guard let id = PublicID(row.blob(1)), let state = JobState(rawValue: row.integer(4)) else { return nil }
      return Line(
        job: row.integer(0), id: id, lane: Lane(route: row.text(2), upstream: row.text(3)), state: state,
        accepted: row.integer(5), due: row.optionalInteger(6), ended: row.optionalInteger(7),
        attempts: Int(row.integer(8)), status: row.optionalInteger(9).map { Int($0) },
        reason: row.optionalText(10), secret: row.text(11), bodyBytes: Int(row.integer(12)))
    }
    return found.compactMap { $0 }
  }

  /// How many jobs a filter lets through: what is said before something is done to all of them.
  public func count(_ filter: Filter) throws(StoreFault) -> Int {
    try ask("SELECT count(*) \(Self.filtered(filter))", values(filter)) { Int($0.integer(0)) }.first ?? 0
  }

  private static func filtered(_ filter: Filter) -> String {
    // One delivery is found by its index, and not among all.
    let (tables, id) =
      filter.id == nil
      ? ("job j JOIN delivery d ON d.id=j.delivery JOIN lane l ON l.id=j.lane", "?7 IS NULL")
      : ("delivery d CROSS JOIN job j ON j.delivery=d.id CROSS JOIN lane l ON l.id=j.lane", "d.public_id=?7")
    let body = filter.withBody ? "d.body_kept=1" : "1"
    return """
      FROM \(tables)
        WHERE (?1 IS NULL OR l.route=?1) AND (?2 IS NULL OR l.upstream=?2) AND (?3 IS NULL OR j.state=?3)
          AND (?4 IS NULL OR j.reason=?4) AND d.accepted>=?5 AND d.accepted<?6 AND \(id) AND \(body)
          AND (?8 IS NULL OR d.secret=?8)
      """
  }

  private func values(_ filter: Filter) -> [Statement.Value] {
    [
      .optional(filter.route), .optional(filter.upstream), .optional(filter.state?.rawValue),
      .optional(filter.reason), .integer(filter.since ?? .min), .integer(filter.until ?? .max),
      filter.id.map { .blob($0.bytes) } ?? .null, .optional(filter.secret),
    ]
  }

  /// A job's attempts, the first first.
  public func attempts(of job: Int64) throws(StoreFault) -> [Attempt] {
    try ask("SELECT n, at, ms, status, reason, answer FROM attempt WHERE job=? ORDER BY n", [.integer(job)]) {
      row in
      Attempt(
        number: Int(row.integer(0)), at: row.integer(1), milliseconds: row.integer(2),
        status: row.optionalInteger(3).map { Int($0) }, reason: row.optionalText(4), answer: row.blob(5))
    }
  }

  func ask<Result>(
    _ sql: String, _ values: [Statement.Value], _ read: (Row) -> Result
  ) throws(StoreFault) -> [Result] {
    deadline.pointee = Uptime.nanoseconds() + Self.secondsMax * 1_000_000_000
    do throws(StoreFault) {
      let statement = try connection.prepare(sql)
      defer { connection.forget(statement) }
      return try statement.all(values, read)
    } catch {
      guard error.isInterrupt else { throw error }
      throw .refused("the question takes longer than \(Self.secondsMax) seconds; narrow it down")
    }
  }
}
