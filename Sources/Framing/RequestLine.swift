internal import Gateway

/// A request line as it arrives: `method SP request-target SP HTTP-version CRLF` (RFC 9112, section 3).
///
/// Nothing of it is buffered: the target goes straight into the array that the head will own, and the method
/// is at most 32 bytes.
struct RequestLine {
  private enum Phase {
    case start, emptyLineFeed, method, targetStart, target, version, lineFeed
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
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(Rejection) -> Bool {
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

  private mutating func step(_ byte: UInt8) throws(Rejection) {
    guard phase != .emptyLineFeed else { return try endEmptyLine(byte) }
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

  private mutating func start(_ byte: UInt8) throws(Rejection) {
    // One empty line is forgiven, as some senders end a body with a CRLF that is not its own
    // (RFC 9112, section 2.2). A row of them is a way to be read for ever.
    if byte == .carriageReturn {
      guard !followsEmptyLine else { throw .malformed("more than one empty line before the request line") }
      return phase = .emptyLineFeed
    }
    guard byte.isTokenCharacter else { throw .malformed("the request does not begin with a method") }
    phase = .method
    try stepMethod(byte)
  }

  private mutating func endEmptyLine(_ byte: UInt8) throws(Rejection) {
    guard byte == .lineFeed else { throw .malformed("bare CR before the request line") }
    followsEmptyLine = true
    phase = .start
  }

  private mutating func stepMethod(_ byte: UInt8) throws(Rejection) {
    if byte == .space { return phase = .targetStart }
    guard byte.isTokenCharacter else { throw .malformed("the method is not a token followed by a space") }
    guard methodCount < Self.methodBytesMax else { throw .malformed("the method is too long") }
    methodBytes[methodCount] = byte
    methodCount += 1
  }

  private mutating func startTarget(_ byte: UInt8) throws(Rejection) {
    guard byte != UInt8(ascii: "/") else {
      target.append(byte)
      return phase = .target
    }
    // The preface of HTTP/2 is a request that no HTTP/1 server takes for one (RFC 9113, section 3.4).
    if byte == UInt8(ascii: "*"), method == "PRI" { throw .versionNotSupported }
    if byte == .space || byte == .carriageReturn {
      throw .malformed("the request line is not three parts with one space between them")
    }
    throw .malformed("the request target is not in origin form")
  }

  private mutating func endTarget(_ byte: UInt8) throws(Rejection) {
    switch byte {
    case .space: phase = .version
    case .carriageReturn: throw .malformed("the request line has no version")
    case UInt8(ascii: "#"): throw .malformed("a fragment in the request target")
    case UInt8(ascii: "\\"): throw .malformed("a backslash in the path")
    default: throw .malformed("a forbidden byte in the request target")
    }
  }

  /// `HTTP/` DIGIT `.` DIGIT in upper case and nothing after it (RFC 9112, section 2.3).
  private mutating func stepVersion(_ byte: UInt8) throws(Rejection) {
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

  private func endLine(_ byte: UInt8) throws(Rejection) {
    guard byte == .lineFeed else { throw .malformed("bare CR in the request line") }
    guard majorVersion == 1, minorVersion <= 1 else { throw .versionNotSupported }
  }
}
