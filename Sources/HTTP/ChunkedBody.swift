internal import Formats

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
  /// The same of an app's answer: some pad each size to a width of its own.
  static let answerOverheadBytesPerDataByte = 32

  private var phase = Phase.line
  private let leniency: Leniency
  private var line: ChunkLine
  private var dataLeft = 0
  private var overheadLeft = Self.overheadBytesFree
  private var trailers: FieldSection

  init(trailerBytesMax: Int, trailerFieldsMax: Int, leniency: Leniency = .none) {
    self.leniency = leniency
    line = ChunkLine(leniency: leniency)
    trailers = FieldSection(bytesMax: trailerBytesMax, fieldsMax: trailerFieldsMax, leniency: leniency)
  }

  private var overheadBytesPerDataByte: Int {
    leniency == .none ? Self.overheadBytesPerDataByte : Self.answerOverheadBytesPerDataByte
  }

  /// Whether it may be taken for whole should the connection end here: nothing but the very last LF is missing.
  var mayEndHere: Bool { leniency == .ofAnswers && phase == .trailers && trailers.lacksLastLineFeed }

  mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> BodyEvent {
    while index < bytes.count {
      takePlain(bytes, &index)
      guard index < bytes.count else { break }
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

  /// Copies the data of small chunks that lie in `bytes` whole and are written plainly to the front of `room`, one
  /// after the other, and says how much that was. It takes what `read` would, and stops before all else.
  mutating func gather(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int, into room: UnsafeMutableRawBufferPointer
  ) -> Int {
    var gathered = 0
    while true {
      takePlain(bytes, &index)
      guard phase == .data, dataLeft <= min(Self.smallBytesMax, bytes.count - index, room.count - gathered)
      else { return gathered }
      for source in takeData(bytes.count, &index) {
        room[gathered] = bytes[source]
        gathered += 1
      }
    }
  }

  /// Chunks up to this size cost more to be handed on each by itself than to be copied once more.
  static let smallBytesMax = 32

  private mutating func takeData(_ end: Int, _ index: inout Int) -> Range<Int> {
    let count = min(dataLeft, end - index)
    dataLeft -= count
    // Kept well away from overflow; nobody sends a tebibyte of size lines.
    overheadLeft = min(overheadLeft + overheadBytesPerDataByte * count, 1 << 40)
    if dataLeft == 0 { phase = .dataCarriageReturn }
    index += count
    return index - count..<index
  }

  /// The end of a chunk and the size line after it as nearly everybody writes them, digits and nothing else,
  /// where they lie in `bytes` whole: one look for what costs a step for each byte otherwise. What is not so,
  /// or could be refused, is left to the steps.
  private mutating func takePlain(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) {
    var next = index
    if phase == .dataCarriageReturn, next + 1 < bytes.count, bytes[next] == .carriageReturn,
      bytes[next + 1] == .lineFeed, overheadLeft >= 2
    {
      next += 2
      overheadLeft -= 2
      index = next
      phase = .line
    }
    guard phase == .line, line.isUntouched, overheadLeft >= Self.plainBytesMax else { return }
    var size = 0
    while next < bytes.count, next - index < Self.plainDigitsMax, let digit = Hex.value(of: bytes[next]) {
      size = size << 4 | Int(digit)
      next += 1
    }
    guard next > index, next + 1 < bytes.count, bytes[next] == .carriageReturn,
      bytes[next + 1] == .lineFeed
    else { return }
    overheadLeft -= next + 2 - index
    index = next + 2
    beginChunk(size)
  }

  /// A size that is no more than anybody's body, and its line's end.
  private static let plainDigitsMax = 8
  private static let plainBytesMax = plainDigitsMax + 2

  private mutating func step(_ byte: UInt8) throws(MessageFault) {
    guard overheadLeft > 0 else { throw .malformed("too much chunk overhead") }
    overheadLeft -= 1
    switch phase {
    case .dataCarriageReturn where byte == .lineFeed && leniency == .ofAnswers: phase = .line
    case .dataCarriageReturn:
      guard byte == .carriageReturn else { throw .malformed("chunk data that does not end in CRLF") }
      phase = .dataLineFeed
    case .dataLineFeed:
      guard byte == .lineFeed else { throw .malformed("chunk data that does not end in CRLF") }
      phase = .line
    default: if try line.step(byte) { beginChunk(line.size) }
    }
  }

  private mutating func beginChunk(_ size: Int) {
    dataLeft = size
    phase = dataLeft == 0 ? .trailers : .data
    line = ChunkLine(leniency: leniency)
  }

  private mutating func readTrailers(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> Bool {
    while true {
      switch try trailers.read(bytes, &index) {
      case .needMore: return false
      case .field, .fold: continue
      case .end: return true
      }
    }
  }
}
