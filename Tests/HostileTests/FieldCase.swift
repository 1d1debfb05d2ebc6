import TestSupport
import Testing

/// A request that spends its bytes in one place, and one that spends as many in a field that nobody reads.
struct FieldCase: Sendable, CustomTestStringConvertible {
  let name: String
  private var target = "/hook"
  private var isSigned = false
  /// Instead of the body as it would be framed.
  private var rawBody: [UInt8]?
  private let spend: @Sendable (inout SignedRequest) -> Void

  /// The bytes that are spent; a target has less.
  static let bytes = 60_000
  static let targetBytes = 8_000

  var testDescription: String { name }

  /// The request itself, and one with the same number of bytes in a field of no meaning.
  ///
  /// - Parameter signed: whether it is, instead of what the case says.
  func pair(signed: Bool? = nil) -> (field: [UInt8], unknown: [UInt8]) {
    var bare = SignedRequest("")
    bare.target = target
    if !(signed ?? isSigned) { bare.ownSignatureLines = [] }
    let spent = bare.with(spend)
    let field = spent.head + (rawBody ?? spent.framedBody)
    let surplus = field.count - bare.bytes.count - "X-Other: \r\n".utf8.count
    let unknown = bare.with { $0.lines.append("X-Other: " + String(repeating: "o", count: max(surplus, 0))) }
    return (field, unknown.bytes)
  }

  private init(
    _ name: String, signed: Bool = false, rawBody: String? = nil,
    _ spend: @escaping @Sendable (inout SignedRequest) -> Void
  ) {
    self.name = name
    self.spend = spend
    isSigned = signed
    self.rawBody = rawBody.map { Array($0.utf8) }
  }

  /// One field, with an element again and again. No separator is its last byte: a list that is read from its end
  /// would end there.
  ///
  /// - Parameters:
  ///   - lines: how many times the field comes; a line of several is of 720 bytes.
  ///   - other: a line before it, of another field.
  private init(
    _ field: String, _ element: String, target: String = "/hook", signed: Bool = false, lines: Int = 1,
    behind other: String? = nil
  ) {
    let name = [
      signed ? "signed, " : "", lines > 1 ? "\(lines) of " : "", "\(field): \(element)...",
      other.map { " behind \($0.prefix { $0 != ":" })" } ?? "",
    ].joined()
    self.init(name, signed: signed) {
      let all = String(repeating: element, count: (lines > 1 ? 720 : FieldCase.bytes) / element.utf8.count)
      let value = element == "," ? Substring(all) : FieldCase.trimmed(all)
      let own = (other.map { [$0] } ?? []) + [String](repeating: "\(field): \(value)", count: lines)
      if field == "Host" { $0.lines = own } else { $0.lines += own }
    }
    self.target = target
  }

  private static func trimmed(_ list: String) -> Substring {
    var list = Substring(list)
    while let last = list.last, ",; ".contains(last) { list.removeLast() }
    return list
  }
}

extension FieldCase {
  static let all = fields + targets + bodies
  /// Those that spend their bytes in header fields.
  static let fields = fronts + framing + signatures + others + genuine

  private static let fronts: [FieldCase] = [
    FieldCase("X-Forwarded-For", "127.0.0.1,"), FieldCase("X-Forwarded-For", "127.0.0.1:51008, "),
    FieldCase("X-Forwarded-For", "[::1]:64828,"), FieldCase("X-Forwarded-For", ","),
    FieldCase("X-Forwarded-For", "1"), FieldCase("Forwarded", "for=127.0.0.1,"),
    FieldCase("Forwarded", "for=127.0.0.1;"), FieldCase("Forwarded", "for=\"[::1]:4711\";proto=https,"),
    FieldCase("X-Forwarded-Proto", "https,"), FieldCase("X-Forwarded-Host", "a.example,"),
    FieldCase("X-Forwarded-Port", "443,"), FieldCase("X-Real-IP", "127.0.0.1,"),
    FieldCase("Via", "1.1 front, "),
  ]

  private static let framing: [FieldCase] = [
    FieldCase("Host", "a"), FieldCase("Content-Length", "0"), FieldCase("Transfer-Encoding", "chunked, "),
    FieldCase("Connection", "a,"), FieldCase("Connection", "x-y-z,"), FieldCase("Connection", ","),
    FieldCase("Connection", "close,"), FieldCase("Expect", "100-continue, "),
    FieldCase("Keep-Alive", "timeout=5, "),
    FieldCase("TE", "trailers, "), FieldCase("Trailer", "x-t, "), FieldCase("Upgrade", "h2c, "),
  ]

  private static let signatures: [FieldCase] = [
    FieldCase("mor-signature", "ab"), FieldCase("mor-timestamp", "1"),
    FieldCase("stripe-signature", "v1=ab,", target: "/stripe"),
    FieldCase("stripe-signature", "t=1,", target: "/stripe"),
    FieldCase("stripe-signature", ",", target: "/stripe"),
    FieldCase("webhook-signature", "v1,aaaa ", target: "/standard"),
    FieldCase("webhook-id", "a", target: "/standard"),
    FieldCase("webhook-timestamp", "1", target: "/standard"),
  ]

