internal import Gateway

/// The lines of a header or trailer section as they arrive, up to the empty line that ends it
/// (RFC 9112, section 5). It judges bytes and counts them; what a field means is the caller's business.
struct FieldSection {
  enum Progress {
    case needMore
    /// A line ended; `nameCount` and `lineCount` say what of it is name and value.
    case field
    case end
  }

  private enum Phase {
    case start, name, value, lineFeed, endLineFeed
  }

  private var phase = Phase.start
  /// Bytes of the name, which begins the line and is followed by the colon.
  private(set) var nameCount = 0
  /// Bytes of the line without its CRLF.
  private(set) var lineCount = 0
  private var bytesLeft: Int
  private var fieldsLeft: Int

  init(bytesMax: Int, fieldsMax: Int) {
    bytesLeft = bytesMax
    fieldsLeft = fieldsMax
  }

  /// Bytes of the section that stood before its first line.
  mutating func charge(_ count: Int) { bytesLeft -= count }

  /// Reads to the end of one line.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(Rejection) -> Progress {
    while index < bytes.count {
      switch phase {
      case .start: try start(bytes[index], &index)
      case .name: try readName(bytes, &index)
      case .value: try readValue(bytes, &index)
      case .lineFeed:
        try readLineFeed(bytes[index], &index)
        return .field
      case .endLineFeed:
        try readLineFeed(bytes[index], &index)
        return .end
      }
    }
    return .needMore
  }

  private mutating func start(_ byte: UInt8, _ index: inout Int) throws(Rejection) {
    lineCount = 0
    if byte == .carriageReturn {
      index += 1
      return phase = .endLineFeed
    }
    guard fieldsLeft > 0 else { throw .headTooLarge(.fields) }
    // RFC 9112, section 5.2: a server refuses a folded line or makes it a blank; readers differ in which.
    guard byte != .space, byte != .tab else { throw .malformed("a folded header line") }
    guard byte != .lineFeed else { throw .malformed("bare LF in the header section") }
    guard byte != UInt8(ascii: ":") else { throw .malformed("an empty header name") }
    phase = .name
  }

  private mutating func readName(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(Rejection) {
    let end = contentEnd(bytes, index)
    let start = index
    index = bytes.endOfToken(from: start, to: end)
    lineCount += index - start
    guard index < bytes.count else { return }
    try checkBound(bytes[index], isAtEnd: index == end)
    try endName(bytes[index])
    nameCount = lineCount
    lineCount += 1
    index += 1
    phase = .value
  }

  private func endName(_ byte: UInt8) throws(Rejection) {
    switch byte {
    case UInt8(ascii: ":"): return
    // RFC 9112, section 5.1: such a blank has been used to hide a field from one of two readers.
    case .space, .tab: throw .malformed("a blank in or after a header name")
    case .carriageReturn, .lineFeed: throw .malformed("a header line without a colon")
    default: throw .malformed("a header name that is no token")
    }
  }

  private mutating func readValue(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(Rejection) {
    let end = contentEnd(bytes, index)
    let start = index
    index = bytes.endOfFieldValueBytes(from: start, to: end)
    lineCount += index - start
    guard index < bytes.count else { return }
    try checkBound(bytes[index], isAtEnd: index == end)
    switch bytes[index] {
    case .carriageReturn: phase = .lineFeed
    case .lineFeed: throw .malformed("bare LF in the header section")
    default: throw .malformed("a control character in a header value")
    }
    index += 1
  }

  private mutating func readLineFeed(_ byte: UInt8, _ index: inout Int) throws(Rejection) {
    guard byte == .lineFeed else { throw .malformed("bare CR in the header section") }
    index += 1
    if phase == .lineFeed {
      bytesLeft -= lineCount + 2
      fieldsLeft -= 1
    }
    phase = .start
  }

  /// How far this line may reach in `bytes` so that its CRLF still lies within the section's bound.
  @inline(__always)
  private func contentEnd(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
    min(bytes.count, index + max(0, bytesLeft - 2 - lineCount))
  }

  @inline(__always)
  private func checkBound(_ byte: UInt8, isAtEnd: Bool) throws(Rejection) {
    guard isAtEnd, byte != .carriageReturn else { return }
    throw .headTooLarge(.bytes)
  }
}
