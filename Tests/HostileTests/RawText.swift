/// Tables of bytes as text, one case a line: `\r`, `\n`, `\t` and `\xHH` stand for one byte each.
enum RawText {
  static func rows(_ table: String) -> [String] {
    table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

extension String {
  /// Every scalar of the result is one byte (ISO 8859-1).
  var unescaped: String {
    var result = String.UnicodeScalarView()
    var rest = Substring(self).unicodeScalars
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let kind = rest.first, let count = Self.escapes[kind] else {
        result.append(scalar)
        continue
      }
      let code = String(String.UnicodeScalarView(rest.dropFirst().prefix(count)))
      rest.removeFirst(1 + count)
      result.append(Unicode.Scalar(Self.byte(kind, code)))
    }
    return String(result)
  }

  /// The letters of escapes, and how many characters follow them.
  private static let escapes: [Unicode.Scalar: Int] = ["r": 0, "n": 0, "t": 0, "x": 2]

  private static func byte(_ kind: Unicode.Scalar, _ code: String) -> UInt8 {
    switch kind {
    case "r": 13
    case "n": 10
    case "t": 9
    default: UInt8(code, radix: 16) ?? 0x3F
    }
  }
}
