internal import Formats
public import Gateway

extension UpstreamForwarder {
  /// Until a host's name is resolved libcurl has a pair of sockets for it and the C library one; then there is the
  /// connection's own, and perhaps one that races it.
  private static let descriptorsToConnectByName = 3

  /// How many connections a loop may have and still keep one of them for later.
  public static func connectionsMax(inFlightMax: Int, loops: Int) -> Int { max(inFlightMax / loops, 64) }

  /// What deliveries take on so many loops: those in flight, all of them still connecting, beside as many connections
  /// as may wait for later ones, to other upstreams.
  public static func descriptorsMax(_ limits: Limits, _ routes: RouteTable, loops: Int) -> Int {
    let attempts = limits.inFlightMax * routes.upstreamsAtOnceMax
    let idle = loops * connectionsMax(inFlightMax: limits.inFlightMax, loops: loops)
    let isByName = routes.all.contains { $0.upstreams.contains(where: \.isByName) }
    return attempts * (isByName ? descriptorsToConnectByName : 1) + idle
      + ConnectGroup.descriptorsMax(connections: attempts + idle, loops: loops)
  }
}

extension Upstream {
  fileprivate var isByName: Bool {
    unixSocketPath == nil && !host.hasPrefix("[") && IPAddress(text: host) == nil
  }
}
