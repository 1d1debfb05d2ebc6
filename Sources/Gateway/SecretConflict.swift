public import Signing

/// One secret under two layouts: a delivery captured under one could be replayed under the other.
public struct SecretConflict: Sendable, Equatable {
  public let fingerprint: String
  /// Positions in `Snapshot.routes.all`.
  public let routeIndexes: (Int, Int)

  public static func == (left: SecretConflict, right: SecretConflict) -> Bool {
    left.fingerprint == right.fingerprint && left.routeIndexes == right.routeIndexes
  }

  /// Finds every pair of routes that share a secret, by its bytes and whatever the file, and read it under
  /// different layouts.
  public static func all(routes: [Route], secrets: [SecretSet]) -> [SecretConflict] {
    var conflicts: [SecretConflict] = []
    for (right, route) in routes.enumerated() {
      for (left, other) in routes[..<right].enumerated() where !route.layout.signsLike(other.layout) {
        guard
          let shared = shared(secrets[other.secretFileIndex], secrets[route.secretFileIndex])
        else { continue }
        conflicts.append(SecretConflict(fingerprint: shared, routeIndexes: (left, right)))
      }
    }
    return conflicts
  }

  /// The fingerprint of a secret that both hold, as a line or as the key it decodes to.
  private static func shared(_ left: SecretSet, _ right: SecretSet) -> String? {
    for (index, line) in left.lines.enumerated() {
      let key = left.keys[index]
      let isShared =
        right.lines.contains { $0.isSame(as: line) } || right.keys.contains { $0.isSame(as: key) }
      if isShared { return line.fingerprint }
    }
    return nil
  }
}