  private static let others: [FieldCase] = [
    FieldCase("traceparent", "00-"), FieldCase("tracestate", "a=b,"), FieldCase("X-Request-Id", "a"),
    FieldCase("Accept", "*/*, "), FieldCase("Cookie", "a=b; "), FieldCase("X-Verified", "true, "),
    FieldCase("a name of hyphens") { $0.lines.append(String(repeating: "-", count: bytes) + ": 1") },
    FieldCase("a name of underscores") { $0.lines.append(String(repeating: "_", count: bytes) + ": 1") },
    FieldCase("90 short fields") { $0.lines += (0..<90).map { "X-\($0): 1" } },
  ]

  /// What is signed, or replayed, goes further: its fields are planned, too.
  private static let genuine: [FieldCase] = [
    FieldCase("signed, Connection with names, and 90 fields", signed: true) {
      let names = (0..<4_500).map { "x-name-\($0)" }.joined(separator: ",")
      $0.lines += ["Connection: \(names)"] + (0..<90).map { "Y-Name-\($0): 1" }
    },
    FieldCase("signed, Connection with 90 long names, and 90 fields", signed: true) {
      let long = String(repeating: "n", count: 300)
      let names = (10..<100).map { "\(long)\($0)" }.joined(separator: ",")
      $0.lines += ["Connection: \(names)"] + (10..<90).map { "\(long)x\($0): 1" }
    },
    FieldCase("X-Forwarded-For", "127.0.0.1,", signed: true),
    FieldCase("X-Forwarded-For", "::1,", signed: true, lines: 80),
    FieldCase("Forwarded", "for=127.0.0.1,", signed: true),
    FieldCase("signed, a name of hyphens", signed: true) {
      $0.lines.append(String(repeating: "-", count: bytes) + ": 1")
    },
    FieldCase("signed, a name of underscores", signed: true) {
      $0.lines.append(String(repeating: "_", count: bytes) + ": 1")
    },
    FieldCase("signed, 80 names of underscores", signed: true) {
      $0.lines += (10..<90).map { "\(String(repeating: "_", count: 700))\($0): 1" }
    },
    FieldCase("signed, 90 short fields", signed: true) { $0.lines += (0..<90).map { "X-\($0): 1" } },
    FieldCase("signed, 90 empty fields", signed: true) { $0.lines += (0..<90).map { "\($0):" } },
    FieldCase("Via", "1.1 front, ", signed: true), FieldCase("Via", "1.1 a,", signed: true, lines: 80),
    FieldCase("tracestate", "a=b,", signed: true, behind: trace),
    FieldCase("tracestate", "a=b,", signed: true, lines: 80, behind: trace),
    FieldCase("tracestate", "a=b,", signed: true), FieldCase("traceparent", "00-", signed: true),
    FieldCase("X-Request-Id", "a", signed: true), FieldCase("X-Request-Id", "a", signed: true, lines: 80),
    FieldCase("X-Forwarded-Host", "a.example,", signed: true),
    FieldCase("X-Verified", "true,", signed: true, lines: 80),
  ]

  private static let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  private static let targets: [FieldCase] = [
    FieldCase("a target of slashes below /p/*") {
      $0.target = "/p" + String(repeating: "/", count: targetBytes)
    },
    FieldCase("a target of segments below /p/*") {
      $0.target = "/p" + String(repeating: "/a", count: targetBytes / 2)
    },
    FieldCase("a target of escapes below /p/*") {
      $0.target = "/p/" + String(repeating: "%41", count: targetBytes / 3)
    },
    FieldCase("a target that no route has") {
      $0.target = "/" + String(repeating: "/a", count: targetBytes / 2)
    },
    FieldCase("a query") { $0.target = "/hook?" + String(repeating: "a=b&", count: targetBytes / 4) },
  ]

  private static let bodies: [FieldCase] = [
    FieldCase("chunks of one byte") {
      $0.body = [UInt8](repeating: 7, count: bytes / 6)
      $0.chunks = [1]
    },
    FieldCase("signed, chunks of one byte", signed: true) {
      $0.body = [UInt8](repeating: 7, count: bytes / 6)
      $0.chunks = [1]
    },
    FieldCase("signed, chunks of 16 bytes", signed: true) {
      $0.body = [UInt8](repeating: 7, count: bytes / 22 * 16)
      $0.chunks = [16]
    },
    FieldCase(
      "a chunk extension", rawBody: "1;" + String(repeating: "e", count: 16_000) + "\r\n7\r\n0\r\n\r\n"
    ) { $0.chunks = [1] },
    FieldCase(
      "quoted chunk extensions",
      rawBody: "1;" + String(repeating: "e=\"e\";", count: 2_600) + "e\r\n7\r\n0\r\n\r\n"
    ) { $0.chunks = [1] },
    FieldCase("trailers") {
      $0.body = [7]
      $0.chunks = [1]
      $0.trailers = "X-T: " + String(repeating: "t", count: bytes) + "\r\n"
    },
    FieldCase("60 KB of a body at once") { $0.body = [UInt8](repeating: 7, count: bytes) },
  ]
}
