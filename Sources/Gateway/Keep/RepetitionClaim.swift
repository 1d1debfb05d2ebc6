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
    scope = Self.scope(rule, of: route, head)
    signed = route.claims.parts(head.headers)
    header = Self.header(rule, head)
  }

  /// Who signs an id says what is the same. A body may be the same at two places below a route, and mean two things.
  private static func scope(_ rule: DedupeRule, of route: Route, _ head: RequestHead) -> String {
    switch rule {
    case .none, .id, .header: route.name
    case .body, .exact:
      "\(route.name)\n\(head.method)\n\(String(decoding: head.target[..<head.pathCount], as: UTF8.self))"
    }
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
