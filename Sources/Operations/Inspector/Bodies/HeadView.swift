internal import Formats

/// The head of a request or of an answer. What proves something or opens a door is masked until somebody asks for it:
/// it would stand on a screen that others see, too.
struct HeadView: Sendable {
  /// HTML of all fields together, so that the page stays within its bound.
  private static let htmlBytesMax = 60_000
  private static let fieldsMax = 200
  /// Of one field.
  private static let valueBytesMax = 4_096
  /// What is in the name of such a field.
  private static let privateWords = [
    "signature", "secret", "token", "key", "pass", "auth", "cookie", "hmac", "session", "credential",
    "bearer",
  ]
  /// Likewise, where it is a whole word.
  private static let privateParts = ["sig", "jwt", "pwd", "pin", "otp"]

  struct Field: Sendable, Equatable {
    var name: [UInt8]
    var value: [UInt8]
    var isPrivate: Bool
  }

  /// The request line; empty where there is none.
  let line: [UInt8]
  let fields: [Field]
  let isRevealed: Bool

  /// - Parameters:
  ///   - head: as it goes over a wire.
  ///   - privateNames: in lower case, besides those that sound like it.
  init(_ head: [UInt8], privateNames: [String], isRevealed: Bool) {
    let lines = Self.lines(head)
    line = lines.first ?? []
    fields = lines.dropFirst().map { Self.field($0, privateNames) }
    self.isRevealed = isRevealed
  }

  /// - Parameter fields: `name: value` each.
  init(fields: [String], isRevealed: Bool) {
    line = []
    self.fields = fields.map { Self.field(Array($0.utf8), []) }
    self.isRevealed = isRevealed
  }

  /// Up to the empty one.
  private static func lines(_ head: [UInt8]) -> [[UInt8]] {
    head.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { Array($0.last == 0x0D ? $0.dropLast() : $0) }
      .prefix { !$0.isEmpty }
      .map { $0 }
  }

  private static func field(_ line: [UInt8], _ privateNames: [String]) -> Field {
    let name = Array(line.prefix { $0 != UInt8(ascii: ":") })
    let value = line.dropFirst(name.count + 1).drop { $0 == 0x20 || $0 == 0x09 }
    let lower = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
    return Field(
      name: name, value: Array(value),
      isPrivate: privateNames.contains(lower) || soundsPrivate(lower))
  }

  /// - Parameter name: in lower case.
  private static func soundsPrivate(_ name: String) -> Bool {
    privateWords.contains { name.contains($0) }
      || name.split { !$0.isLetter }.contains { privateParts.contains(String($0)) }
  }

  var hasPrivate: Bool { fields.contains { $0.isPrivate } || Self.masked(line: line) != line }

  /// The request line as it may be shown.
  var shownLine: [UInt8] { isRevealed ? line : Self.masked(line: line) }

  /// A request line in whose query what sounds private is masked: senders that sign nothing are known by a token there.
  static func masked(line: [UInt8]) -> [UInt8] {
    guard let mark = line.firstIndex(of: UInt8(ascii: "?")) else { return line }
    let end = line[mark...].firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
    var masked = Array(line[...mark])
    for (index, field) in line[(mark + 1)..<end].split(
      separator: UInt8(ascii: "&"), omittingEmptySubsequences: false
    ).enumerated() {
      if index > 0 { masked.append(UInt8(ascii: "&")) }
      let name = field.prefix { $0 != UInt8(ascii: "=") }
      let text = PercentCoding.text(name, plusIsBlank: true) ?? String(decoding: name, as: UTF8.self)
      if field.count > name.count + 1, soundsPrivate(text.lowercased()) {
        masked += name + Array("=[masked]".utf8)
      } else {
        masked += field
      }
    }
    return masked + line[end...]
  }

  /// - Parameters:
  ///   - caption: whose fields they are.
  ///   - reveal: the same page with nothing masked.
  func html(_ caption: String, reveal: PageAddress?) -> HTML {
    var (rows, bytes): ([[HTML]], Int) = ([], 0)
    for field in fields.prefix(Self.fieldsMax) {
      let row = [
        Parts.code(String(decoding: field.name.prefix(Self.valueBytesMax), as: UTF8.self)), value(field),
      ]
      bytes += row[0].bytes.count + row[1].bytes.count + Self.rowBytes
      guard bytes <= Self.htmlBytesMax else { break }
      rows.append(row)
    }
    let left = fields.count - rows.count
    var html = HTML.empty
    if !line.isEmpty { html += element(.p) { Parts.code(Self.cut(shownLine)) } }
    if !rows.isEmpty { html += Parts.table(caption, ["Field", "Value"], rows, isPairs: true) }
    if left > 0 {
      html += element(.p, .class("count")) { "And \(Parts.counted(left, "field", "fields")) more." }
    }
    if let reveal, hasPrivate, !isRevealed {
      html += element(.p) { Parts.link("Show signatures, passwords and cookies too", reveal) }
    }
    return html
  }

  /// Of a row's own markup.
  private static let rowBytes = 240

  private func value(_ field: Field) -> HTML {
    field.isPrivate && !isRevealed
      ? element(.span, .class("quiet")) { Self.mask(field) } : Parts.code(Self.cut(field.value))
  }

  static func mask(_ field: Field) -> String {
    "masked, \(Parts.counted(field.value.count, "byte", "bytes"))"
  }

  static func cut(_ bytes: [UInt8], _ bytesMax: Int = valueBytesMax) -> String {
    let text = String(decoding: bytes.prefix(bytesMax), as: UTF8.self)
    return bytes.count > bytesMax ? text + " … \(Parts.number(bytes.count - bytesMax)) bytes more" : text
  }
}
