internal import HTTP
internal import Signing

/// What a delivery says by which its repetitions are known, but for its body.
struct RepetitionClaim {
  let rule: DedupeRule
  let scope: String
  let signed: SignedParts
  /// The header that the rule names; nil where it is not there once.
  let header: [UInt8]?

  init(_ rule: DedupeRule, of route: Route, _ head: RequestHead) {
    self.rule = rule
    scope = route.name
    signed = route.claims.parts(head.headers)
    header = Self.header(rule, head)
  }

  /// One that is sent twice tells nothing.
  private static func header(_ rule: DedupeRule, _ head: RequestHead) -> [UInt8]? {
    guard case .header(let name) = rule, case .once(let index) = head.headers.occurrence(of: Array(name.utf8))
    else { return nil }
    return head.headers.withField(index) { Array($1) }
  }

  /// Nil where nothing tells repetitions.
  func key(_ body: BodyDigest) -> DedupeKey? {
    DedupeKey(
      rule, scope: scope, id: signed.id, timestamp: signed.timestamp, header: header, body: body)
  }
}
