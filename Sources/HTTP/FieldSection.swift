/// The lines of a header or trailer section as they arrive, up to the empty line that ends it
/// (RFC 9112, section 5). It judges bytes and counts them; what a field means is the caller's business.
struct FieldSection {
  enum Progress {
    case needMore
    /// A line ended; `nameCount` and `lineCount` say what of it is name and value.
    case field
    /// A line ended that goes on with the value of the field before it: only where that is forgiven.
    case fold
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
  private(set) var bytesLeft: Int
  private(set) var fieldsLeft: Int
  private let isLenient: Bool
  private var hasField = false
  private var isFold = false

  init(bytesMax: Int, fieldsMax: Int, leniency: Leniency = .none) {
    bytesLeft = bytesMax
    fieldsLeft = fieldsMax
    isLenient = leniency == .ofAnswers
  }

  /// Whether the CR of the empty line was read, and its LF was not.
  var lacksLastLineFeed: Bool { phase == .endLineFeed }

  /// Bytes of the section that stood before its first line.
  mutating func charge(_ count: Int) { bytesLeft -= count }

  /// Reads to the end of one line.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(MessageFault) -> Progress {
    if phase == .start, takePlain(bytes, &index) { return .field }
    while index < bytes.count {
      switch phase {
      case .start: try start(bytes[index], &index)
      case .name: try readName(bytes, &index)
      case .value: try readValue(bytes, &index)
      case .lineFeed:
        try readLineFeed(bytes[index], &index)
        return isFold ? .fold : .field
      case .endLineFeed:
        try readLineFeed(bytes[index], &index)
        return .end
      }
    }
    return .needMore
  }

  /// A line that lies in `bytes` whole, as nearly all do: one look for what takes five steps otherwise. Of what is
  /// cut, or could be refused, nothing is touched: that is left to the steps.
  private mutating func takePlain(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
    let nameEnd = bytes.endOfToken(from: index, to: bytes.count)
    guard nameEnd > index, nameEnd < bytes.count, bytes[nameEnd] == UInt8(ascii: ":") else { return false }
    let end = bytes.endOfFieldValueBytes(from: nameEnd + 1, to: bytes.count)
    guard end + 1 < bytes.count, bytes[end] == .carriageReturn, bytes[end + 1] == .lineFeed, fieldsLeft > 0,
      end - index + 2 <= bytesLeft
    else { return false }
    nameCount = nameEnd - index
    lineCount = end - index
    bytesLeft -= lineCount + 2
    fieldsLeft -= 1
    hasField = true
    isFold = false
    index = end + 2
    return true
  }

  private mutating func start(_ byte: UInt8, _ index: inout Int) throws(MessageFault) {
    lineCount = 0
    isFold = false
    if byte == .carriageReturn {
      index += 1
      return phase = .endLineFeed
    }
    if isLenient, byte == .lineFeed { return phase = .endLineFeed }
    if isLenient, hasField, byte == .space || byte == .tab { return beginFold() }
    guard fieldsLeft > 0 else { throw .headTooLarge(.fields) }
    // RFC 9112, section 5.2: a server refuses a folded line or makes it a blank; readers differ in which.
    guard byte != .space, byte != .tab else { throw .malformed("a folded header line") }
    guard byte != .lineFeed else { throw .malformed("bare LF in the header section") }
    guard byte != UInt8(ascii: ":") else { throw .malformed("an empty header name") }
    phase = .name
  }

  private mutating func beginFold() {
    isFold = true
    nameCount = 0
    phase = .value
  }

  private mutating func readName(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(MessageFault) {
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

  private func endName(_ byte: UInt8) throws(MessageFault) {
    switch byte {
    case UInt8(ascii: ":"): return
    // RFC 9112, section 5.1: such a blank has been used to hide a field from one of two readers.
    case .space, .tab: throw .malformed("a blank in or after a header name")
    case .carriageReturn, .lineFeed: throw .malformed("a header line without a colon")
    default: throw .malformed("a header name that is no token")
    }
  }

  private mutating func readValue(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(MessageFault) {
    let end = contentEnd(bytes, index)
    let start = index
    index = bytes.endOfFieldValueBytes(from: start, to: end)
    lineCount += index - start
    guard index < bytes.count else { return }
    try checkBound(bytes[index], isAtEnd: index == end)
    switch bytes[index] {
    case .carriageReturn: index += 1
    case .lineFeed where isLenient: break
    case .lineFeed: throw .malformed("bare LF in the header section")
    default: throw .malformed("a control character in a header value")
    }
    phase = .lineFeed
  }

  private mutating func readLineFeed(_ byte: UInt8, _ index: inout Int) throws(MessageFault) {
    guard byte == .lineFeed else { throw .malformed("bare CR in the header section") }
    index += 1
    if phase == .lineFeed {
      bytesLeft -= lineCount + 2
      if !isFold { fieldsLeft -= 1 }
      hasField = true
    }
    phase = .start
  }

  /// How far this line may reach in `bytes` so that its CRLF still lies within the section's bound.
  @inline(__always)
  private func contentEnd(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
    min(bytes.count, index + max(0, bytesLeft - 2 - lineCount))
  }

  @inline(__always)
  private func checkBound(_ byte: UInt8, isAtEnd: Bool) throws(MessageFault) {
    guard isAtEnd, byte != .carriageReturn, byte != .lineFeed || !isLenient else { return }
    throw .headTooLarge(.bytes)
  }
}
