internal import Formats

/// What the few fields that Framing itself obeys have said so far. Each rule that could be read in two ways
/// is a refusal.
struct FramingFields {
  private enum Expectation {
    case none, `continue`, other
  }

  private(set) var hostIndex: Int?
  private var contentLength: Int?
  private var isChunked = false
  private var connectionOptions = 0
  private var closes = false
  private var staysOpen = false
  private var expectation = Expectation.none

  /// Takes note of the field at `index`. Names are told apart by their length first: most are none of these.
  @inline(__always)
  mutating func note(
    _ index: Int, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer,
    untrimmed: UnsafeRawBufferPointer
  ) throws(RequestFault) {
    switch name.count {
    case 4 where name.equalsIgnoringCase("host"): try noteHost(index, value)
    case 6 where name.equalsIgnoringCase("expect"): noteExpectation(value)
    case 10 where name.equalsIgnoringCase("connection"): try noteConnection(value)
    case 14 where name.equalsIgnoringCase("content-length"):
      try checkNoTab(untrimmed)
      try noteContentLength(value)
    case 17 where name.equalsIgnoringCase("transfer-encoding"):
      try checkNoTab(untrimmed)
      try noteTransferEncoding(value)
    default: break
    }
  }

  /// A tab is optional white space (RFC 9110, section 5.6.3), yet not every reader trims it, and those that
  /// do not find another length.
  private func checkNoTab(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
    guard !value.contains(.tab) else { throw .malformed("a tab in Content-Length or Transfer-Encoding") }
  }

  /// RFC 9112, section 3.2: more than one Host, or an invalid one, is answered with 400.
  private mutating func noteHost(_ index: Int, _ value: UnsafeRawBufferPointer) throws(RequestFault) {
    guard hostIndex == nil else { throw .malformed("more than one Host") }
    guard HostValue.isValid(value) else { throw .malformed("an invalid Host") }
    hostIndex = index
  }

  private mutating func noteExpectation(_ value: UnsafeRawBufferPointer) {
    let isContinue = expectation == .none && value.equalsIgnoringCase("100-continue")
    expectation = isContinue ? .continue : .other
  }

  /// What a head's `Connection` fields may name in all: more than a head has fields is nobody's, and each name
  /// is compared with each field.
  static let connectionOptionsMax = 100

  private mutating func noteConnection(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
    value.forEachElement(separator: UInt8(ascii: ",")) { option in
      if option.equalsIgnoringCase("close") { closes = true }
      if option.equalsIgnoringCase("keep-alive") { staysOpen = true }
      connectionOptions += 1
      return connectionOptions <= Self.connectionOptionsMax
    }
    guard connectionOptions <= Self.connectionOptionsMax else {
      throw .malformed("too many options in Connection")
    }
  }

  /// RFC 9110, section 8.6 lets a server forgive equal repetitions; the next reader may not.
  private mutating func noteContentLength(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
    guard contentLength == nil else { throw .malformed("more than one Content-Length") }
    guard !value.isEmpty, value.allSatisfy(\.isASCIIDigit) else {
      throw .malformed("a Content-Length that is not a number")
    }
    guard value.count <= 15 else { throw .bodyTooLarge }
    contentLength = value.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
  }

  /// RFC 9112, section 6.1 knows more codings and lists of them; a webhook needs one, and every other form
  /// has been used to smuggle.
  private mutating func noteTransferEncoding(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
    guard !isChunked else { throw .malformed("more than one Transfer-Encoding") }
    guard value.equalsIgnoringCase("chunked") else {
      throw .malformed("a Transfer-Encoding other than chunked")
    }
    isChunked = true
  }
}

/// What all fields together come to.
extension FramingFields {
  /// How the body's end is found (RFC 9112, section 6.3).
  func framing(minorVersion: UInt8) throws(RequestFault) -> RequestHead.Framing {
    guard isChunked else { return contentLength.map { .length($0) } ?? .none }
    guard contentLength == nil else { throw .malformed("both Content-Length and Transfer-Encoding") }
    // RFC 9112, section 6.1: an HTTP/1.0 sender has no such field, so somebody on the way is mistaken.
    guard minorVersion == 1 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
    return .chunked
  }

  func checkHost(minorVersion: UInt8) throws(RequestFault) {
    guard hostIndex != nil || minorVersion == 0 else { throw .malformed("no Host") }
  }

  /// Whether `100 Continue` is waited for. RFC 9110, section 10.1.1: an expectation of HTTP/1.0 is ignored,
  /// and where no body is announced nothing waits.
  func expectsContinue(minorVersion: UInt8, framing: RequestHead.Framing) throws(RequestFault) -> Bool {
    guard expectation != .other else { throw .expectationFailed }
    let hasBody = framing != .none && framing != .length(0)
    return expectation == .continue && minorVersion == 1 && hasBody
  }

  /// RFC 9112, section 9.3.
  func keepsAlive(minorVersion: UInt8) -> Bool { !closes && (minorVersion == 1 || staysOpen) }
}
