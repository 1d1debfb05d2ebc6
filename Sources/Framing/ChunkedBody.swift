internal import Gateway

/// A body in chunks as it arrives (RFC 9112, section 7.1). Trailer fields are held to the rules of header
/// fields and dropped, whatever their names: they come after all that was decided by the headers.
struct ChunkedBody {
  private enum Phase {
    case line, data, dataCarriageReturn, dataLineFeed, trailers
  }

  /// What size lines, extensions and line ends may cost before there is data to show for them.
  static let overheadBytesFree = 16_384
  /// What they may cost for each byte of data: a sender that flushes byte by byte needs 5.
  static let overheadBytesPerDataByte = 8

  private var phase = Phase.line
  private var line = ChunkLine()
  private var dataLeft = 0
  private var overheadLeft = Self.overheadBytesFree
  private var trailers: FieldSection

  init(limits: Limits) {
    trailers = FieldSection(bytesMax: limits.headerBytesMax, fieldsMax: limits.headerFieldsMax)
  }

  mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(Rejection) -> RequestReader.Event {
    while index < bytes.count {
      switch phase {
      case .data: return .body(takeData(bytes.count, &index))
      case .trailers:
        guard try readTrailers(bytes, &index) else { return .needMore }
        return .end
      default:
        try step(bytes[index])
        index += 1
      }
    }
    return .needMore
  }

  private mutating func takeData(_ end: Int, _ index: inout Int) -> Range<Int> {
    let count = min(dataLeft, end - index)
    dataLeft -= count
    // Kept well away from overflow; nobody sends a tebibyte of size lines.
    overheadLeft = min(overheadLeft + Self.overheadBytesPerDataByte * count, 1 << 40)
    if dataLeft == 0 { phase = .dataCarriageReturn }
    index += count
    return index - count..<index
  }

  private mutating func step(_ byte: UInt8) throws(Rejection) {
    guard overheadLeft > 0 else { throw .malformed("too much chunk overhead") }
    overheadLeft -= 1
    switch phase {
    case .dataCarriageReturn:
      guard byte == .carriageReturn else { throw .malformed("chunk data that does not end in CRLF") }
      phase = .dataLineFeed
    case .dataLineFeed:
      guard byte == .lineFeed else { throw .malformed("chunk data that does not end in CRLF") }
      phase = .line
    default: if try line.step(byte) { beginChunk() }
    }
  }

  private mutating func beginChunk() {
    dataLeft = line.size
    phase = dataLeft == 0 ? .trailers : .data
    line = ChunkLine()
  }

  private mutating func readTrailers(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(Rejection) -> Bool {
    while true {
      switch try trailers.read(bytes, &index) {
      case .needMore: return false
      case .field: continue
      case .end: return true
      }
    }
  }
}
