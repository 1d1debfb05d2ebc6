/// A request's head as it arrives.
struct RequestHeadReader {
  private var requestLine: RequestLine
  private var isRequestLineRead = false
  private var section: FieldSection
  private var headers = HeaderList()
  private var fields = FramingFields()
  private var cutLine = CutLine()
  private let lists: HeaderListPool

  init(bounds: RequestReader.Bounds, lists: HeaderListPool) {
    self.lists = lists
    requestLine = RequestLine(bytesMax: bounds.requestLineBytesMax)
    section = FieldSection(bytesMax: bounds.headerBytesMax, fieldsMax: bounds.headerFieldsMax)
  }

  var hasBegun: Bool { requestLine.hasBegun }

  /// Reads on; nil until the empty line after the fields was read.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(RequestFault) -> RequestHead?
  {
    if !isRequestLineRead {
      guard try requestLine.read(bytes, &index) else { return nil }
      beginSection()
    }
    while true {
      let start = index
      let progress: FieldSection.Progress
      do throws(MessageFault) {
        progress = try section.read(bytes, &index)
      } catch {
        throw RequestFault(error)
      }
      switch progress {
      case .needMore:
        cutLine.keep(bytes.slice(start..<index))
        return nil
      case .field, .fold: try takeLine(bytes.slice(start..<index))
      case .end: return try finish()
      }
    }
  }

  /// Room for the head of an ordinary webhook.
  private mutating func beginSection() {
    isRequestLineRead = true
    headers = lists.take(bytesExpected: 896, fieldsExpected: 24)
    if requestLine.followsEmptyLine { section.charge(2) }
  }

  private mutating func takeLine(_ line: UnsafeRawBufferPointer) throws(RequestFault) {
    guard !cutLine.isEmpty else { return try take(line) }
    var cut = CutLine()
    swap(&cut, &cutLine)
    try cut.with(line) { (line) throws(RequestFault) in try take(line) }
  }

  private mutating func take(_ line: UnsafeRawBufferPointer) throws(RequestFault) {
    let name = line.slice(0..<section.nameCount)
    let rest = line.slice(section.nameCount + 1..<section.lineCount)
    let value = rest.trimmingBlanks
    try fields.note(headers.count, name: name, value: value, untrimmed: rest)
    headers.append(name: name, value: value)
  }

  /// Framing is judged before everything else: where it is in doubt, nothing else that the head says counts.
  private func finish() throws(RequestFault) -> RequestHead {
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
