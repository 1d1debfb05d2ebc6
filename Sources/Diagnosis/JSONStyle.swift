internal import Formats

/// How a program writes JSON: what a body looks like after something has read it and written it anew.
struct JSONStyle {
  enum Spacing {
    case none
    /// Behind colons and commas.
    case blanks
    /// Lines indented by so many blanks for each level.
    case indented(Int)
  }

  let name: String
  var spacing = Spacing.none
  /// `\uXXXX` for all that is not ASCII.
  var escapesUnicode = false
  var escapesSlash = false
  /// `\u003c`, `\u003e` and `\u0026`.
  var escapesHTML = false
  var sortsKeys = false

  private static let unsorted = [
    JSONStyle(name: "JSON.stringify"),
    JSONStyle(name: "json.dumps", spacing: .blanks, escapesUnicode: true),
    JSONStyle(name: "json_encode", escapesUnicode: true, escapesSlash: true),
    JSONStyle(name: "json.dumps with separators=(',', ':')", escapesUnicode: true),
    JSONStyle(name: "json.dumps with ensure_ascii=False", spacing: .blanks),
    JSONStyle(name: "json_encode with JSON_UNESCAPED_UNICODE", escapesSlash: true),
    JSONStyle(name: "Go's json.Marshal", escapesHTML: true),
    JSONStyle(name: "JSON.stringify with an indent of 2", spacing: .indented(2)),
    JSONStyle(name: "json.dumps with indent=4", spacing: .indented(4), escapesUnicode: true),
  ]

  static let all =
    unsorted
    + unsorted.map { style in
      JSONStyle(
        name: style.name + " with sorted keys", spacing: style.spacing,
        escapesUnicode: style.escapesUnicode, escapesSlash: style.escapesSlash,
        escapesHTML: style.escapesHTML, sortsKeys: true)
    }

  func write(_ value: JSONValue) -> [UInt8] {
    var bytes: [UInt8] = []
    write(value, depth: 0, to: &bytes)
    return bytes
  }

  private func write(_ value: JSONValue, depth: Int, to bytes: inout [UInt8]) {
    switch value {
    case .number(let text), .word(let text): bytes += text
    case .string(let text): write(text, to: &bytes)
    case .array(let elements):
      list("[", "]", count: elements.count, depth: depth, to: &bytes) { index, bytes in
        write(elements[index], depth: depth + 1, to: &bytes)
      }
    case .object(let members):
      let members =
        sortsKeys ? members.sorted { $0.key.lexicographicallyPrecedes($1.key) } : members
      list("{", "}", count: members.count, depth: depth, to: &bytes) { index, bytes in
        write(members[index].key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if case .none = spacing {} else { bytes.append(0x20) }
        write(members[index].value, depth: depth + 1, to: &bytes)
      }
    }
  }

  private func list(
    _ start: Unicode.Scalar, _ end: Unicode.Scalar, count: Int, depth: Int, to bytes: inout [UInt8],
    element: (Int, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: start))
    for index in 0..<count {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      gap(isFirst: index == 0, depth: depth + 1, to: &bytes)
      element(index, &bytes)
    }
    if count > 0, case .indented = spacing { gap(isFirst: true, depth: depth, to: &bytes) }
    bytes.append(UInt8(ascii: end))
  }

  private func gap(isFirst: Bool, depth: Int, to bytes: inout [UInt8]) {
    switch spacing {
    case .none: break
    case .blanks: if !isFirst { bytes.append(0x20) }
    case .indented(let width):
      bytes.append(0x0A)
      bytes += [UInt8](repeating: 0x20, count: width * depth)
    }
  }

  private func write(_ text: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { write(scalar, to: &bytes) }
    bytes.append(UInt8(ascii: "\""))
  }

  private func write(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    if scalar == "/", !escapesSlash { return bytes.append(UInt8(ascii: "/")) }
    if scalar.value < 0x80, let letter = JSONEscapes.letter(of: UInt8(scalar.value)) {
      bytes += [UInt8(ascii: "\\"), letter]
    } else if scalar.value < 0x20 || (escapesHTML && "<>&".unicodeScalars.contains(scalar))
      || (escapesUnicode && scalar.value >= 0x80)
    {
      for unit in UTF16.encode(scalar)! { escape(unit, to: &bytes) }
    } else {
      bytes += UTF8.encode(scalar)!
    }
  }

  private func escape(_ unit: UInt16, to bytes: inout [UInt8]) {
    let hex = String(unit, radix: 16)
    bytes += Array("\\u\(String(repeating: "0", count: 4 - hex.count))\(hex)".utf8)
  }
}
