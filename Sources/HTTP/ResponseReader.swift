/// Reads one answer of HTTP/1.1 or HTTP/1.0 (RFC 9112) from bytes as they come. It does no I/O, knows no time, and
/// holds no more than one head. How the bytes were cut into calls never changes what it reads.
public struct ResponseReader {
  public enum Event {
    /// All bytes given were taken.
    case needMore
    /// The final head. Interim ones (1xx) are forgotten.
    case head(ResponseHead)
    /// Body data, as offsets in the bytes given to this call.
    case body(Range<Int>)
    /// The answer is over. Nothing behind it was touched, and nothing behind it belongs to it.
    case end
  }

  /// What is read of one answer's head and trailers together.
  public struct Bounds: Sendable {
    /// Status lines, header fields and trailers, with those of interim answers.
    public var headerBytesMax: Int
    public var headerFieldsMax: Int

    public init(headerBytesMax: Int, headerFieldsMax: Int = ResponseReader.fieldsMax) {
      self.headerBytesMax = headerBytesMax
      self.headerFieldsMax = headerFieldsMax
    }
  }

  /// An app with more header fields than this has gone wrong.
  public static let fieldsMax = 1_000

  private enum State {
    case head
    case body(SizedBody)
    case chunked
    case untilClose
    case over
    case faulty(MessageFault)
  }

  private var state = State.head
  private var head: ResponseHeadReader
  private let leniency: Leniency
  private var chunks: ChunkedBody?

  /// - Parameter isForHEAD: whether the request's method was HEAD, whose answer has no body.
  public init(bounds: Bounds, isForHEAD: Bool, leniency: Leniency = .ofAnswers) {
    head = ResponseHeadReader(
      bytesMax: bounds.headerBytesMax, fieldsMax: bounds.headerFieldsMax, hasBody: !isForHEAD,
      leniency: leniency)
    self.leniency = leniency
  }

  /// Forgets what was read, for the next answer of the same connection; its memory is used again.
  public mutating func begin(bounds: Bounds, isForHEAD: Bool) {
    state = .head
    head.begin(
      bytesMax: bounds.headerBytesMax, fieldsMax: bounds.headerFieldsMax, hasBody: !isForHEAD)
    chunks = nil
  }

  /// Whether a byte of an answer was read.
  public var hasBegun: Bool { head.hasBegun }

  /// Whether the connection's end is this answer's end: it said nothing of its length, or it is over.
  public var mayEndHere: Bool {
    switch state {
    case .untilClose, .over: true
    case .chunked: chunks?.mayEndHere == true
    case .head, .body, .faulty: false
    }
  }

  /// Reads up to the next event. `consumed` is set to the bytes taken from the front of `bytes`; the caller
  /// calls again with the rest until `.needMore` or `.end`. `.end` may come without any bytes, and again with
  /// every further call. After a fault every call throws the same.
  public mutating func read(
    _ bytes: UnsafeRawBufferPointer, consumed: inout Int
  ) throws(MessageFault) -> Event {
    consumed = 0
    do throws(MessageFault) {
      return try readEvent(bytes, &consumed)
    } catch {
      state = .faulty(error)
      throw error
    }
  }

  private mutating func readEvent(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> Event {
    switch state {
    case .head: return try readHead(bytes, &index)
    case .body(let body): return readBody(body, bytes.count, &index)
    case .chunked: return try readChunks(bytes, &index)
    case .untilClose:
      index = bytes.count
      return bytes.isEmpty ? .needMore : .body(0..<bytes.count)
    case .over: return .end
    case .faulty(let fault): throw fault
    }
  }

  private mutating func readHead(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> Event {
    guard let read = try head.read(bytes, &index) else { return .needMore }
    switch read.framing {
    case .none: state = .over
    case .length(let count): state = .body(SizedBody(bytesLeft: count))
    case .chunked:
      chunks = ChunkedBody(
        trailerBytesMax: head.bytesLeft, trailerFieldsMax: head.fieldsLeft, leniency: leniency)
      state = .chunked
    case .close: state = .untilClose
    }
    return .head(read)
  }

  private mutating func readBody(_ body: SizedBody, _ available: Int, _ index: inout Int) -> Event {
    var body = body
    let event = body.read(available, &index)
    state = .body(body)
    return taken(event)
  }

  private mutating func readChunks(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(MessageFault) -> Event {
    taken(try chunks?.read(bytes, &index) ?? .end)
  }

  private mutating func taken(_ event: BodyEvent) -> Event {
    switch event {
    case .needMore: return .needMore
    case .body(let range): return .body(range)
    case .end:
      state = .over
      return .end
    }
  }
}
