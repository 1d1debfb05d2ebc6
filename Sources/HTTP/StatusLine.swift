internal import Formats

/// A status line as it arrives: `HTTP-version SP status-code SP [ reason-phrase ] CRLF` (RFC 9112, section 4).
struct StatusLine {
  private enum Phase {
    case version, status, reasonStart, reason, lineFeed
  }

  private let isLenient: Bool
  private var phase = Phase.version
  private var contentBytesLeft: Int
  /// Bytes of the version, or digits of the status.
  private var count = 0
  private(set) var minorVersion: UInt8 = 0
  private(set) var status = 0
  private(set) var reason: [UInt8] = []
  /// Bytes of the line with its CRLF.
  private(set) var byteCount = 2

  init(bytesMax: Int, leniency: Leniency) {
    contentBytesLeft = bytesMax - 2
    isLenient = leniency == .ofAnswers
  }

  /// Forgets what was read; a reason's memory is used again.
  mutating func begin(bytesMax: Int) {
    phase = .version
    contentBytesLeft = bytesMax - 2
    count = 0
    minorVersion = 0
    status = 0
    reason.removeAll(keepingCapacity: reason.capacity <= Self.reasonBytesKept)
    byteCount = 2
  }

  private static let reasonBytesKept = 128

  /// Reads on, and says whether the line's end was reached.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(MessageFault) -> Bool {
    if phase == .version, count == 0, takePlain(bytes, &index) { return true }
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      guard phase != .lineFeed else {
        guard byte == .lineFeed else { throw .malformed("bare CR in the status line") }
        return true
      }
      if byte == .lineFeed {
        try endContent()
        guard isLenient else { throw .malformed("bare LF in the status line") }
        return true
      }
      try step(byte)
    }
    return false
  }

  /// A line that lies in `bytes` whole, as nearly all do: one look for what takes a step for each byte otherwise.
  /// Of what is cut, or could be refused, nothing is touched: that is left to the steps.
  private mutating func takePlain(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
    let text = bytes.slice(index..<bytes.count)
    guard text.count > Self.plainBytesBeforeReason, text.hasText("HTTP/1.", at: 0),
      text[7] == UInt8(ascii: "0") || text[7] == UInt8(ascii: "1"), text[8] == .space, text[12] == .space,
      let status = Self.plainStatus(text)
    else { return false }
    let end = text.endOfFieldValueBytes(from: Self.plainBytesBeforeReason, to: text.count)
    guard end + 1 < text.count, text[end] == .carriageReturn, text[end + 1] == .lineFeed,
      end <= contentBytesLeft
    else { return false }
    minorVersion = text[7] &- 0x30
    self.status = status
    reason.append(contentsOf: text.slice(Self.plainBytesBeforeReason..<end))
    byteCount += end
    phase = .lineFeed
    index += end + 2
    return true
  }

  /// `HTTP/1.1 200 `
  private static let plainBytesBeforeReason = 13

  private static func plainStatus(_ text: UnsafeRawBufferPointer) -> Int? {
    guard text[9].isASCIIDigit, text[10].isASCIIDigit, text[11].isASCIIDigit else { return nil }
    let status = Int(text[9] &- 0x30) * 100 + Int(text[10] &- 0x30) * 10 + Int(text[11] &- 0x30)
    return 100...599 ~= status ? status : nil
  }

  private mutating func step(_ byte: UInt8) throws(MessageFault) {
    if byte == .carriageReturn {
      try endContent()
      return phase = .lineFeed
    }
    guard contentBytesLeft > 0 else { throw .headTooLarge(.bytes) }
    contentBytesLeft -= 1
    byteCount += 1
    switch phase {
    case .version: try stepVersion(byte)
    case .status: try stepStatus(byte)
    case .reasonStart:
      guard byte == .space else { throw .malformed("a status that is not three digits and a space") }
      phase = .reason
    default: try stepReason(byte)
    }
  }

  /// `HTTP/1.` DIGIT SP in upper case.
  private mutating func stepVersion(_ byte: UInt8) throws(MessageFault) {
    switch count {
    case 0...6 where byte == UInt8(truncatingIfNeeded: Self.protocolName >> (8 * count)): break
    case 7 where byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1"): minorVersion = byte &- 0x30
    case 8 where byte == .space:
      count = 0
      return phase = .status
    default: throw .malformed("no status line of HTTP/1.1 or HTTP/1.0")
    }
    count += 1
  }

  /// `HTTP/1.`, the first byte lowest.
  private static var protocolName: UInt64 { 0x2E_31_2F_50_54_54_48 }

  private mutating func stepStatus(_ byte: UInt8) throws(MessageFault) {
    guard byte.isASCIIDigit else { throw .malformed("a status that is not three digits and a space") }
    status = status * 10 + Int(byte &- 0x30)
    count += 1
    guard count == 3 else { return }
    guard 100...599 ~= status else { throw .malformed("a status out of range") }
    phase = .reasonStart
  }

  /// Control bytes in it do not go on, where they are forgiven. A CR is the line's end for some readers.
  private mutating func stepReason(_ byte: UInt8) throws(MessageFault) {
    if byte.isFieldValueByte { return reason.append(byte) }
    guard isLenient, byte != 0 else { throw .malformed("a control character in the reason phrase") }
  }

  /// The blank before a reason that is not there is left out by many.
  private func endContent() throws(MessageFault) {
    guard phase == .reason || (phase == .reasonStart && isLenient) else {
      throw .malformed("a status line that breaks off")
    }
  }
}
