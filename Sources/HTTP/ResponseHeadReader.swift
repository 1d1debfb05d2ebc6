/// The heads of one answer as they arrive: interim ones (1xx) are read and forgotten, the final one comes out.
struct ResponseHeadReader {
  private enum Last {
    case none, kept, taken
  }

  private var hasBody: Bool
  private let leniency: Leniency
  private var line: StatusLine
  private var isLineRead = false
  private var section: FieldSection
  private var headers = HeaderList()
  private var fields: ResponseFields
  private var cutLine = CutLine()
  /// What became of the field before, should it go on.
  private var last = Last.none
  private(set) var hasBegun = false

  /// - Parameter hasBody: false for an answer to HEAD.
  init(bytesMax: Int, fieldsMax: Int, hasBody: Bool, leniency: Leniency) {
    self.hasBody = hasBody
    self.leniency = leniency
    line = StatusLine(bytesMax: bytesMax, leniency: leniency)
    section = FieldSection(bytesMax: bytesMax, fieldsMax: fieldsMax, leniency: leniency)
    fields = ResponseFields(leniency: leniency)
  }

  /// Forgets what was read, for another answer; its memory is used again where nobody holds it any more.
  mutating func begin(bytesMax: Int, fieldsMax: Int, hasBody: Bool) {
    self.hasBody = hasBody
    line.begin(bytesMax: bytesMax)
    isLineRead = false
    section = FieldSection(bytesMax: bytesMax, fieldsMax: fieldsMax, leniency: leniency)
    headers.removeAll(bytesKept: Self.headerBytesKept)
    fields = ResponseFields(leniency: leniency)
    cutLine = CutLine()
    last = .none
    hasBegun = false
  }

  /// Of an ordinary answer.
  private static let headerBytesKept = 2_048

  /// Of the bound, what all heads so far have left over for trailers.
  var bytesLeft: Int { section.bytesLeft }
  var fieldsLeft: Int { section.fieldsLeft }

  /// Reads on; nil until the empty line after the final head was read.
  mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> ResponseHead? {
    if index < bytes.count { hasBegun = true }
    while true {
      if !isLineRead {
        guard try line.read(bytes, &index) else { return nil }
        try beginSection()
      }
      guard try readFields(bytes, &index) else { return nil }
      // Judged of every head: an interim one has no body, yet whoever believes its fields waits for one.
      let framing = try fields.framing()
      guard line.status < 200 else { return finish(framing) }
      beginNext()
    }
  }

  private mutating func beginSection() throws(MessageFault) {
    guard line.status != 101 else { throw .malformed("a switch of protocols that nobody asked for") }
    isLineRead = true
    // The line, and the empty one that will end the section.
    section.charge(line.byteCount + 2)
    guard section.bytesLeft >= 0 else { throw .headTooLarge(.bytes) }
    // Room for the head of an ordinary answer.
    if line.status >= 200 { headers.makeRoom(bytes: 512, fields: 16) }
  }

  /// False where more is needed.
  private mutating func readFields(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> Bool {
    while true {
      let start = index
      switch try section.read(bytes, &index) {
      case .needMore:
        cutLine.keep(bytes.slice(start..<index))
        return false
      case .field, .fold: try takeLine(bytes.slice(start..<index))
      case .end: return true
      }
    }
  }

  private mutating func takeLine(_ line: UnsafeRawBufferPointer) throws(MessageFault) {
    guard !cutLine.isEmpty else { return try take(line) }
    var cut = CutLine()
    swap(&cut, &cutLine)
    try cut.with(line) { (line) throws(MessageFault) in try take(line) }
  }

  private mutating func take(_ line: UnsafeRawBufferPointer) throws(MessageFault) {
    guard section.nameCount > 0 else { return try takeFold(line.slice(0..<section.lineCount).trimmingBlanks) }
    let name = line.slice(0..<section.nameCount)
    let rest = line.slice(section.nameCount + 1..<section.lineCount)
    let value = rest.trimmingBlanks
    if try fields.take(name: name, value: value, untrimmed: rest) { return last = .taken }
    headers.append(name: name, value: value)
    last = .kept
  }

  /// RFC 9112, section 5.2 has a gateway put a blank in a fold's place. Whoever does not sees another length.
  private mutating func takeFold(_ value: UnsafeRawBufferPointer) throws(MessageFault) {
    guard last == .kept else { throw .malformed("a folded line where readers see different ends") }
    headers.extendLast(value)
  }

  /// An interim answer is over; the final one starts anew, within what is left of the bound. Only that the
  /// connection will be closed is true of both, be it by their version.
  private mutating func beginNext() {
    let closes = !fields.keepsAlive(minorVersion: line.minorVersion)
    begin(bytesMax: bytesLeft, fieldsMax: fieldsLeft, hasBody: hasBody)
    hasBegun = true
    fields.closes = closes
  }

  private func finish(_ framing: ResponseHead.Framing) -> ResponseHead {
    let isBodiless = !hasBody || line.status == 204 || line.status == 304
    return ResponseHead(
      status: line.status, reason: line.reason, headers: headers.without(fields.named),
      contentLength: fields.contentLength, framing: isBodiless ? .none : framing,
      keepsAlive: fields.keepsAlive(minorVersion: line.minorVersion))
  }
}
