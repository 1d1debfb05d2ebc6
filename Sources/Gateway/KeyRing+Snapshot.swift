internal import Signing

extension KeyRing {
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
