internal import Formats

/// How a program writes JSON: what a body looks like after something has read it and written it anew.
struct JSONStyle: Sendable {
  var name: String
  var spacing = JSONWriter.Style.Spacing.none
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
      var sorted = style
      sorted.name += " with sorted keys"
      sorted.sortsKeys = true
      return sorted
    }

  func write(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter(style: style)
    write(value.json, in: value.bytes, to: &writer)
    return writer.bytes
  }

  private var style: JSONWriter.Style {
    let (escapesUnicode, escapesHTML) = (escapesUnicode, escapesHTML)
    var style = JSONWriter.Style()
    style.spacing = spacing
    style.hasLetters = true
    style.escapesSlash = escapesSlash
    style.isEscaped = { scalar in
      escapesUnicode && scalar.value >= 0x80
        || escapesHTML && (scalar == "<" || scalar == ">" || scalar == "&")
    }
    return style
  }

  private func write(_ json: JSON, in bytes: [UInt8], to writer: inout JSONWriter) {
    switch json {
    case .null: writer.null()
    case .bool(let value): writer.bool(value)
    case .number(let range): writer.number(spelled: bytes[range])
    case .string: writer.string(json.text(in: bytes) ?? "")
    case .array(let elements):
      writer.array { writer in
        for element in elements { writer.element { write(element, in: bytes, to: &$0) } }
      }
    case .object(let members):
      let members =
        sortsKeys ? members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : members
      writer.object { writer in
        for member in members { writer.member(member.key) { write(member.value, in: bytes, to: &$0) } }
      }
    }
  }
}
