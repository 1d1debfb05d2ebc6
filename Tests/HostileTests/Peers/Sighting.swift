/// One request as an application was told of it by its own server.
struct Sighting: Sendable, Decodable {
  /// By the names of CGI: `HTTP_X_VERIFIED`, `CONTENT_LENGTH`.
  let fields: [String: String]
  /// By the names that PHP gives back, where it is PHP.
  let headers: [String: String]?
  let bytes: Int
  /// Of the body, in hex.
  let sha256: String
  /// Whether the signature is right by the application's own reckoning; nil where it got none.
  let genuine: Bool?

  /// What is wrong with it for an application that relies on the mark; empty when nothing is.
  ///
  /// - Parameter body: what was signed and sent.
  func violations(body: [UInt8]) -> [String] {
    var violations = markViolations
    if bytes != body.count || fields["CONTENT_LENGTH"] != String(body.count) {
      violations.append("\(bytes) bytes, CONTENT_LENGTH \(fields["CONTENT_LENGTH"] ?? "none")")
    }
    if sha256 != ForeignMAC.digest(body) { violations.append("another body") }
    return violations
  }

  /// The mark, exactly and once, and nothing that could be taken for another.
  var markViolations: [String] {
    var violations: [String] = []
    if fields["HTTP_X_VERIFIED"] != "true" {
      violations.append("HTTP_X_VERIFIED \(fields["HTTP_X_VERIFIED"] ?? "none")")
    }
    if let headers, headers["X-Verified"] != "true" { violations.append("getallheaders() has no mark") }
    let names = Array(fields.keys.map { $0.dropFirst("HTTP_".count) }) + (headers ?? [:]).keys.map { $0[...] }
    let others = names.filter {
      ["xverified", "xverifiedfailed"].contains($0.lowercased().filter { $0.isLetter || $0.isNumber })
        && !["X_VERIFIED", "X-Verified"].contains($0)
    }
    if !others.isEmpty { violations.append("marks \(others)") }
    if genuine == false { violations.append("its signature is wrong") }
    if fields["HTTP_TRANSFER_ENCODING"] != nil { violations.append("HTTP_TRANSFER_ENCODING") }
    return violations
  }
}
