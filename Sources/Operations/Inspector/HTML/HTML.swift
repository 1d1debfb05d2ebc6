/// A piece of a page. It is made of elements, of text and of values, and all text and all values are escaped as they
/// come in: what a sender or an app wrote cannot become more than text. There is no way to put in markup as a string.
struct HTML: Sendable {
  /// UTF-8.
  private(set) var bytes: [UInt8] = []

  static let empty = HTML()

  init() {}

  /// Shown as it is, whatever is in it.
  init(_ text: String) { append(text: HTML.told(text)) }

  /// Bytes as UTF-8, with U+FFFD for what is none.
  init(decoding text: some Collection<UInt8>) { self.init(String(decoding: text, as: UTF8.self)) }

  init(_ tag: Tag, _ attributes: [Attribute], _ content: HTML) {
    append("<\(tag.rawValue)")
    for attribute in attributes { append(attribute) }
    append(">")
    guard !tag.isVoid else { return }
    // A reader drops the first line's end in these, which may be the text's.
    if tag == .pre || tag == .textarea { append("\n") }
    bytes += content.bytes
    append("</\(tag.rawValue)>")
  }

  /// A whole document.
  static func document(head: HTML, body: HTML) -> HTML {
    var page = HTML()
    page.append("<!doctype html>\n<html lang=\"en\">")
    page.bytes += HTML(.head, [], head).bytes
    page.bytes += HTML(.body, [], body).bytes
    page.append("</html>\n")
    return page
  }

  static func + (one: HTML, other: HTML) -> HTML {
    var both = one
    both.bytes += other.bytes
    return both
  }

  static func += (one: inout HTML, other: HTML) { one.bytes += other.bytes }

  private mutating func append(_ attribute: Attribute) {
    append(" \(attribute.name)")
    guard let value = attribute.value else { return }
    append("=\"")
    append(text: value)
    append("\"")
  }

  private mutating func append(_ markup: String) { bytes += markup.utf8 }

  /// Text with what turns it around, or is not to be seen, written out as `[U+202E]`: a sender's body must not change
  /// how the page around it reads, nor hide anything. Where there is none of it, as nearly always, it is the same text.
  static func told(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnseen) else { return text }
    var told = ""
    for scalar in text.unicodeScalars {
      if isUnseen(scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        told += "[U+" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits + "]"
      } else {
        told.unicodeScalars.append(scalar)
      }
    }
    return told
  }

  /// Unicode's controls of direction, its ends of lines, its blanks without width, the controls beyond ASCII, and tags.
  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x80 else { return false }
    return switch scalar.value {
    case 0x80...0x9F, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF:
      true
    case 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
    default: false
    }
  }

  /// Also of control characters: HTML has no way to show them, and a reader should see that they are there.
  private mutating func append(text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      case UInt8(ascii: "'"): bytes += "&#39;".utf8
      case 0x09, 0x0A: bytes.append(byte)
      // U+2400 and on: the pictures of what is not to be seen.
      case 0..<0x20: bytes += [0xE2, 0x90, 0x80 + byte]
      case 0x7F: bytes += [0xE2, 0x90, 0xA1]
      default: bytes.append(byte)
      }
    }
  }
}

extension HTML {
  /// What a page may be made of. No `script`, no `style`, no `iframe`, no `object`.
  enum Tag: String, Sendable {
    case a, abbr, article, aside, bdi, body, br, button, caption, code, col, colgroup, datalist, dd, details,
      div, dl
    case dt, em, fieldset, footer, form, h1, h2, h3, head, header, hr, input, label, legend, li, link, main,
      mark,
      meta, nav, ol
    case option, output, p, pre, progress, section, select, small, span, strong, summary, table, tbody, td,
      textarea, tfoot
    case th, thead, time, title, tr, ul
    case svg, path, polyline, line, circle, rect, desc

    var isVoid: Bool {
      switch self {
      case .br, .col, .hr, .input, .link, .meta: true
      default: false
      }
    }
  }
}

/// Puts pieces behind each other: elements, texts, `if` and `for`.
@resultBuilder
enum HTMLBuilder {
  static func buildExpression(_ piece: HTML) -> HTML { piece }
  static func buildExpression(_ text: String) -> HTML { HTML(text) }
  static func buildExpression(_ nothing: Void) -> HTML { .empty }
  static func buildBlock(_ pieces: HTML...) -> HTML { pieces.reduce(into: HTML()) { $0 += $1 } }
  static func buildOptional(_ piece: HTML?) -> HTML { piece ?? .empty }
  static func buildEither(first piece: HTML) -> HTML { piece }
  static func buildEither(second piece: HTML) -> HTML { piece }
  static func buildArray(_ pieces: [HTML]) -> HTML { pieces.reduce(into: HTML()) { $0 += $1 } }
}

/// An element and what is in it.
func element(
  _ tag: HTML.Tag, _ attributes: HTML.Attribute..., @HTMLBuilder content: () -> HTML = { .empty }
) -> HTML {
  HTML(tag, attributes, content())
}
