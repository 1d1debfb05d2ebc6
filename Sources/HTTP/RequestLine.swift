internal import Formats

/// A request line as it arrives: `method SP request-target SP HTTP-version CRLF` (RFC 9112, section 3).
///
/// Nothing of it is buffered: the target goes straight into the array that the head will own, and the method
/// is at most 32 bytes.
struct RequestLine {
  private enum Phase {
    case start, emptyLineFeed, method, targetStart, target, version, lineFeed
    case secondEmptyLineFeed, afterEmptyLines
  }

  /// A method longer than this is nobody's.
  static let methodBytesMax = 32

  private var phase = Phase.start
  private var contentBytesLeft: Int
  private var methodBytes = SIMD32<UInt8>()
  private var methodCount = 0
  private(set) var target: [UInt8] = []
  private var isInQuery = false
  private var versionCount = 0
  private var majorVersion: UInt8 = 0
  private(set) var minorVersion: UInt8 = 0
  private(set) var followsEmptyLine = false

  init(bytesMax: Int) { contentBytesLeft = bytesMax }

  /// Whether a byte of the line itself was seen; the empty line before it is none.
  var hasBegun: Bool { phase != .start && phase != .emptyLineFeed }

  /// As a string of up to 15 bytes it needs no memory of its own.
  var method: String {
    withUnsafeBytes(of: methodBytes) { String(decoding: $0[..<methodCount], as: UTF8.self) }
  }

