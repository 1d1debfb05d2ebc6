internal import Signing

/// What a delivery says by which its repetitions are known, but for its body.
struct RepetitionClaim {
  let rule: DedupeRule
  let scope: String
  let signed: SignedParts
  /// The header that the rule names; nil where it is not there once.
  let header: [UInt8]?

  /// Nil where nothing tells repetitions.
  func key(_ body: BodyDigest) -> DedupeKey? {
    DedupeKey(
      rule, scope: scope, id: signed.id, timestamp: signed.timestamp, header: header, body: body)
  }
}
