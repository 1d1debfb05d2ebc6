/// What happened since the start, by route and by upstream.
public struct Tallies: Sendable {
  /// What leads to no route: unknown paths, broken framing, connections beyond the limit.
  public static let noRoute = "none"
  /// Names beyond the bounds: whatever is configured, and however often it changes, the number of series has
  /// an end.
  public static let others = "other"
  public static let routesMax = 256
  public static let upstreamsMax = 256

  public internal(set) var routes = [RouteTally(name: noRoute), RouteTally(name: others)]
  public internal(set) var upstreams = [UpstreamTally(name: others)]

  public init() {}

  public mutating func add(_ other: Tallies) {
    for tally in other.routes {
      if let index = routes.firstIndex(where: { $0.name == tally.name }) {
        routes[index].add(tally)
      } else {
        routes.append(tally)
      }
    }
    for tally in other.upstreams {
      if let index = upstreams.firstIndex(where: { $0.name == tally.name }) {
        upstreams[index].add(tally)
      } else {
        upstreams.append(tally)
      }
    }
  }

  public func route(_ name: String) -> RouteTally? { routes.first { $0.name == name } }

  public func upstream(_ name: String) -> UpstreamTally? { upstreams.first { $0.name == name } }
}
