internal import Formats
internal import HTTP

/// A JSON text read so that it can be written anew as other programs would: members in their order, a
/// number as the text it was.
indirect enum JSONValue {
  case object([(key: [UInt8], value: JSONValue)])
  case array([JSONValue])
  /// Without its escapes, as UTF-8.
  case string([UInt8])
  case number([UInt8])
  case word([UInt8])

  static let depthMax = 32

  /// Nil for what is no JSON, is nested too deeply, or holds half a surrogate pair.
  static func read(_ bytes: [UInt8]) -> JSONValue? {
    bytes.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes: bytes)
      guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
      return value
    }
  }

  /// Strings and numbers down to the third level, each with its path.
  var scalars: [(path: String, text: [UInt8])] {
    var found: [(String, [UInt8])] = []
    collectScalars("", levels: 3, into: &found)
    return found
  }

  private func collectScalars(_ path: String, levels: Int, into found: inout [(String, [UInt8])]) {
    switch self {
    case .string(let text), .number(let text): found.append((path, text))
    case .object(let members) where levels > 0:
      for (key, value) in members.prefix(64) where key.allSatisfy({ $0.isTokenCharacter }) {
        let name = String(decoding: key.prefix(64), as: UTF8.self)
        value.collectScalars(path.isEmpty ? name : "\(path).\(name)", levels: levels - 1, into: &found)
      }
    default: break
    }
  }
}

/// Reads RFC 8259, strictly but for keys that come twice.
private struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.count
    }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func value(depth: Int) -> JSONValue? {
    guard depth <= JSONValue.depthMax else { return nil }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case .some(let byte) where byte.isASCIIDigit || byte == UInt8(ascii: "-"): return number()
    default: return word()
    }
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    position += 1
    var members: [(key: [UInt8], value: JSONValue)] = []
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      guard let key = string(), take(":"), let value = value(depth: depth + 1) else { return nil }
      members.append((key, value))
    } while take(",")
    return take("}") ? .object(members) : nil
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    position += 1
    var elements: [JSONValue] = []
    if take("]") { return .array([]) }
    repeat {
      guard let value = value(depth: depth + 1) else { return nil }
      elements.append(value)
    } while take(",")
    return take("]") ? .array(elements) : nil
  }

  private mutating func string() -> [UInt8]? {
    guard next == UInt8(ascii: "\"") else { return nil }
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self) == nil ? nil : text
      case UInt8(ascii: "\\"): guard escape(into: &text) else { return nil }
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escape(into text: inout [UInt8]) -> Bool {
    guard let letter = next else { return false }
    position += 1
    if letter == UInt8(ascii: "u") { return unicode(into: &text) }
    guard let byte = JSONEscapes.byte(of: letter) else { return false }
    text.append(byte)
    return true
  }

  private mutating func unicode(into text: inout [UInt8]) -> Bool {
    guard let first = codeUnit() else { return false }
    var scalar = UInt32(first)
    if first & 0xFC00 == 0xD800 {
      guard bytes[position...].starts(with: "\\u".utf8) else { return false }
      position += 2
      guard let second = codeUnit(), second & 0xFC00 == 0xDC00 else { return false }
      scalar = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
    }
    guard let character = Unicode.Scalar(scalar) else { return false }
    text += Array(String(character).utf8)
    return true
  }

  private mutating func codeUnit() -> UInt16? {
    guard position + 4 <= bytes.count else { return nil }
    let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    position += 4
    return digits.hasPrefix("+") || digits.hasPrefix("-") ? nil : UInt16(digits, radix: 16)
  }

  private mutating func number() -> JSONValue? {
    let start = position
    let marks = Array("+-.eE".utf8)
    while let byte = next, byte.isASCIIDigit || marks.contains(byte) { position += 1 }
    return .number(Array(bytes[start..<position]))
  }

  private mutating func word() -> JSONValue? {
    for word in ["true", "false", "null"].map({ Array($0.utf8) })
    where bytes[position...].starts(with: word) {
      position += word.count
      return .word(word)
    }
    return nil
  }

  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }
}

/// The two-character escapes of RFC 8259, section 7.
enum JSONEscapes {
  private static let all: [(letter: UInt8, byte: UInt8)] = [
    (UInt8(ascii: "\""), UInt8(ascii: "\"")), (UInt8(ascii: "\\"), UInt8(ascii: "\\")),
    (UInt8(ascii: "/"), UInt8(ascii: "/")), (UInt8(ascii: "b"), 0x08), (UInt8(ascii: "f"), 0x0C),
    (UInt8(ascii: "n"), 0x0A), (UInt8(ascii: "r"), 0x0D), (UInt8(ascii: "t"), 0x09),
  ]

  static func byte(of letter: UInt8) -> UInt8? { all.first { $0.letter == letter }?.byte }
  static func letter(of byte: UInt8) -> UInt8? { all.first { $0.byte == byte }?.letter }
}
