internal import Formats

/// What the fields of an answer that are for its connection alone have said so far. Each that could be read in
/// two ways is a fault, whatever else is forgiven.
struct ResponseFields {
  private let isLenient: Bool
  private(set) var contentLength: Int?
  private var isChunked = false
  /// Whether the connection ends with the answer, as was said.
  var closes = false
  private var staysOpen = false
  /// The names that `Connection` fields declare to be for one connection alone.
  private(set) var named = ConnectionNames()

  init(leniency: Leniency) { isLenient = leniency == .ofAnswers }

  /// Takes a field that is for the connection; false where it is for the sender.
  @inline(__always)
  mutating func take(
    name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, untrimmed: UnsafeRawBufferPointer
  ) throws(MessageFault) -> Bool {
    switch ConnectionField(name) {
    case nil: return false
    case .other: return true
    case .connection: noteConnection(value)
    case .contentLength:
      try checkNoTab(untrimmed)
      try noteContentLength(value)
    case .transferEncoding:
      try checkNoTab(untrimmed)
      try noteTransferEncoding(value)
    }
    return true
  }

  /// A tab is a blank, yet not every reader trims it.
  private func checkNoTab(_ value: UnsafeRawBufferPointer) throws(MessageFault) {
    guard isLenient || !value.contains(.tab) else {
      throw .malformed("a tab in Content-Length or Transfer-Encoding")
    }
  }

  private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
    // What nearly everybody says, and nothing else.
    if value.equalsIgnoringCase("keep-alive") { return staysOpen = true }
    named.note(value)
    value.forEachElement(separator: UInt8(ascii: ",")) { option in
      if option.equalsIgnoringCase("close") { closes = true }
      if option.equalsIgnoringCase("keep-alive") { staysOpen = true }
      return true
    }
  }

  /// RFC 9110, section 8.6 lets us forgive equal repetitions: one length was meant.
  private mutating func noteContentLength(_ value: UnsafeRawBufferPointer) throws(MessageFault) {
    guard 1...18 ~= value.count, value.allSatisfy(\.isASCIIDigit) else {
      throw .malformed("a Content-Length that is not a number")
    }
    let length = value.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    guard contentLength == nil || (isLenient && contentLength == length) else {
      throw .malformed("two lengths")
    }
    contentLength = length
  }

  private mutating func noteTransferEncoding(_ value: UnsafeRawBufferPointer) throws(MessageFault) {
    guard value.equalsIgnoringCase("chunked"), !isChunked else {
      throw .malformed("a Transfer-Encoding that is not chunked alone")
    }
    isChunked = true
  }

  /// How the end of a body is found, where there is one.
  func framing() throws(MessageFault) -> ResponseHead.Framing {
    guard isChunked else { return contentLength.map { .length($0) } ?? .close }
    guard contentLength == nil else { throw .malformed("both a length and chunked encoding") }
    return .chunked
  }

  /// RFC 9112, section 9.3. Chunks from HTTP/1.0, section 6.1: somebody on the way is mistaken about framing.
  func keepsAlive(minorVersion: UInt8) -> Bool {
    !closes && (minorVersion == 1 || (staysOpen && !isChunked))
  }
}
