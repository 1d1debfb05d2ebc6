/// An upstream's final answer up to its blank line, made fit to be handed back.
public struct Answer: Sendable {
  public let status: Int
  /// The reason phrase as it came; it may be empty.
  public let reason: [UInt8]
  /// What is for the sender: hop-by-hop fields are gone, so are length and framing.
  public let headers: HeaderList
  /// As announced; nil when the body's end is found in another way.
  public let contentLength: Int?

  public init(status: Int, reason: [UInt8], headers: HeaderList, contentLength: Int?) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.contentLength = contentLength
  }

  public var isSuccess: Bool { (200...299).contains(status) }

  /// Neither an answer to HEAD nor 204 or 304 has a body (RFC 9112, section 6.3).
  public func hasBody(for method: String) -> Bool { method != "HEAD" && status != 204 && status != 304 }
}

/// Reads an upstream's answer head line by line, as libcurl delivers it, and refuses what two readers could
/// read differently.
public struct AnswerReader {
  private let headerBytesMax: Int
  private var bytes = 0
  private var status = 0
  private var reason: [UInt8] = []
  private var headers = HeaderList()
  /// The names that `Connection` fields declare to be for one connection alone.
  private var named = ConnectionNames()
  private var contentLength: Int?
  private var isChunked = false

  /// The finished answer, once its blank line was read.
  public private(set) var answer: Answer?

  /// Whether a byte of an answer came.
  public var hasBegun: Bool { bytes > 0 }

  public init(headerBytesMax: Int) { self.headerBytesMax = headerBytesMax }

  /// Takes one line with its line end. Interim answers (1xx) are read and forgotten; lines behind the final
  /// blank line are trailers and dropped.
  public mutating func take(_ line: UnsafeRawBufferPointer) throws(ForwardFailure) {
    bytes += line.count
    guard bytes <= headerBytesMax else {
      throw ForwardFailure(
        stage: .answering, kind: .answerTooLarge,
        detail: "the answer's header section is over \(headerBytesMax) bytes")
    }
    guard answer == nil else { return }
    let text = AnswerReader.withoutLineEnd(line)
    if text.isEmpty {
      try finishHead()
    } else if status == 0 {
      try begin(text)
    } else {
      try field(text)
    }
  }

  private mutating func begin(_ line: UnsafeRawBufferPointer) throws(ForwardFailure) {
    guard line.count >= 12, line.hasPrefix(Array("HTTP/1.".utf8)), line[7].isASCIIDigit,
      line[8] == UInt8(ascii: " ")
    else {
      throw .unparsable("the answer does not begin with an HTTP/1 status line")
    }
    var value = 0
    for digit in line[9..<12] {
      guard digit.isASCIIDigit else { throw .unparsable("the answer's status is not a number") }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    guard (100...599).contains(value) else { throw .unparsable("the answer's status is out of range") }
    guard line.count == 12 || line[12] == UInt8(ascii: " ") else {
      throw .unparsable("the answer's status is not three digits")
    }
    guard value != 101 else { throw .unparsable("the answer switches protocols unasked") }
    status = value
    // Room for the head of an ordinary answer.
    headers = HeaderList(bytesExpected: 512, fieldsExpected: 16)
    reason = line.dropFirst(13).filter(\.isFieldValueByte)
  }

  private mutating func field(_ line: UnsafeRawBufferPointer) throws(ForwardFailure) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
      throw .unparsable("a line of the answer's head is no header field")
    }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).trimmingBlanks
    guard name.endOfToken(from: 0, to: name.count) == name.count else {
      throw .unparsable("a header name of the answer is malformed")
    }
    guard value.endOfFieldValueBytes(from: 0, to: value.count) == value.count else {
      throw .unparsable("a header value of the answer holds control bytes")
    }
    try take(name, value)
  }

  /// Lengths tell names apart first: most are none of these.
  private mutating func take(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(ForwardFailure) {
    switch name.count {
    case 2 where name.equalsIgnoringCase("te"): return
    case 7 where name.equalsIgnoringCase("trailer") || name.equalsIgnoringCase("upgrade"): return
    case 10 where name.equalsIgnoringCase("connection"): return named.note(value)
    case 10 where name.equalsIgnoringCase("keep-alive"): return
    case 14 where name.equalsIgnoringCase("content-length"): return try length(value)
    case 16 where name.equalsIgnoringCase("proxy-connection"): return
    case 17 where name.equalsIgnoringCase("transfer-encoding"): return try transferEncoding(value)
    default: headers.append(name: name, value: value)
    }
  }

  private mutating func length(_ value: UnsafeRawBufferPointer) throws(ForwardFailure) {
    guard (1...18).contains(value.count), value.allSatisfy(\.isASCIIDigit),
      let length = Int(String(decoding: value, as: UTF8.self))
    else { throw .unparsable("the answer's Content-Length is malformed") }
    guard contentLength == nil || contentLength == length else {
      throw .unparsable("the answer has two lengths")
    }
    contentLength = length
  }

  private mutating func transferEncoding(_ value: UnsafeRawBufferPointer) throws(ForwardFailure) {
    guard value.equalsIgnoringCase("chunked"), !isChunked else {
      throw .unparsable("the answer's Transfer-Encoding is not chunked alone")
    }
    isChunked = true
  }

  private mutating func finishHead() throws(ForwardFailure) {
    guard status != 0 else { throw .unparsable("the answer has no status line") }
    guard status >= 200 else {
      // An interim answer; the final one starts anew.
      self = AnswerReader(headerBytesMax: headerBytesMax, bytesTaken: bytes)
      return
    }
    guard !(isChunked && contentLength != nil) else {
      throw .unparsable("the answer has both a length and chunked encoding")
    }
    answer = Answer(
      status: status, reason: reason, headers: endToEndHeaders, contentLength: contentLength)
  }

  private init(headerBytesMax: Int, bytesTaken: Int) {
    self.headerBytesMax = headerBytesMax
    bytes = bytesTaken
  }

  /// Without those that a `Connection` field names, wherever among them it stood.
  private var endToEndHeaders: HeaderList {
    guard !named.isEmpty else { return headers }
    var kept = HeaderList(bytesExpected: headers.bytes.count, fieldsExpected: headers.count)
    for index in headers.fields.indices
    where headers.withField(index, { name, _ in !named.contains(name) }) {
      kept.append(index, of: headers)
    }
    return kept
  }

  private static func withoutLineEnd(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var end = line.count
    if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > 0, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[..<end])
  }
}

extension ForwardFailure {
  static func unparsable(_ detail: String) -> ForwardFailure {
    ForwardFailure(stage: .answering, kind: .unparsable, detail: detail)
  }
}
