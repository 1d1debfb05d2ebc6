import Formats
import Foundation
import Gateway
import Queue
import Signing
import TestSupport
import Testing

/// A store in a folder of its own, with a clock that a test sets.
final class StoreBench: Sendable {
  let folder: TemporaryDirectory
  let time = Locked(sampleMoment)
  let settings: StoreSettings
  private let opened = Locked<Store?>(nil)
  let desk = InlineDesk()

  var store: Store {
    guard let store = opened.withLock({ $0 }) else { preconditionFailure("the store is closed") }
    return store
  }
  var file: String { settings.sqlite }

  /// - Parameter change: of the settings, which are quick and keep no disk free.
  init(in folder: TemporaryDirectory? = nil, _ change: (inout StoreSettings) -> Void = { _ in }) throws {
    let folder = try folder ?? TemporaryDirectory()
    self.folder = folder
    let time = time
    var settings = StoreSettings(sqlite: folder.path + "/queue.db", sealKeyFile: folder.path + "/seal.key") {
      time.withLock { $0 }
    }
    settings.diskFreeBytesMin = 0
    settings.reopenSeconds = 0.02
    change(&settings)
    self.settings = settings
    try open()
  }

  deinit { opened.withLock { $0 }?.close() }

  func open() throws {
    let store = try Store(settings)
    opened.withLock { $0 = store }
  }

  func close() {
    opened.withLock { store in
      store?.close()
      store = nil
    }
  }

  func reopen() throws {
    close()
    try open()
  }

  func advance(seconds: Int64) {
    time.withLock {
      $0.unixMilliseconds += seconds * 1000
      $0.uptimeNanoseconds += UInt64(seconds) * 1_000_000_000
    }
  }

  /// The wall clock alone.
  func jump(seconds: Int64) { time.withLock { $0.unixMilliseconds += seconds * 1000 } }

  var now: Int64 { time.withLock { $0.unixMilliseconds } }

  // MARK: Asking

  func delivery(
    _ body: String = "{}", route: String = "/hook", head: String = "POST /hook HTTP/1.1\r\n\r\n"
  ) throws -> KeptDelivery {
    let facts = DeliveryFacts(
      id: PublicID(unixMilliseconds: now, random: (.random(in: 0 ... .max), .random(in: 0 ... .max))),
      route: route, accepted: now, signed: now - 1000, requestID: "r-1", remote: "192.0.2.7", method: "POST",
      target: Array("/hook?a=1".utf8))
    return Sealer(keys: store.sealKeys).seal(
      facts, head: Array(head.utf8), body: Array(body.utf8), proof: try sampleProof())
  }

  func acceptance(
    _ body: String = "{}", lanes: [Lane] = [Lane(route: "/hook")], startsNow: Bool = false, id: String? = nil
  ) throws -> Acceptance {
    let kept = try delivery(body, route: lanes[0].route)
    let key = DedupeKey(
      .id, scope: lanes[0].route, id: id.map { Array($0.utf8) }, timestamp: nil, header: nil,
      body: kept.bodyDigest)
    return Acceptance(
      delivery: kept, jobs: lanes.map { .init(lane: $0, startsNow: startsNow) },
      dedupe: key.map { .init(key: $0, until: now + 345_600_000) })
  }

  func accept(_ acceptance: Acceptance) throws -> AcceptOutcome {
    try wait { store.accept(acceptance, for: desk, then: $0) }
  }

  @discardableResult
  func accept(
    _ body: String = "{}", lanes: [Lane] = [Lane(route: "/hook")], startsNow: Bool = false, id: String? = nil
  ) throws -> AcceptOutcome {
    try accept(acceptance(body, lanes: lanes, startsNow: startsNow, id: id))
  }

  func purge(_ jobs: [Int64]) throws -> Int { try wait { store.purge(jobs, for: desk, then: $0) }.get() }

  func claim(_ lane: Lane = Lane(route: "/hook"), limit: Int = 16) throws -> [ClaimedJob] {
    try wait { store.claim(lane, limit: limit, for: desk, then: $0) }.get().jobs
  }

  @discardableResult
  func record(_ ticket: JobTicket, _ next: AttemptReport.Next, status: Int? = nil, reason: String? = nil)
    throws
    -> RecordOutcome
  {
    let report = AttemptReport(
      ticket: ticket, at: now, milliseconds: 5, status: status, reason: reason, answer: Array("answer".utf8),
      next: next)
    return try wait { store.record(report, for: desk, then: $0) }
  }

  func change(_ jobs: [Int64], _ event: JobState.Event) throws -> Int {
    try wait { store.change(jobs, event, for: desk, then: $0) }.get()
  }

  func reconcile(_ lanes: Set<Lane>) throws -> Int {
    try wait { store.reconcile(lanes, for: desk, then: $0) }.get()
  }

  func dues() throws -> [LaneDue] { try wait { store.dues(for: desk, then: $0) }.get() }

  func list(_ filter: StoreReader.Filter = .init(), limit: Int = 10_000) throws -> [StoreReader.Line] {
    try StoreReader(file).list(filter, limit: limit)
  }

  var counters: StoreCounters { store.status.counters }

  /// Asks, and waits for the answer.
  func wait<Value: Sendable>(_ ask: (@escaping @Sendable (Value) -> Void) -> Void) throws -> Value {
    let (answer, told) = (Locked<Value?>(nil), DispatchSemaphore(value: 0))
    ask { value in
      answer.withLock { $0 = value }
      told.signal()
    }
    guard told.wait(timeout: .now() + 30 * Patience.factor) == .success else {
      throw FixtureError("no answer")
    }
    return try #require(answer.withLock { $0 })
  }

  /// Changes the closed file behind the store's back.
  func edit(_ sql: String) throws {
    let child = try ChildProcess(
      [
        "python3", "-c", "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1]);c.executescript(sys.argv[2])",
        file, sql,
      ],
      environment: ["PATH": "/usr/bin:/bin"])
    guard child.waitForExit(within: 30) == 0 else { throw FixtureError(child.lines.joined(separator: "\n")) }
  }
}

/// Answered on the store's own thread.
final class InlineDesk: StoreCaller {
  func execute(_ work: @escaping @Sendable () -> Void) { work() }
}

/// That the sample delivery was verified.
func sampleProof() throws -> Proof {
  let key = Secret(Signed().key)
  let fields = Signed().fields(over: sampleBody)
  return try sampleBody.withUnsafeBytes { body in
    try OfflineJudge.judge(
      .init("POST", "/hook", bodyBytes: body.count, fields), body: body, layout: .vesicash,
      secrets: SecretSet(path: "-", lines: [key], keys: [key]), at: sampleMoment)
  }
}

/// The process that keeps deliveries: it lies beside the tests.
enum QueueChild {
  static func path() throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    for start in [own, CommandLine.arguments[0]] {
      var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
      while folder.path != "/" {
        let candidate = folder.appendingPathComponent("queue-child").path
        if access(candidate, X_OK) == 0 { return candidate }
        folder.deleteLastPathComponent()
      }
    }
    throw FixtureError("no queue-child beside \(own)")
  }

  static func start(
    _ arguments: [String], in folder: TemporaryDirectory, environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try ChildProcess(
      [try path(), arguments[0], folder.path] + arguments.dropFirst(), environment: environment)
  }
}
