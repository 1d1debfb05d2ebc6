internal import Gateway

/// A request's head as it arrives. A line that lies in the caller's bytes whole is read where it lies; only
/// a header line that was cut in two is put together here, within the bound of the section.
struct HeadReader {
  private var requestLine: RequestLine
  private var isRequestLineRead = false
  private var section: FieldSection
  private var headers = HeaderList()
  private var fields = FramingFields()
  private var cutLine: [UInt8] = []

  init(limits: Limits) {
    requestLine = RequestLine(bytesMax: limits.requestLineBytesMax)
    section = FieldSection(bytesMax: limits.headerBytesMax, fieldsMax: limits.headerFieldsMax)
  }

  var hasBegun: Bool { requestLine.hasBegun }

  /// Reads on; nil until the empty line after the fields was read.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(Rejection) -> RequestHead? {
    if !isRequestLineRead {
      guard try requestLine.read(bytes, &index) else { return nil }
      beginSection()
    }
    while true {
      let start = index
      switch try section.read(bytes, &index) {
      case .needMore:
        cutLine.append(contentsOf: bytes[start..<index])
        return nil
      case .field: try takeLine(bytes, from: start, to: index)
      case .end: return try finish()
      }
    }
  }

  /// Room for the head of an ordinary webhook, so that its list is two allocations and no more.
  private mutating func beginSection() {
    isRequestLineRead = true
    headers = HeaderList(bytesExpected: 1024, fieldsExpected: 24)
    if requestLine.followsEmptyLine { section.charge(2) }
  }

  private mutating func takeLine(
    _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
  ) throws(Rejection) {
    guard !cutLine.isEmpty else { return try take(bytes.slice(start..<end)) }
    var line: [UInt8] = []
    swap(&line, &cutLine)
    line.append(contentsOf: bytes[start..<end])
    try line.withUnsafeBufferPointer { (line) throws(Rejection) in try take(UnsafeRawBufferPointer(line)) }
  }

  private mutating func take(_ line: UnsafeRawBufferPointer) throws(Rejection) {
    let name = line.slice(0..<section.nameCount)
    let rest = line.slice(section.nameCount + 1..<section.lineCount)
    let value = rest.trimmingBlanks
    try fields.note(headers.count, name: name, value: value, untrimmed: rest)
    headers.append(name: name, value: value)
  }

  /// Framing is judged before everything else: where it is in doubt, nothing else that the head says counts.
  private func finish() throws(Rejection) -> RequestHead {
    let minorVersion = requestLine.minorVersion
    let framing = try fields.framing(minorVersion: minorVersion)
    try fields.checkHost(minorVersion: minorVersion)
    return RequestHead(
      method: requestLine.method, target: requestLine.target, minorVersion: Int(minorVersion),
      headers: headers, framing: framing, hostIndex: fields.hostIndex,
      keepsAlive: fields.keepsAlive(minorVersion: minorVersion),
      expectsContinue: try fields.expectsContinue(minorVersion: minorVersion, framing: framing))
  }
}
