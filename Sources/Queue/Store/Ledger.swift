internal import Formats

/// The tables, within the writer's transaction. Not Sendable: it belongs to the writer's thread, like its connection.
final class Ledger {
  let connection: Connection
  let settings: StoreSettings
  /// What the batch counts; the writer goes back to the last durable state of it where the batch fails.
  var counters = StoreCounters()
  /// The moment of this batch.
  var now: Moment
  var isDiskLow = false
  var cautious = CautiousStart()
  /// The job that was begun last while the store was cautious.
  var attempting: Int64?
  var suspects = Suspects(text: "")
  /// Nil where nobody looks.
  var place: StorePlace?
  /// Attempts that this process makes now, by job.
  private(set) var underWay: [Int64: Int]
  /// What this batch adds to them, or takes away, once it is durable.
  private var changes: [(ticket: JobTicket, begins: Bool)] = []
  private var lanes: [Lane: Int64] = [:]
  private var lanesByID: [Int64: Lane] = [:]
  private var statements = [Statement?](repeating: nil, count: Sentence.allCases.count)

  init(_ connection: Connection, _ settings: StoreSettings, now: Moment, underWay: [Int64: Int]) {
    self.connection = connection
    self.settings = settings
    self.now = now
    self.underWay = underWay
  }

  func statement(_ sentence: Sentence) throws(StoreFault) -> Statement {
    if let prepared = statements[sentence.rawValue] { return prepared }
    let prepared = try connection.prepare(sentence.sql)
    statements[sentence.rawValue] = prepared
    return prepared
  }

  @discardableResult
  func run(_ sentence: Sentence, _ values: Statement.Value...) throws(StoreFault) -> Int {
    try statement(sentence).run(values)
  }

  // MARK: Batches

  func begin(at now: Moment) throws(StoreFault) {
    self.now = now
    changes = []
    try run(.begin)
  }

  /// Durable once it returns: that is what FULL is for. What is in a file that nobody will find again is not.
  func commit() throws(StoreFault) {
    try run(.commit)
    try place?.check()
    for change in changes { apply(change, to: &underWay) }
    changes = []
  }

  /// Whatever went wrong, no half of a batch stays.
  func rollBack() {
    changes = []
    // Numbers that were given within it are gone.
    lanes = [:]
    lanesByID = [:]
    // Where SQLite has rolled back itself there is no transaction left.
    if connection.isInTransaction { _ = try? run(.rollback) }
  }

  func begins(_ ticket: JobTicket) { changes.append((ticket, true)) }
  func ends(_ ticket: JobTicket) { changes.append((ticket, false)) }

  private func apply(_ change: (ticket: JobTicket, begins: Bool), to jobs: inout [Int64: Int]) {
    let (job, attempt) = (change.ticket.job, change.ticket.attempt)
    if change.begins {
      jobs[job] = attempt
    } else if jobs[job] == attempt {
      // A late result of the attempt before does not end this one.
      jobs[job] = nil
    }
  }

  var isCautious: Bool { cautious.isCautious(at: now.unixMilliseconds) }
  /// Nothing is under way, in this batch either.
  var isIdle: Bool {
    var jobs = underWay
    for change in changes { apply(change, to: &jobs) }
    return jobs.isEmpty
  }

  // MARK: Lanes

  func number(of lane: Lane) throws(StoreFault) -> Int64 {
    if let known = lanes[lane] { return known }
    try run(.addLane, .text(lane.route), .text(lane.upstream))
    let found = try statement(.findLane).first([.text(lane.route), .text(lane.upstream)]) { $0.integer(0) }
    guard let found else { throw .constraint("a lane has no number") }
    lanes[lane] = found
    lanesByID[found] = lane
    return found
  }

  func lane(_ number: Int64) throws(StoreFault) -> Lane {
    if let known = lanesByID[number] { return known }
    for (id, lane) in try allLanes() {
      lanes[lane] = id
      lanesByID[id] = lane
    }
    guard let lane = lanesByID[number] else { throw .constraint("a job has no lane") }
    return lane
  }

  func allLanes() throws(StoreFault) -> [(id: Int64, lane: Lane)] {
    try statement(.allLanes).all([]) { ($0.integer(0), Lane(route: $0.text(1), upstream: $0.text(2))) }
  }

  // MARK: Facts of the store itself

  func meta(_ name: String) throws(StoreFault) -> String? {
    try statement(.readMeta).first([.text(name)]) { $0.text(0) }
  }

  func setMeta(_ name: String, _ value: String) throws(StoreFault) {
    try run(.writeMeta, .text(name), .blob(Array(value.utf8)))
  }
}
