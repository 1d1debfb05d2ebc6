public import Gateway

extension StoreReader {
  /// What a list is narrowed to; nil is anything.
  public struct Filter: Sendable, Equatable {
    public var route: String?
    public var upstream: String?
    public var state: JobState?
    /// What the app answered last.
    public var status: Int?
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
      route: String? = nil, upstream: String? = nil, state: JobState? = nil, status: Int? = nil,
      reason: String? = nil, since: Int64? = nil, until: Int64? = nil, id: PublicID? = nil,
      secret: String? = nil
    ) {
      self.route = route
      self.upstream = upstream
      self.state = state
      self.status = status
      self.reason = reason
      self.since = since
      self.until = until
      self.id = id
      self.secret = secret
    }
  }
}

/// A filter in SQL: conditions on a job `j` and, where it needs them, on its delivery `d`.
struct FilterSQL {
  private(set) var conditions: [String] = []
  private(set) var values: [Statement.Value] = []
  private(set) var needsDelivery = false
  /// Whether it is about one delivery.
  let isOfOne: Bool
  /// The index that leads to the fewest rows: of one delivery, or of a state that has its own.
  let index: String?

  init(_ filter: StoreReader.Filter) {
    isOfOne = filter.id != nil
    // Of UNIQUE(delivery, lane).
    index = isOfOne ? "sqlite_autoindex_job_1" : filter.state.flatMap(Self.index)
    // As a number, or SQLite would not know that the index has all of them.
    if let state = filter.state { conditions.append("j.state=\(state.rawValue)") }
    if filter.route != nil || filter.upstream != nil {
      let lanes = [filter.route.map { ("route=?", $0) }, filter.upstream.map { ("upstream=?", $0) }]
        .compactMap { $0 }
      let condition = lanes.map { $0.0 }.joined(separator: " AND ")
      conditions.append("j.lane IN (SELECT id FROM lane WHERE \(condition))")
      values += lanes.map { Statement.Value.text($0.1) }
    }
    if let status = filter.status { add("j.status=?", .integer(Int64(status))) }
    if let reason = filter.reason { add("j.reason=?", .text(reason)) }
    if let id = filter.id {
      add("j.delivery=(SELECT id FROM delivery WHERE public_id=?)", .blob(id.bytes))
    }
    if let since = filter.since { addOfDelivery("d.accepted>=?", .integer(since)) }
    if let until = filter.until { addOfDelivery("d.accepted<?", .integer(until)) }
    if let secret = filter.secret { addOfDelivery("d.secret=?", .text(secret)) }
    if filter.withBody { addOfDelivery("d.body_kept=?", .integer(1)) }
  }

  private mutating func add(_ condition: String, _ value: Statement.Value) {
    conditions.append(condition)
    values.append(value)
  }

  private mutating func addOfDelivery(_ condition: String, _ value: Statement.Value) {
    needsDelivery = true
    add(condition, value)
  }

  private static func index(_ state: JobState) -> String? {
    switch state {
    case .queued: "job_due"
    case .sending: "job_sending"
    case .dead: "job_dead"
    case .orphaned: "job_orphaned"
    // They are most of all, or too few for an index to be worth its writing.
    case .delivered, .cancelled: nil
    }
  }

  /// `FROM job j … WHERE …`
  ///
  /// - Parameters:
  ///   - access: which index is taken, if any.
  ///   - more: conditions besides.
  func from(_ access: String, besides more: [String] = [], withDelivery: Bool = false) -> String {
    let delivery = needsDelivery || withDelivery ? " CROSS JOIN delivery d ON d.id=j.delivery" : ""
    let all = conditions + more
    return "FROM job j \(access)\(delivery) WHERE \(all.isEmpty ? "1" : all.joined(separator: " AND "))"
  }
}
