public import Formats

/// What a replay is to send again, as it is written into the store.
public struct ReplayOrder: JSONCodedObject, Equatable {
  public var route: String?
  public var upstream: String?
  /// What they have ended as: dead, unless somebody says otherwise.
  public var state = JobState.dead.name
  /// What the app answered last.
  public var status: Int?
  public var reason: String?
  /// The fingerprint of the secret that proved them.
  public var secret: String?
  /// When they were accepted, Unix milliseconds.
  public var since: Int64?
  public var until: Int64?
  /// When it was asked for, Unix milliseconds: what ends behind that is not touched.
  public var asOf: Int64 = 0
  /// How many it was about then.
  public var total = 0
  /// Who asked, by the user id that the kernel gave.
  public var user: Int64?

  public init() {}

  public static let fields: [JSONField<ReplayOrder>] = [
    .init("route", \.route), .init("upstream", \.upstream), .required("state", \.state),
    .init("reason", \.reason), .init("since", \.since), .init("until", \.until), .required("asOf", \.asOf),
    .init("total", \.total), .init("user", \.user), .init("secret", \.secret),
    .init("status", \.status),
  ]

  /// Nil where the filter means what has not ended, or one delivery.
  public init?(_ filter: StoreReader.Filter, asOf: Int64, total: Int, user: Int64?) {
    let state = filter.state ?? .dead
    guard state.isFinal, filter.id == nil else { return nil }
    route = filter.route
    upstream = filter.upstream
    self.state = state.name
    status = filter.status
    reason = filter.reason
    secret = filter.secret
    since = filter.since
    until = filter.until
    self.asOf = asOf
    self.total = total
    self.user = user
  }

  var ended: JobState? { JobState(named: state).flatMap { $0.isFinal ? $0 : nil } }

  /// Whether both mean the same deliveries, but for the moment at which that was asked.
  func meansTheSame(as other: ReplayOrder) -> Bool {
    var other = other
    other.asOf = asOf
    other.total = total
    other.user = user
    return self == other
  }
}

/// A replay as it stands.
public struct Replay: Sendable, Equatable {
  /// What operators call it.
  public let number: Int64
  public let order: ReplayOrder
  /// How many it moves a second, at most.
  public let rate: Int
  /// The last job that it has looked at, and the last that it will.
  public internal(set) var cursor: Int64
  public let upto: Int64
  public internal(set) var state: ReplayState
  /// Those that are on their way again.
  public internal(set) var moved: Int
  /// Those that died again, and those that could not be moved because their bodies are gone.
  public internal(set) var failed: Int
  /// How the last of those that it moved have ended. It begins anew with each start.
  var endings = ReplayEndings()
}

/// How the last of what a replay moved have ended.
struct ReplayEndings: Sendable, Equatable {
  /// Of so many, half may die before the replay pauses itself.
  static let count = 20

  private var deaths: [Bool] = []

  mutating func add(isDead: Bool) {
    deaths.append(isDead)
    if deaths.count > Self.count { deaths.removeFirst() }
  }

  var isFailing: Bool { deaths.count >= Self.count && 2 * deaths.count(where: { $0 }) >= Self.count }
}

/// What became of a replay that was asked for.
public enum ReplayAnswer: Sendable, Equatable {
  case begun(Replay)
  /// One that means the same is not over yet.
  case already(Replay)
  /// As many are not over as may be.
  case tooMany
}

/// What one step of a replay came to.
public struct ReplayStep: Sendable, Equatable {
  public var moved = 0
  /// Where they wait now.
  public var lanes: Set<Lane> = []
  /// Whose turn is next, where it has no room for any.
  public var waitsFor: Lane?
  /// It is running, and there may be more.
  public var goesOn = false
}
