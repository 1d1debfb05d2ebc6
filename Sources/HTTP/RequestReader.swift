/// Reads HTTP/1.1 and HTTP/1.0 requests (RFC 9112) from bytes as they come, and refuses everything that two
/// readers could understand differently.
///
/// It does no I/O, knows no time, and holds no more than one head, which `Bounds` bound. The size of a body
/// is the caller's to judge: by `RequestHead.framing` before it comes, or by the ranges of a chunked one.
public struct RequestReader {
  public enum Event {
    /// All bytes given were taken.
    case needMore
    case head(RequestHead)
    /// Body data, as offsets in the bytes given to this call.
    case body(Range<Int>)
    /// The request is over. The next one, nothing of which was touched, can be read.
    case end
  }

  /// What is read of one request's head and trailers.
  public struct Bounds: Sendable {
    /// Method, target and version. Beyond it: `.requestLineTooLong`.
    public var requestLineBytesMax: Int
    /// Name, colon, blank, value and CRLF of all fields, and the same of trailers. Beyond it: `.headTooLarge`.
    public var headerBytesMax: Int
    public var headerFieldsMax: Int

    public init(requestLineBytesMax: Int, headerBytesMax: Int, headerFieldsMax: Int) {
      self.requestLineBytesMax = requestLineBytesMax
      self.headerBytesMax = headerBytesMax
      self.headerFieldsMax = headerFieldsMax
    }
  }

  /// Of chunks up to this size `gatherSmallChunks` takes many at once.
  public static var smallChunkBytesMax: Int { ChunkedBody.smallBytesMax }

  private enum State {
    case head
    case body(SizedBody)
    case chunked
    case faulty(RequestFault)
  }

  private let bounds: Bounds
  private let lists: HeaderListPool
  private var state = State.head
  private var head: RequestHeadReader
  private var chunks: ChunkedBody

  /// - Parameter lists: where memory for fields comes from.
  public init(bounds: Bounds, lists: HeaderListPool = HeaderListPool()) {
    self.bounds = bounds
    self.lists = lists
    head = RequestHeadReader(bounds: bounds, lists: lists)
    chunks = ChunkedBody(
      trailerBytesMax: bounds.headerBytesMax, trailerFieldsMax: bounds.headerFieldsMax)
  }

  /// Whether a byte of a request line was seen whose head is not complete: a connection that stays silent
  /// now is owed a 408. An empty line before the request line is not yet a request.
  public var hasBegun: Bool { head.hasBegun }

  /// Whether a head was handed out whose `.end` was not.
  public var isReadingBody: Bool {
    switch state {
    case .body, .chunked: true
    case .head, .faulty: false
    }
  }

  /// How much is still to come of a body whose length was said; 0 within a head or a chunked body.
  public var bodyBytesLeft: Int {
    if case .body(let body) = state { body.bytesLeft } else { 0 }
  }

  /// So many bytes of that body, at most `bodyBytesLeft`, came by another way than `read`, in their place.
  public mutating func passOver(bodyBytes count: Int) {
    precondition(count <= bodyBytesLeft, "bytes of the next request are no body")
    if case .body(let body) = state { state = .body(SizedBody(bytesLeft: body.bytesLeft - count)) }
  }

  /// Reads up to the next event. `consumed` is set to the bytes taken from the front of `bytes`; the caller
  /// calls again with the rest until `.needMore`. `.end` may come without any bytes.
  ///
  /// Throws `.malformed`, `.versionNotSupported`, `.requestLineTooLong`, `.headTooLarge`,
  /// `.expectationFailed`, or `.bodyTooLarge` for a length of more than 15 digits. How the bytes were cut
  /// into calls never changes the verdict. After it every call throws the same.
  public mutating func read(
    _ bytes: UnsafeRawBufferPointer, consumed: inout Int
  ) throws(RequestFault) -> Event {
    consumed = 0
    do throws(RequestFault) {
      return try readEvent(bytes, &consumed)
    } catch {
      state = .faulty(error)
      throw error
    }
  }

  /// Takes small chunks that come next, and puts their data together at the front of `room`: a sender that flushes
  /// byte by byte sends them by the thousand. Says how much that was; 0 where something else comes next, which `read`
  /// has to say. `consumed` is set as by `read`.
  public mutating func gatherSmallChunks(
    _ bytes: UnsafeRawBufferPointer, consumed: inout Int, into room: UnsafeMutableRawBufferPointer
  ) -> Int {
    consumed = 0
    guard case .chunked = state else { return 0 }
    return chunks.gather(bytes, &consumed, into: room)
  }

  private mutating func readEvent(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(RequestFault) -> Event {
    switch state {
    case .head: return try readHead(bytes, &index)
    case .body(let body): return readBody(body, bytes.count, &index)
    case .chunked: return try readChunks(bytes, &index)
    case .faulty(let fault): throw fault
    }
  }

  private mutating func readHead(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(RequestFault) -> Event {
    guard let read = try head.read(bytes, &index) else { return .needMore }
    head = RequestHeadReader(bounds: bounds, lists: lists)
    switch read.framing {
    case .none: state = .body(SizedBody(bytesLeft: 0))
    case .length(let count): state = .body(SizedBody(bytesLeft: count))
    case .chunked:
      chunks = ChunkedBody(
        trailerBytesMax: bounds.headerBytesMax, trailerFieldsMax: bounds.headerFieldsMax)
      state = .chunked
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
  ) throws(RequestFault) -> Event {
    do throws(MessageFault) {
      return taken(try chunks.read(bytes, &index))
    } catch {
      throw RequestFault(error)
    }
  }

  private mutating func taken(_ event: BodyEvent) -> Event {
    switch event {
    case .needMore: return .needMore
    case .body(let range): return .body(range)
    case .end:
      state = .head
      return .end
    }
  }
}
