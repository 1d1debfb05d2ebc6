public import HTTP

/// All routes, found by a hash of the path: their number does not show in the time a look-up takes.
//
// A class: a look-up counts one reference, where a struct's copy counts all that it is made of.
public final class RouteTable: Sendable {
  public let all: [Route]

  /// To how many upstreams one delivery is sent at once, at most.
  public var upstreamsAtOnceMax: Int {
    all.map { $0.deliver == .all ? $0.upstreams.count : 1 }.max() ?? 1
  }

  /// Every name that says "verified" or "failed" on any route, in lower case. An app may stand behind several
  /// routes, so none of them is a sender's to send on any.
  let markNames: [[UInt8]]

  private let exact: [UInt64: [Int]]
  private let prefixes: [UInt64: [Int]]
  /// The lengths that prefixes have, in order: no other part of a path is looked up.
  private let prefixCounts: [Int]

  /// `routes` have been checked: no two of them have the same path and host.
  public init(_ routes: [Route]) {
    all = routes
    let marks = [VerifiedMark()] + routes.map(\.mark)
    markNames = Array(Set(marks.flatMap { [$0.lowercasedName, $0.lowercasedFailedName] }))
    var exact: [UInt64: [Int]] = [:]
    var prefixes: [UInt64: [Int]] = [:]
    for (index, route) in routes.enumerated() {
      let hash = route.path.bytes.withUnsafeBytes { PathHash.of($0) }
      if route.path.isPrefix {
        prefixes[hash, default: []].append(index)
      } else {
        exact[hash, default: []].append(index)
      }
    }
    self.exact = exact
    self.prefixes = prefixes
    prefixCounts = Set(routes.filter(\.path.isPrefix).map(\.path.bytes.count)).sorted()
  }

  /// The one that somebody means by its name, or by its path: the first of several hosts'.
  public func route(called name: String) -> Route? {
    all.first { $0.name == name } ?? all.first { $0.path.text == name }
  }

  /// What a look-up gives: the route, and where in the target the rest of a prefix route begins.
  public struct Match: Sendable {
    public let route: Route
    /// Its position in `all`.
    public let index: Int
    /// Offset in the path at which the rest begins; the path's length for an exact route.
    public let restStart: Int
  }

  /// Finds the route that a request leads to.
  public func match(_ head: RequestHead) -> Match? {
    head.target.withUnsafeBytes { target in
      let path = UnsafeRawBufferPointer(rebasing: target[..<head.pathCount])
      return head.withHostName { match(path: path, host: $0) }
    }
  }

  /// Finds the route for a path and a host. An exact path beats a prefix, a longer prefix a shorter one,
  /// and a route with this host one without.
  public func match(path: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?) -> Match? {
    if let index = choose(exact[PathHash.of(path)], path: path, host: host) {
      return Match(route: all[index], index: index, restStart: path.count)
    }
    var found: Match?
    var hash = PathHash()
    var hashed = 0
    for count in prefixCounts {
      guard count <= path.count else { break }
      while hashed < count {
        hash.combine(path[hashed])
        hashed += 1
      }
      guard path[count - 1] == UInt8(ascii: "/") else { continue }
      let prefix = UnsafeRawBufferPointer(rebasing: path[..<count])
      guard let index = choose(prefixes[hash.value], path: prefix, host: host) else { continue }
      found = Match(route: all[index], index: index, restStart: count)
    }
    return found
  }

  private func choose(
    _ candidates: [Int]?, path: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?
  ) -> Int? {
    guard let candidates else { return nil }
    var anyHost: Int?
    for index in candidates where all[index].path.bytes.withUnsafeBytes({ path.elementsEqual($0) }) {
      guard let wanted = all[index].host else {
        anyHost = index
        continue
      }
      if let host, host.equalsIgnoringCase(Array(wanted.utf8)) { return index }
    }
    return anyHost
  }
}
