internal import Formats

/// Goes through the jobs that a filter leaves, a piece at a time and in the order of their numbers, so that whoever
/// asks can stop: where a page is full, or where time is over.
///
/// Of a state that has an index of its own it takes that, while few are in it. Otherwise it looks through stretches of
/// numbers, each as long as the last one was quick.
struct JobWalk {
  struct Candidate {
    let job: Int64
    let delivery: Int64
    /// Where it was asked for.
    let bodyBytes: Int
  }

  enum Order {
    /// The newest first, below that job.
    case down(Int64)
    /// The oldest first, above that job.
    case up(Int64)
  }

  /// Of a state, in its index: sorting them is quicker than to look through all jobs.
  static let fewMax = 20_000
  private static let stretchMin: Int64 = 2_000
  private static let stretchMax: Int64 = 262_144
  /// A stretch that takes longer is not made longer, nanoseconds.
  private static let quickNanoseconds: UInt64 = 10_000_000

  private let reader: StoreReader
  private let sql: FilterSQL
  private let withBodyBytes: Bool
  /// Nil where it goes by numbers.
  private let index: String?
  private let isDown: Bool
  /// The lowest and the highest number that there is.
  private let all: ClosedRange<Int64>
  private var stretch = JobWalk.stretchMin
  /// All up to it, in the walk's order, have been looked at.
  private(set) var place: Int64
  private(set) var isAtEnd = false

  init(
    _ reader: StoreReader, _ filter: StoreReader.Filter, _ order: Order, withBodyBytes: Bool = false
  ) throws(StoreFault) {
    self.reader = reader
    self.withBodyBytes = withBodyBytes
    sql = FilterSQL(filter)
    let ends = try reader.ask("SELECT (SELECT min(id) FROM job), (SELECT max(id) FROM job)", []) {
      (first: $0.optionalInteger(0), last: $0.optionalInteger(1))
    }.first
    let (first, last) = (ends?.first ?? 1, ends?.last ?? 1)
    all = first...max(first, last)
    // Whoever asks may have written any number.
    switch order {
    case .down(let job): (isDown, place) = (true, max(min(job, last + 1), first))
    case .up(let job): (isDown, place) = (false, min(max(job, first - 1), last))
    }
    index = try Self.index(sql, reader)
    isAtEnd = ends?.last == nil
  }

  private static func index(_ sql: FilterSQL, _ reader: StoreReader) throws(StoreFault) -> String? {
    guard let index = sql.index else { return nil }
    guard !sql.isOfOne else { return "INDEXED BY \(index)" }
    let count = try reader.ask(
      "SELECT count(*) FROM (SELECT 1 FROM job j INDEXED BY \(index) WHERE \(sql.conditions[0]) LIMIT ?)",
      [.integer(Int64(fewMax + 1))]
    ) { $0.integer(0) }.first
    return (count ?? 0) <= fewMax ? "INDEXED BY \(index)" : nil
  }

  /// The next of them, none where a stretch has none; at most `limit`.
  mutating func next(_ limit: Int) throws(StoreFault) -> [Candidate] {
    guard !isAtEnd else { return [] }
    guard let index else { return try nextOfStretch(limit) }
    // One more says whether there are more.
    let found = try candidates(
      index, from: isDown ? .min : place + 1, to: isDown ? place : .max, limit.addingSaturated(1))
    isAtEnd = found.count <= limit
    let some = found.prefix(limit)
    place = some.last?.job ?? place
    return Array(some)
  }

  private mutating func nextOfStretch(_ limit: Int) throws(StoreFault) -> [Candidate] {
    let begin = Uptime.nanoseconds()
    let from = isDown ? max(place - stretch, all.lowerBound) : place + 1
    let to = isDown ? place : min(place + stretch, all.upperBound) + 1
    let found = try candidates("NOT INDEXED", from: from, to: to, limit)
    if found.count == limit, let last = found.last {
      place = last.job
    } else {
      place = isDown ? from : to - 1
      if Uptime.nanoseconds() - begin < Self.quickNanoseconds { stretch = min(stretch * 2, Self.stretchMax) }
    }
    isAtEnd = isDown ? place <= all.lowerBound : place >= all.upperBound
    return found
  }

  /// - Parameter to: is not among them.
  private func candidates(
    _ access: String, from: Int64, to: Int64, _ limit: Int
  ) throws(StoreFault) -> [Candidate] {
    try reader.ask(
      """
      SELECT j.id, j.delivery, \(withBodyBytes ? "d.body_bytes" : "0")
        \(sql.from(access, besides: ["j.id>=?", "j.id<?"], withDelivery: withBodyBytes))
        ORDER BY j.id \(isDown ? "DESC" : "ASC") LIMIT ?
      """, sql.values + [.integer(from), .integer(to), .integer(Int64(limit))]
    ) { Candidate(job: $0.integer(0), delivery: $0.integer(1), bodyBytes: Int($0.integer(2))) }
  }
}
