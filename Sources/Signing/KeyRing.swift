/// One secret file's keys on one loop, with their idle contexts.
public final class KeyRing {
  public let set: SecretSet
  public let hash: Hash
  let pools: [KeyedHMACPool]
  /// Of the secrets that a rotation replaced.
  let previousPools: [KeyedHMACPool]
  /// Position of the secret that matched last.
  var likely = 0
  /// Deliveries that began with this ring and have not been judged.
  public var unjudged = 0
  /// Replaced because a secret is compromised: it must verify nothing any more.
  public var isRevoked = false

  public init(set: SecretSet, hash: Hash) {
    self.set = set
    self.hash = hash
    pools = set.keys.map { KeyedHMACPool(key: $0, hash: hash) }
    previousPools = set.previous.map { KeyedHMACPool(key: $0.key, hash: hash) }
  }
}

extension SecretSet {
  /// Whether a set that takes this one's place does so because a secret is compromised.
  public func isRevoked(by successor: SecretSet?) -> Bool {
    guard let successor else { return false }
    let isCompromised = rotation?.isCompromised == true || successor.rotation?.isCompromised == true
    return isCompromised && !lines[0].isSame(as: successor.lines[0])
  }
}
