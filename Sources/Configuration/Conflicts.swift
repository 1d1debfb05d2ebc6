internal import Gateway
internal import Signing

/// One secret under two layouts, told at the later route.
///
/// `Gateway.SecretConflict` judges; it compares pairs, which thousands of routes have too many of. So only
/// such pairs are put before it that hold an equal secret, the first holder of it and each later route.
struct Conflicts {
  private let routes: [Route]
  private let secrets: [SecretSet]
  /// By fingerprint: the first route for each secret and layout.
  private var holders: [String: [Holder]] = [:]

  private struct Holder {
    var secret: Secret
    var route: Int
  }

  static func problems(_ parsed: ParsedConfiguration, _ snapshot: Snapshot) -> [Problem] {
    var conflicts = Conflicts(routes: snapshot.routes.all, secrets: snapshot.secrets)
    var problems: [Problem] = []
    for later in snapshot.routes.all.indices where problems.count < Report.problemsMax {
      guard let (first, fingerprint) = conflicts.add(later) else { continue }
      let source = parsed.sources[later].signature
      problems.append(
        Problem(
          file: parsed.file, place: source.place, path: source.path,
          sentence: "shares secret \(fingerprint) with routes[\(first)] under another signature layout; "
            + "a delivery captured on one could be replayed on the other"))
    }
    return problems
  }

  private init(routes: [Route], secrets: [SecretSet]) {
    self.routes = routes
    self.secrets = secrets
  }

  /// Takes a route in; the earlier route that it conflicts with and the fingerprint of what they share.
  private mutating func add(_ later: Int) -> (Int, String)? {
    let set = secrets[routes[later].secretFileIndex]
    var found: (Int, String)?
    for secret in set.lines + set.keys {
      let same = holders[secret.fingerprint, default: []].filter { $0.secret.isSame(as: secret) }
      for holder in same where found == nil { found = conflict(holder.route, later) }
      if !same.contains(where: { routes[$0.route].layout.signsLike(routes[later].layout) }) {
        holders[secret.fingerprint, default: []].append(Holder(secret: secret, route: later))
      }
    }
    return found
  }

  private func conflict(_ first: Int, _ later: Int) -> (Int, String)? {
    guard first != later else { return nil }
    let conflicts = SecretConflict.all(routes: [routes[first], routes[later]], secrets: secrets)
    return conflicts.first.map { (first, $0.fingerprint) }
  }
}
