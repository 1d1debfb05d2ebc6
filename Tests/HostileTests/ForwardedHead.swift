import TestSupport

/// What must hold of every request that an upstream gets, whatever its sender said.
enum ForwardedHead {
  private static let hopByHop = [
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "proxy",
    "proxy-connection", "proxy-authorization", "proxy-authenticate", "http2-settings",
  ]

  static func violations(in request: RecordedRequest) -> [String] {
    lines(request) + framing(request) + marks(request)
      + hopByHop.filter { request.head.has($0) }.map { "\($0) was forwarded" }
  }

  /// Bytes that every reader splits at the same places.
  private static func lines(_ request: RecordedRequest) -> [String] {
    var violations: [String] = []
    let parts = request.head.first.split(separator: " ", omittingEmptySubsequences: false)
    if parts.count != 3 || parts[2] != "HTTP/1.1" || !parts[1].hasPrefix("/") {
      violations.append("request line \(request.head.first)")
    }
    for field in request.head.fields {
      let name = field.prefix { $0 != ":" }
      let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
      if name.isEmpty || name.count == field.count || !isPlain { violations.append("field \(field)") }
    }
    for (index, byte) in request.head.bytes.enumerated() {
      let isBare = byte == 10 && (index == 0 || request.head.bytes[index - 1] != 13)
      if isBare || (byte < 32 && byte != 9 && byte != 10 && byte != 13) || byte == 127 {
        violations.append("byte \(byte) in the head")
      }
    }
    return violations
  }

  private static func framing(_ request: RecordedRequest) -> [String] {
    var violations: [String] = []
    let lengths = request.head.values("content-length")
    if lengths != [String(request.body.count)] { violations.append("Content-Length \(lengths)") }
    if request.head.values("host").count != 1 { violations.append("Host \(request.head.values("host"))") }
    return violations
  }

  private static func marks(_ request: RecordedRequest) -> [String] {
    let ours: Set = ["xverified", "xverifiedfailed", "httpxverified", "httpxverifiedfailed"]
    let marks = request.head.fields.filter { ours.contains(folded($0)) }
    return marks == ["X-Verified: true"] ? [] : ["marks \(marks)"]
  }

  /// What is left of a field's name when all that somebody folds into something else is left out. It folds
  /// more than anybody does: `X-Veri-fied` is nobody's mark.
  private static func folded(_ field: String) -> String {
    field.prefix { $0 != ":" }.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
