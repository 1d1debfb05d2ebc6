internal import Signing

/// One secret file's keys on one lane, with their idle contexts.
final class KeyRing {
  let set: SecretSet
  private let hash: Hash
  let pools: [KeyedHMACPool]
  /// Of the secrets that a rotation replaced.
  let previousPools: [KeyedHMACPool]
  /// Position of the secret that matched last.
  var likely = 0
  /// Deliveries that began with this ring and have not been judged.
  var unjudged = 0
  /// Replaced because a secret is compromised: it must verify nothing any more.
  var isRevoked = false

  init(set: SecretSet, hash: Hash) {
    self.set = set
    self.hash = hash
    pools = set.keys.map { KeyedHMACPool(key: $0, hash: hash) }
    previousPools = set.previous.map { KeyedHMACPool(key: $0.key, hash: hash) }
  }

  /// A ring for each secret file; those whose set is the very same, under the same hash, stay warm.
  static func all(for snapshot: Snapshot, keeping old: [KeyRing]) -> [KeyRing] {
    var hashes: [Int: Hash] = [:]
    for route in snapshot.routes.all { hashes[route.secretFileIndex] = route.layout.hash }
    return snapshot.secrets.enumerated().map { index, set in
      let hash = hashes[index] ?? .sha256
      return old.first { $0.set === set && $0.hash == hash } ?? KeyRing(set: set, hash: hash)
    }
  }
}

extension SecretSet {
  /// Whether a set that takes this one's place does so because a secret is compromised.
  func isRevoked(by successor: SecretSet?) -> Bool {
    guard let successor else { return false }
    let isCompromised = rotation?.isCompromised == true || successor.rotation?.isCompromised == true
    return isCompromised && !lines[0].isSame(as: successor.lines[0])
  }
}
