/// Reads JSON from left to right. Every function gives nil or false where the text is not JSON.
struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var depth = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func wholeText() -> JSON? {
    guard let value = value() else { return nil }
    skipSpace()
    return position == bytes.count ? value : nil
  }

  private mutating func value() -> JSON? {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return nested { $0.object() }
    case UInt8(ascii: "["): return nested { $0.array() }
    case UInt8(ascii: "\""): return string().map(JSON.string)
    case UInt8(ascii: "t"): return word("true") ? .bool(true) : nil
    case UInt8(ascii: "f"): return word("false") ? .bool(false) : nil
    case UInt8(ascii: "n"): return word("null") ? .null : nil
    default: return number().map(JSON.number)
    }
  }

  private mutating func nested(_ read: (inout JSONScanner) -> JSON?) -> JSON? {
    guard depth < JSON.depthMax else { return nil }
    depth += 1
    defer { depth -= 1 }
    position += 1
    return read(&self)
  }

  private mutating func object() -> JSON? {
    var members: [(key: String, value: JSON)] = []
    // By their bytes: a string's own comparison takes two spellings of a character for one.
    var keys: Set<[UInt8]> = []
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      guard let key = key(), keys.insert(key).inserted, take(":"), let value = value() else { return nil }
      members.append((String(decoding: key, as: UTF8.self), value))
    } while take(",")
    return take("}") ? .object(members) : nil
  }

  private mutating func array() -> JSON? {
    var elements: [JSON] = []
    if take("]") { return .array([]) }
    repeat {
      guard let value = value() else { return nil }
      elements.append(value)
    } while take(",")
    return take("]") ? .array(elements) : nil
  }

  private mutating func key() -> [UInt8]? {
    guard let range = string() else { return nil }
    var text: [UInt8] = []
    var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[range]))
    while scanner.character({ text.append($0) }) {}
    return text
  }

  /// What stands between the quotation marks; it is valid throughout.
  private mutating func string() -> Range<Int>? {
    guard next == UInt8(ascii: "\"") else { return nil }
    position += 1
    let start = position
    while character({ _ in }) {}
    guard next == UInt8(ascii: "\"") else { return nil }
    defer { position += 1 }
    return start..<position
  }

  /// Reads one character of a string, as UTF-8 bytes; false at the closing mark and where it is invalid.
  mutating func character(_ emit: (UInt8) -> Void) -> Bool {
    guard let byte = next, byte >= 0x20, byte != UInt8(ascii: "\"") else { return false }
    if byte == UInt8(ascii: "\\") { return escape(emit) }
    guard let count = UTF8Sequence.length(bytes, at: position) else { return false }
    for _ in 0..<count {
      emit(bytes[position])
      position += 1
    }
    return true
  }

  private mutating func escape(_ emit: (UInt8) -> Void) -> Bool {
    guard position + 1 < bytes.count else { return false }
    let letter = bytes[position + 1]
    if letter == UInt8(ascii: "u") { return unicodeEscape(emit) }
    guard let value = JSONEscape.byte(of: letter) else { return false }
    position += 2
    emit(value)
    return true
  }

  /// `\uXXXX`, or two of them for a character beyond the first plane. A lone surrogate is no character.
  private mutating func unicodeEscape(_ emit: (UInt8) -> Void) -> Bool {
    guard let first = codeUnit(at: position) else { return false }
    var length = 6
    var scalar = UInt32(first)
    if first & 0xFC00 == 0xD800 {
      guard let second = codeUnit(at: position + 6), second & 0xFC00 == 0xDC00 else { return false }
      scalar = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
      length = 12
    }
    guard let character = Unicode.Scalar(scalar) else { return false }
    position += length
    for byte in UTF8.encode(character)! { emit(byte) }
    return true
  }

  private func codeUnit(at start: Int) -> UInt16? {
    guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"),
      bytes[start + 1] == UInt8(ascii: "u")
    else { return nil }
    var value: UInt16 = 0
    for index in start + 2..<start + 6 {
      guard let digit = Hex.value(of: bytes[index]) else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private mutating func number() -> Range<Int>? {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") {
      position += 1
    } else {
      guard digits() else { return nil }
    }
    if next == UInt8(ascii: ".") {
      position += 1
      guard digits() else { return nil }
    }
    if let letter = next, letter | 0x20 == UInt8(ascii: "e") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() else { return nil }
    }
    return start..<position
  }

  private mutating func digits() -> Bool {
    let start = position
    while let digit = next, digit.isASCIIDigit { position += 1 }
    return position > start
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let end = position + word.utf8CodeUnitCount
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard end <= bytes.count, bytes[position..<end].elementsEqual(expected) else { return false }
    position = end
    return true
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

/// Well-formed byte sequences, table 3-7 of the Unicode standard.
enum UTF8Sequence {
  /// The length of the sequence at `start`, nil where none is well-formed.
  static func length(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int? {
    let (length, second) = shape(bytes[start])
    guard length > 0, start + length <= bytes.count else { return nil }
    guard length > 1 else { return 1 }
    guard second.contains(bytes[start + 1]) else { return nil }
    let rest = bytes[(start + 2)..<(start + length)]
    return rest.allSatisfy { (0x80...0xBF).contains($0) } ? length : nil
  }

  private static func shape(_ lead: UInt8) -> (Int, ClosedRange<UInt8>) {
    switch lead {
    case 0x00...0x7F: (1, 0...0)
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xE1...0xEF: (3, 0x80...0xBF)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: (0, 0...0)
    }
  }
}
