public import Gateway
internal import Synchronization
internal import Telemetry

/// Shows what becomes of deliveries to those who watch. Where nobody does, nothing is copied, and no body is read for
/// it.
public final class Tails: Sendable {
  /// At once.
  static let tailsMax = 4

  /// What came of a request.
  public enum Answer: Sendable {
    case begun(TailBox)
    /// One word.
    case refused(String)

    var box: TailBox? { if case .begun(let box) = self { box } else { nil } }

    /// The first line.
    var word: String { if case .refused(let reason) = self { "refused \(reason)" } else { "tailing" } }
  }

  private struct Tail {
    let route: String?
    /// Whether it is told of members of bodies that the operator has not named.
    let seesBodies: Bool
    let box: TailBox
  }

  private let tails = Mutex<[Tail]>([])
  private let isWatched = Atomic<Bool>(false)
  private let fields: DeliveryFields

  /// - Parameter fields: is told while somebody watches.
  public init(fields: DeliveryFields) { self.fields = fields }

  /// From now on the box is filled, until `end`.
  ///
  /// - Parameter seesBodies: whether members of bodies count that the operator has not named for the log.
  public func begin(_ request: TailRequest, seesBodies: Bool, routes: RouteTable) -> Answer {
    var name: String?
    if let wanted = request.route {
      guard let found = routes.route(called: wanted) else { return .refused("no-such-route") }
      name = found.name
    }
    let tail = Tail(route: name, seesBodies: seesBodies, box: TailBox())
    let isTaken = change { tails in
      guard tails.count < Self.tailsMax else { return false }
      tails.append(tail)
      return true
    }
    return isTaken ? .begun(tail.box) : .refused("busy")
  }

  public func end(_ box: TailBox) {
    change { $0.removeAll { $0.box === box } }
    box.end()
  }

  /// How many there are.
  var count: Int { tails.withLock { $0.count } }

  // MARK: On event loops

  public func show(_ record: DeliveryRecord, at unixMilliseconds: () -> Int64) {
    guard isWatched.load(ordering: .relaxed) else { return }
    let now = unixMilliseconds()
    for tail in wanting(record.route) {
      tail.box.put(Glance(record, at: now, showsBody: tail.seesBodies))
    }
  }

  public func show(_ attempt: QueuedAttemptRecord, at unixMilliseconds: () -> Int64) {
    guard isWatched.load(ordering: .relaxed) else { return }
    let glance = Glance(attempt, at: unixMilliseconds())
    for tail in wanting(attempt.route) { tail.box.put(glance) }
  }

  private func wanting(_ route: String?) -> [Tail] {
    tails.withLock { $0.filter { $0.route == nil || $0.route == route } }
  }

  @discardableResult
  private func change<Value>(_ body: (inout [Tail]) -> Value) -> Value {
    tails.withLock { tails in
      let value = body(&tails)
      isWatched.store(!tails.isEmpty, ordering: .relaxed)
      fields.watch(!tails.isEmpty)
      return value
    }
  }
}
