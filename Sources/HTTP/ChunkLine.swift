internal import Formats

/// The line before a chunk's data: `1*HEXDIG *( ";" name [ "=" value ] ) CRLF` (RFC 9112, section 7.1.1).
/// Blanks beside the semicolon, which the RFC calls bad, are refused unless leniency is asked for. Extensions are
/// read and dropped.
struct ChunkLine {
  private enum Phase {
    case size, name, value, quoted, quotedPair, quotedEnd, lineFeed
    /// Only where it is forgiven: blanks behind the size, any text for an extension.
    case padding, text
  }

  static let digitsMax = 16
  /// Beyond it lies nobody's body; below it no sum of sizes overflows.
  static let sizeMax = 1 << 53

  private(set) var size = 0
  private var phase = Phase.size
  /// Digits of the size, or bytes of the extension's name or value being read.
  private var count = 0
  private let isLenient: Bool

  init(leniency: Leniency) { isLenient = leniency == .ofAnswers }

  var isUntouched: Bool { phase == .size && count == 0 }

  /// Takes one byte, and says whether it ended the line.
  mutating func step(_ byte: UInt8) throws(MessageFault) -> Bool {
    switch phase {
    case .size, .padding:
      // Without an extension everybody who forgives it sees the line end here.
      if isLenient, byte == .lineFeed, count > 0 { return true }
      try stepSize(byte)
    case .text: try stepText(byte)
    case .name: try stepName(byte)
    case .value: try stepValue(byte)
    case .quoted: try stepQuoted(byte)
    case .quotedPair: try stepQuotedPair(byte)
    case .quotedEnd: try endElement(byte)
    case .lineFeed:
      guard byte == .lineFeed else { throw .malformed("bare CR in a chunk's size line") }
      return true
    }
    return false
  }

  private mutating func stepSize(_ byte: UInt8) throws(MessageFault) {
    guard phase == .size, let digit = Hex.value(of: byte) else {
      guard count > 0 else { throw .malformed("a chunk without a size") }
      return try endElement(byte)
    }
    count += 1
    size = size << 4 | Int(digit)
    guard count <= Self.digitsMax, size <= Self.sizeMax else { throw .malformed("a chunk size too large") }
  }

  private mutating func stepName(_ byte: UInt8) throws(MessageFault) {
    if byte.isTokenCharacter { return count += 1 }
    guard count > 0 else { throw .malformed("a chunk extension without a name") }
    guard byte == UInt8(ascii: "=") else { return try endElement(byte) }
    count = 0
    phase = .value
  }

  private mutating func stepValue(_ byte: UInt8) throws(MessageFault) {
    if byte.isTokenCharacter { return count += 1 }
    guard count == 0 else { return try endElement(byte) }
    guard byte == UInt8(ascii: "\"") else { throw .malformed("a chunk extension without a value") }
    phase = .quoted
  }

  private mutating func stepQuoted(_ byte: UInt8) throws(MessageFault) {
    switch byte {
    case UInt8(ascii: "\""): phase = .quotedEnd
    case UInt8(ascii: "\\"): phase = .quotedPair
    default: try checkText(byte)
    }
  }

  private mutating func stepQuotedPair(_ byte: UInt8) throws(MessageFault) {
    try checkText(byte)
    phase = .quoted
  }

  private func checkText(_ byte: UInt8) throws(MessageFault) {
    guard byte.isFieldValueByte else { throw .malformed("a control character in a chunk extension") }
  }

  /// A bare LF in it splits a chunk in two for some readers and not for others: nobody is forgiven that.
  private mutating func stepText(_ byte: UInt8) throws(MessageFault) {
    if byte == .carriageReturn { return phase = .lineFeed }
    guard byte != .lineFeed else { throw .malformed("bare LF in a chunk's size line") }
    try checkText(byte)
  }

  /// What may follow a size, a name or a value. A bare LF here splits a chunk in two for lenient readers.
  private mutating func endElement(_ byte: UInt8) throws(MessageFault) {
    switch byte {
    case .carriageReturn: phase = .lineFeed
    case UInt8(ascii: ";"):
      count = 0
      phase = isLenient ? .text : .name
    case .space where isLenient, .tab where isLenient: phase = .padding
    case .lineFeed: throw .malformed("bare LF in a chunk's size line")
    default: throw .malformed("a forbidden byte in a chunk's size line")
    }
  }
}
