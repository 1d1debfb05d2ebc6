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
    /// Which of several it ended with; nil where there was no choice.
    public let upstream: String?
  }

  /// The newest first.
  ///
  /// - Parameter before: the job that the page before ended with.
  public func list(_ filter: Filter, before: Int64? = nil, limit: Int) throws(StoreFault) -> [Line] {
    try page(filter, .before(before), limit: limit).lines
  }

  /// How many jobs a filter lets through: what is said before something is done to all of them.
  public func count(_ filter: Filter) throws(StoreFault) -> Int {
    let sql = FilterSQL(filter)
    let access = sql.index.map { "INDEXED BY \($0)" } ?? ""
    return try ask("SELECT count(*) \(sql.from(access))", sql.values) { Int($0.integer(0)) }.first ?? 0
  }

  /// A job's attempts, the first first.
  public func attempts(of job: Int64) throws(StoreFault) -> [Attempt] {
    // No more than are kept, of no more bytes: whoever edits the file may have written others.
    let newest = try ask(
      """
      SELECT n, at, ms, status, reason, substr(answer,1,?2), upstream FROM attempt
        WHERE job=?1 ORDER BY n DESC LIMIT ?3
      """,
      [
        .integer(job), .integer(Int64(AttemptReport.answerBytesMax)),
        .integer(Int64(AttemptReport.attemptsKept)),
      ]
    ) { row in
      Attempt(
        number: Int(row.integer(0)), at: row.integer(1), milliseconds: row.integer(2),
        status: row.optionalInteger(3).map { Int($0) }, reason: row.optionalShown(4), answer: row.blob(5),
        upstream: row.optionalShown(6))
    }
    return newest.reversed()
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
      throw Self.tooLong
    }
  }

  static var tooLong: StoreFault {
    .refused("the question takes longer than \(secondsMax) seconds; narrow it down")
  }
}

extension StoreReader.Line {
  /// Nil where the row is none of ours.
  init?(_ row: Row) {
    guard let id = PublicID(row.blob(1)), let state = JobState(rawValue: row.integer(4)) else { return nil }
    self.init(
      job: row.integer(0), id: id, lane: Lane(route: row.shown(2), upstream: row.shown(3)), state: state,
      accepted: row.integer(5), due: row.optionalInteger(6), ended: row.optionalInteger(7),
      attempts: Int(row.integer(8)), status: row.optionalInteger(9).map { Int($0) },
      reason: row.optionalShown(10), secret: row.shown(11), bodyBytes: Int(row.integer(12)))
  }
}
