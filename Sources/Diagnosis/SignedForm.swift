internal import Formats
internal import HTTP
internal import Signing

/// One way in which timestamp, id and text may stand around the body under the HMAC.
struct SignedForm {
  let template: SignedTemplate
  let timestamp: TimestampCandidate?
  /// The header that holds the id.
  let idHeader: String?
  let before: [UInt8]
  let behind: [UInt8]

  static let idsMax = 4

  /// Those of the presets, and what else is in use. A timestamp or id that comes behind the body, or an id
  /// without a timestamp, is not tried: whoever moves bytes of a genuine delivery's end, or passes its
  /// timestamp off as an id, would make it match.
  private static let further = [
    "{timestamp}:{body}", "v0.{timestamp}.{body}", "v1:{timestamp}:{body}", "{timestamp}|{body}",
    "{timestamp}-{body}", "{timestamp}_{body}", "{timestamp},{body}", "{timestamp} {body}",
    "{id}:{timestamp}:{body}",
  ]

  /// With a timestamp first, the body alone last.
  static func all(
    _ refused: RefusedCase, timestamps: [TimestampCandidate]
  ) -> [SignedForm] {
    let ids = idHeaders(refused)
    var forms: [SignedForm] = []
    for template in templates(refused.layout) {
      let times: [TimestampCandidate?] = template.contains(.timestamp) ? timestamps : [nil]
      let names: [(String, [UInt8])?] = template.contains(.id) ? ids : [nil]
      for timestamp in times {
        for id in names { forms.append(SignedForm(template, timestamp, id)) }
      }
    }
    return forms
  }

  private static func templates(_ layout: SignatureLayout) -> [SignedTemplate] {
    var all = [layout.signed] + SignatureLayout.presets.map(\.layout.signed)
    all += further.compactMap { try? SignedTemplate($0) }
    var seen: Set<String> = []
    all = all.filter { seen.insert($0.text).inserted }
    return all.filter { $0.contains(.timestamp) } + all.filter { !$0.contains(.timestamp) }
  }

  private init(_ template: SignedTemplate, _ timestamp: TimestampCandidate?, _ id: (String, [UInt8])?) {
    self.template = template
    self.timestamp = timestamp
    idHeader = id?.0
    var sides: [[UInt8]] = [[], []]
    var side = 0
    for part in template.parts {
      switch part {
      case .literal(let bytes): sides[side] += bytes
      case .timestamp: sides[side] += timestamp?.bytes ?? []
      case .id: sides[side] += id?.1 ?? []
      case .body: side = 1
      }
    }
    before = sides[0]
    behind = sides[1]
  }

  func signsSameBytes(as other: SignedForm) -> Bool { before == other.before && behind == other.behind }

  /// Fields that may hold a delivery's id, the likeliest first.
  private static func idHeaders(_ refused: RefusedCase) -> [(String, [UInt8])] {
    let headers = refused.head.headers
    var found: [(String, [UInt8])] = []
    for index in 0..<min(headers.count, SignatureCandidate.fieldsMax) {
      headers.withField(index) { name, value in
        guard SignedValue.isID(value) else { return }
        let name = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
        if name.hasSuffix("id") || name.contains("nonce") { found.append((name, Array(value))) }
      }
    }
    let known = ([refused.layout] + SignatureLayout.presets.map(\.layout)).map(\.idSource)
    let isKnown = { (name: String) in known.contains(.header(name)) }
    return Array((found.filter { isKnown($0.0) } + found.filter { !isKnown($0.0) }).prefix(idsMax))
  }
}
