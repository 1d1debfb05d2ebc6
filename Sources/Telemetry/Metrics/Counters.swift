/// What happened since the start, by route and by upstream.
public struct Counters: Sendable {
  /// What leads to no route: unknown paths, broken framing, connections beyond the limit.
  public static let noRoute = "none"
  /// Names beyond the bounds: whatever is configured, and however often it changes, the number of series has
  /// an end.
  public static let others = "other"
  public static let routesMax = 256
  public static let upstreamsMax = 256

  public internal(set) var routes = [RouteCounters(name: noRoute), RouteCounters(name: others)]
  public internal(set) var upstreams = [UpstreamCounters(name: others)]

  public init() {}

  public mutating func add(_ other: Counters) {
    for counters in other.routes {
      if let index = routes.firstIndex(where: { $0.name == counters.name }) {
        routes[index].add(counters)
      } else {
        routes.append(counters)
      }
    }
    for counters in other.upstreams {
      if let index = upstreams.firstIndex(where: { $0.name == counters.name }) {
        upstreams[index].add(counters)
      } else {
        upstreams.append(counters)
      }
    }
  }

  public func route(_ name: String) -> RouteCounters? { routes.first { $0.name == name } }

  public func upstream(_ name: String) -> UpstreamCounters? { upstreams.first { $0.name == name } }
}