  /// Reads on, and says whether the line's end was reached.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(RequestFault) -> Bool {
    if phase == .start, takePlain(bytes, &index) { return true }
    while index < bytes.count {
      if phase == .target {
        readTarget(bytes, &index)
        guard index < bytes.count else { break }
      }
      let byte = bytes[index]
      index += 1
      if phase == .lineFeed {
        try endLine(byte)
        return true
      }
      try step(byte)
    }
    return false
  }

  /// A line that lies in `bytes` whole, as nearly all do: one look for what takes a step for each byte otherwise.
  /// Of what is cut, or could be refused, nothing is touched: that is left to the steps.
  private mutating func takePlain(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Bool {
    let methodEnd = bytes.endOfToken(from: index, to: min(bytes.count, index + Self.methodBytesMax))
    let targetStart = methodEnd + 1
    guard methodEnd > index, targetStart < bytes.count, bytes[methodEnd] == .space,
      bytes[targetStart] == UInt8(ascii: "/")
    else { return false }
    var targetEnd = targetStart
    while targetEnd < bytes.count, Self.isPlainTargetByte(bytes[targetEnd]) { targetEnd += 1 }
    let end = targetEnd + Self.protocolText.utf8CodeUnitCount + 1
    guard end + 1 < bytes.count, bytes.hasText(Self.protocolText, at: targetEnd),
      bytes[end - 1] == UInt8(ascii: "0") || bytes[end - 1] == UInt8(ascii: "1"),
      bytes[end] == .carriageReturn, bytes[end + 1] == .lineFeed, end - index <= contentBytesLeft
    else { return false }
    for place in index..<methodEnd { methodBytes[place - index] = bytes[place] }
    methodCount = methodEnd - index
    target.append(contentsOf: bytes[targetStart..<targetEnd])
    minorVersion = bytes[end - 1] &- 0x30
    phase = .lineFeed
    index = end + 2
    return true
  }

  private static let protocolText: StaticString = " HTTP/1."

  /// Of the bytes that may stand in a target those that may stand anywhere in it.
  private static func isPlainTargetByte(_ byte: UInt8) -> Bool {
    byte &- 0x21 < 0x5E && byte != UInt8(ascii: "#") && byte != UInt8(ascii: "\\")
  }

  /// Takes the run of bytes that may stand in the target, as far as the line's limit reaches.
  private mutating func readTarget(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) {
    let start = index
    let end = min(bytes.count, start + contentBytesLeft)
    while index < end, isTargetByte(bytes[index]) { index += 1 }
    contentBytesLeft -= index - start
    target.append(contentsOf: bytes[start..<index])
  }

  /// Visible ASCII. A fragment never travels, and a backslash in a path is a slash to some readers.
  @inline(__always)
  private mutating func isTargetByte(_ byte: UInt8) -> Bool {
    guard byte &- 0x21 < 0x5E, byte != UInt8(ascii: "#") else { return false }
    if byte == UInt8(ascii: "?") { isInQuery = true }
    return byte != UInt8(ascii: "\\") || isInQuery
  }

  private mutating func step(_ byte: UInt8) throws(RequestFault) {
    switch phase {
    case .emptyLineFeed: return try endEmptyLine(byte)
    case .secondEmptyLineFeed, .afterEmptyLines: return try refuseEmptyLines(byte)
    default: break
    }
    if byte != .carriageReturn {
      guard contentBytesLeft > 0 else { throw .requestLineTooLong }
      contentBytesLeft -= 1
      guard byte != .lineFeed else { throw .malformed("bare LF in the request line") }
    }
    switch phase {
    case .start: try start(byte)
    case .method: try stepMethod(byte)
    case .targetStart: try startTarget(byte)
    case .target: try endTarget(byte)
    default: try stepVersion(byte)
    }
  }

  private mutating func start(_ byte: UInt8) throws(RequestFault) {
    // One empty line is forgiven, as some senders end a body with a CRLF that is not its own
    // (RFC 9112, section 2.2). A row of them is a way to be read for ever.
    if byte == .carriageReturn {
      return phase = followsEmptyLine ? .secondEmptyLineFeed : .emptyLineFeed
    }
    // The first byte of every TLS record that begins a connection (RFC 8446, section 5.1).
    guard byte != 0x16 else { throw .malformed(Self.isTLS) }
    guard byte.isTokenCharacter else { throw .malformed("the request does not begin with a method") }
    phase = .method
    try stepMethod(byte)
  }

  private mutating func endEmptyLine(_ byte: UInt8) throws(RequestFault) {
    guard byte == .lineFeed else { throw .malformed("bare CR before the request line") }
    followsEmptyLine = true
    phase = .start
  }

  /// One empty line too many, or the preamble of the PROXY protocol's version 2: two of them and a NUL.
  private mutating func refuseEmptyLines(_ byte: UInt8) throws(RequestFault) {
    if phase == .secondEmptyLineFeed, byte == .lineFeed { return phase = .afterEmptyLines }
    guard phase == .afterEmptyLines, byte == 0 else {
      throw .malformed("more than one empty line before the request line")
    }
    throw .malformed(Self.isProxyProtocol)
  }

  // Read by somebody who has just put a front before the gateway: what it is, and what to do.
  private static let isTLS: StaticText =
    "a TLS handshake where plain HTTP is spoken: end TLS at the front, and let it send http:// to this address"
  private static let isProxyProtocol: StaticText = """
    a PROXY protocol preamble, not spoken here: switch it off at the front (send-proxy, proxy_protocol) \
    and let it send X-Forwarded-For
    """

  private mutating func stepMethod(_ byte: UInt8) throws(RequestFault) {
    if byte == .space { return phase = .targetStart }
    guard byte.isTokenCharacter else { throw .malformed("the method is not a token followed by a space") }
    guard methodCount < Self.methodBytesMax else { throw .malformed("the method is too long") }
    methodBytes[methodCount] = byte
    methodCount += 1
  }

  private mutating func startTarget(_ byte: UInt8) throws(RequestFault) {
    guard byte != UInt8(ascii: "/") else {
      target.append(byte)
      return phase = .target
    }
    // The preface of HTTP/2 is a request that no HTTP/1 server takes for one (RFC 9113, section 3.4).
    if byte == UInt8(ascii: "*"), method == "PRI" { throw .versionNotSupported }
    if byte == .space || byte == .carriageReturn {
      throw .malformed("the request line is not three parts with one space between them")
    }
    if method == "PROXY" { throw .malformed(Self.isProxyProtocol) }
    throw .malformed("the request target is not in origin form")
  }

  private mutating func endTarget(_ byte: UInt8) throws(RequestFault) {
    switch byte {
    case .space: phase = .version
    case .carriageReturn: throw .malformed("the request line has no version")
    case UInt8(ascii: "#"): throw .malformed("a fragment in the request target")
    case UInt8(ascii: "\\"): throw .malformed("a backslash in the path")
    default: throw .malformed("a forbidden byte in the request target")
    }
  }

  /// `HTTP/` DIGIT `.` DIGIT in upper case and nothing after it (RFC 9112, section 2.3).
  private mutating func stepVersion(_ byte: UInt8) throws(RequestFault) {
    switch versionCount {
    case 0...4 where byte == UInt8(truncatingIfNeeded: Self.protocolName >> (8 * versionCount)): break
    case 5 where byte.isASCIIDigit: majorVersion = byte &- 0x30
    case 6 where byte == UInt8(ascii: "."): break
    case 7 where byte.isASCIIDigit: minorVersion = byte &- 0x30
    case 8 where byte == .carriageReturn: phase = .lineFeed
    default: throw .malformed("the request line does not end in an HTTP version")
    }
    versionCount += 1
  }

  /// `HTTP/`, the first byte lowest.
  private static var protocolName: UInt64 { 0x2F_50_54_54_48 }

  private func endLine(_ byte: UInt8) throws(RequestFault) {
    guard byte == .lineFeed else { throw .malformed("bare CR in the request line") }
    guard majorVersion == 1, minorVersion <= 1 else { throw .versionNotSupported }
  }
}
