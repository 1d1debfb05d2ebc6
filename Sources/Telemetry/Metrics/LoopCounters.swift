public import Formats
public import Gateway

/// One event loop's counters: plain numbers that nothing but this loop touches, so that counting costs a few
/// additions. Readers hop here for a copy.
public final class LoopCounters: Recorder {
  public private(set) var current = Counters()
  private var routes = NameIndex(reserved: 2)
  private var upstreams = NameIndex(reserved: 1)

  public init() {}

  /// Takes up the names of a snapshot. Those that are gone keep what they counted.
  public func adopt(_ snapshot: Snapshot) {
    let table = snapshot.routes.all
    routes.adopt(table.map { ($0, $0.name) }, max: Counters.routesMax) {
      current.routes.append(RouteCounters(name: $0))
    }
    for route in table where route.isDurable {
      current.routes[routes.find(name: route.name) ?? 1].adopt(upstreams: route.upstreams.map(\.name))
    }
    let targets = table.flatMap(\.upstreams)
    upstreams.adopt(targets.map { ($0, $0.name) }, max: Counters.upstreamsMax) {
      current.upstreams.append(UpstreamCounters(name: $0))
    }
  }

  /// Not of tests: what is counted says how senders do, what they sign with and what their clocks show.
  public func record(_ record: DeliveryRecord) {
    guard !record.isTest else { return }
    let index = record.matched.map { routes.find($0, name: $0.name) ?? 1 } ?? 0
    current.routes[index].count(record)
  }

  public func record(_ attempt: QueuedAttemptRecord) {
    current.routes[routes.find(name: attempt.route) ?? 1].count(attempt)
  }

  public func recordAttempt(at upstream: Upstream, end: AttemptEnd, arrival: Moment) {
    let index = upstreams.find(upstream, name: upstream.name) ?? 0
    current.upstreams[index].count(end, arrival: arrival.unixMilliseconds)
  }
}

/// From a route or an upstream to the position of its counters.
private struct NameIndex {
  private var byName: [String: Int] = [:]
  /// Objects of the snapshot in force; `kept` holds them, so that no other object takes one's identity.
  private var byObject: [ObjectIdentifier: Int] = [:]
  private var kept: [AnyObject] = []
  private let reserved: Int
  /// Most deliveries go where the last one went.
  private var last: (object: ObjectIdentifier, index: Int)?

  init(reserved: Int) { self.reserved = reserved }

  mutating func adopt(_ objects: [(AnyObject, String)], max: Int, added: (String) -> Void) {
    kept = objects.map(\.0)
    byObject = [:]
    last = nil
    for (object, name) in objects {
      if byName[name] == nil, byName.count < max {
        byName[name] = reserved + byName.count
        added(name)
      }
      byObject[ObjectIdentifier(object)] = byName[name]
    }
  }

  func find(name: String) -> Int? { byName[name] }

  /// By name what a delivery began with before a reload: that object is not known here any more.
  mutating func find(_ object: AnyObject, name: @autoclosure () -> String) -> Int? {
    let identity = ObjectIdentifier(object)
    if let last, last.object == identity { return last.index }
    guard let index = byObject[identity] else { return byName[name()] }
    last = (identity, index)
    return index
  }
}
