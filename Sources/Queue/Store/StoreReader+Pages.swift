internal import Formats
internal import Gateway

/// Lists, a page at a time.
extension StoreReader {
  /// Bodies that are looked through for a text.
  public static let searchedMax = 10_000
  /// A search for a text ends there, milliseconds.
  private static let searchMilliseconds: UInt64 = 1_000
  /// Bytes of bodies that one look takes: between two it looks at the clock.
  private static let lookBytes = 4 << 20
  private static let piece = 256

  /// Where a page begins.
  public enum Place: Sendable {
    /// With the newest, or behind that job.
    case before(Int64?)
    /// Ahead of that job.
    case after(Int64)
  }

  public struct Page: Sendable, Equatable {
    /// The newest first.
    public var lines: [Line] = []
    /// Where the next one begins; nil behind the last.
    public var before: Int64?
    /// Where the page of newer ones begins; nil before the first.
    public var after: Int64?
    /// Bodies that were looked through for a text.
    public var looked: Int?
    /// It ends at a bound, not because it is full.
    public var isCut = false
  }

  /// - Parameters:
  ///   - text: in the body, byte for byte: of the newest `searchedMax` that the filter leaves, as far as time allows.
  ///   - millisecondsMax: when it ends with a part of the page; where there is none, it throws at the bound of all
  ///     questions.
  public func page(
    _ filter: Filter, _ place: Place, limit: Int, text: [UInt8]? = nil, millisecondsMax: UInt64? = nil
  ) throws(StoreFault) -> Page {
    var walk = try JobWalk(self, filter, place.order, withBodyBytes: text != nil)
    let clock = PatientClock(text == nil ? millisecondsMax : Self.searchMilliseconds)
    var (jobs, page) = ([Int64](), Page())
    page.looked = text.map { _ in 0 }
    while jobs.count < limit, !walk.isAtEnd, !page.isCut {
      try step(text, &walk, limit, &jobs, &page)
      if jobs.count < limit, !walk.isAtEnd { page.isCut = try isOver(page, clock) }
    }
    page.lines = try lines(jobs)
    // A search may be full before the end of what the walk has given it.
    let isFull = jobs.count == limit && (text != nil || !walk.isAtEnd)
    turn(&page, place, jobs, further: isFull ? jobs.last : page.isCut ? walk.place : nil)
    return page
  }

  private func isOver(_ page: Page, _ clock: PatientClock) throws(StoreFault) -> Bool {
    if page.looked ?? 0 >= Self.searchedMax { return true }
    return try !clock.goesOn()
  }

  private func step(
    _ text: [UInt8]?, _ walk: inout JobWalk, _ limit: Int, _ jobs: inout [Int64], _ page: inout Page
  ) throws(StoreFault) {
    if let text {
      try search(text, &walk, limit, &jobs, &page)
    } else {
      jobs += try walk.next(limit - jobs.count).map(\.job)
    }
  }

  /// One piece of a search.
  private func search(
    _ text: [UInt8], _ walk: inout JobWalk, _ limit: Int, _ jobs: inout [Int64], _ page: inout Page
  ) throws(StoreFault) {
    let looked = page.looked ?? 0
    let candidates = try walk.next(min(Self.piece, Self.searchedMax - looked))
    var rest = candidates[...]
    while !rest.isEmpty, jobs.count < limit {
      var bytes = 0
      let some = rest.prefix { candidate in
        let isFirst = bytes == 0
        // Somebody may have changed what the row says of its body.
        bytes = bytes.addingSaturated(max(candidate.bodyBytes, 1))
        return isFirst || bytes <= Self.lookBytes
      }
      rest = rest.dropFirst(some.count)
      let having = try deliveries(some.map(\.delivery), having: text)
      for candidate in some where jobs.count < limit {
        page.looked = (page.looked ?? 0) + 1
        if having.contains(candidate.delivery) { jobs.append(candidate.job) }
      }
    }
  }

  private func deliveries(_ ids: [Int64], having text: [UInt8]) throws(StoreFault) -> Set<Int64> {
    let list = ids.map { "\($0)" }.joined(separator: ",")
    let found = try ask("SELECT id FROM body WHERE id IN (\(list)) AND instr(bytes, ?)>0", [.blob(text)]) {
      $0.integer(0)
    }
    return Set(found)
  }

  /// - Parameter further: where it goes on in the direction in which it was read.
  private func turn(_ page: inout Page, _ place: Place, _ jobs: [Int64], further: Int64?) {
    switch place {
    case .before(let job):
      page.before = further
      // The page that leads here stands before it.
      page.after = job == nil ? nil : jobs.first ?? job?.subtractingSaturated(1)
    case .after(let job):
      page.after = further
      page.before = jobs.first ?? job.addingSaturated(1)
    }
  }

  /// The newest first; those that have gone meanwhile are missing.
  private func lines(_ jobs: [Int64]) throws(StoreFault) -> [Line] {
    guard !jobs.isEmpty else { return [] }
    let list = jobs.map { "\($0)" }.joined(separator: ",")
    return try ask(
      """
      SELECT j.id, d.public_id, l.route, l.upstream, j.state, d.accepted, j.due, j.ended, j.attempt, j.status, j.reason,
        d.secret, d.body_bytes
        FROM job j CROSS JOIN delivery d ON d.id=j.delivery CROSS JOIN lane l ON l.id=j.lane
        WHERE j.id IN (\(list)) ORDER BY j.id DESC
      """, []
    ) { Line($0) }.compactMap { $0 }
  }

  // MARK: Counting

  public struct Count: Sendable, Equatable {
    public var count = 0
    /// There are more.
    public var isCut = false
    /// Bodies that were looked through for a text.
    public var looked: Int?
  }

  /// How many jobs a filter lets through, as far as that is of interest.
  public func count(
    _ filter: Filter, upTo max: Int, text: [UInt8]? = nil, millisecondsMax: UInt64? = nil
  ) throws(StoreFault) -> Count {
    var walk = try JobWalk(self, filter, .down(.max), withBodyBytes: text != nil)
    let clock = PatientClock(text == nil ? millisecondsMax : Self.searchMilliseconds)
    var (jobs, page) = ([Int64](), Page())
    page.looked = text.map { _ in 0 }
    while !walk.isAtEnd, !page.isCut {
      try step(text, &walk, max, &jobs, &page)
      if !walk.isAtEnd { page.isCut = try jobs.count == max ? true : isOver(page, clock) }
    }
    return Count(count: jobs.count, isCut: page.isCut, looked: page.looked)
  }
}

extension StoreReader.Place {
  fileprivate var order: JobWalk.Order {
    switch self {
    case .before(let job): .down(job ?? .max)
    case .after(let job): .up(job)
    }
  }
}

/// How long a question may look.
private struct PatientClock {
  private let begin = Uptime.nanoseconds()
  private let millisecondsMax: UInt64?

  init(_ millisecondsMax: UInt64?) { self.millisecondsMax = millisecondsMax }

  /// False where a part of the answer is to do.
  func goesOn() throws(StoreFault) -> Bool {
    let milliseconds = (Uptime.nanoseconds() - begin) / 1_000_000
    if let millisecondsMax { return milliseconds < millisecondsMax }
    guard milliseconds < StoreReader.secondsMax * 1_000 else { throw StoreReader.tooLong }
    return true
  }
}
