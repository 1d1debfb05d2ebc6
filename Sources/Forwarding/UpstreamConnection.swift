internal import Gateway
internal import HTTP

/// One connection to an upstream as HTTP/1.1 sees it: what of a delivery is to be sent, what the answer came to,
/// and whether the next delivery may have the connection. It does no I/O and knows no time: bytes, and the
/// connection's end, are told to it.
struct UpstreamConnection {
  /// How the other side stopped sending.
  enum End {
    /// As it meant to: FIN, under TLS after its close_notify.
    case orderly
    /// Reset, or cut off under TLS; the text says how.
    case broken(String)
  }

  /// What follows when nothing more can be sent.
  enum SendFailure {
    /// Nothing of the delivery was taken, and the connection had served before: a fresh one may be tried.
    case replace
    /// The answer may lie there already: read on, to the end.
    case readOn
  }

  /// What of the bytes given was read.
  enum Event {
    case needMore
    case answered(ResponseHead)
    /// Body data, as offsets in the bytes given.
    case body(Range<Int>)
    /// The answer is whole.
    case end
  }

  /// Bodies up to this are as good as sent when they are written: the other side's kernel has room for them.
  static let sentAtOnceBytesMax = 65_536

  private var reader = ResponseReader(bounds: .init(headerBytesMax: 0), isForHEAD: false)
  private var headerBytesMax = 0
  private var deliveries = 0
  private var bodyBytes = 0
  private var allBytes = 0
  /// Of head and body, what was taken to be sent.
  private(set) var sentBytes = 0
  /// Whether sending has ended before everything was sent, by whichever side.
  private var hasStopped = false
  /// Whether bytes may have left that were not reported as sent.
  private var mayHaveLeft = false
  private var isAnswered = false
  private var isOver = false
  private var mayServeNext = true

  /// Begins a delivery. The connection is fit for it: see `mayBeUsedAgain`.
  mutating func begin(headBytes: Int, bodyBytes: Int, isForHEAD: Bool, answerHeaderBytesMax: Int) {
    reader.begin(bounds: .init(headerBytesMax: answerHeaderBytesMax), isForHEAD: isForHEAD)
    headerBytesMax = answerHeaderBytesMax
    deliveries += 1
    self.bodyBytes = bodyBytes
    allBytes = headBytes + bodyBytes
    sentBytes = 0
    hasStopped = false
    mayHaveLeft = false
    isAnswered = false
    isOver = false
    isLast = false
  }

  /// Whether it has served a delivery before this one.
  var isPooled: Bool { deliveries > 1 }

  /// Whether anything is to be sent now.
  var sends: Bool { !hasStopped && sentBytes < allBytes }

  /// Whether the answer is whole. An upstream that is content with what it has not read yet gets the rest all the
  /// same, if it takes it and has not said that it ends the connection: then `sends` is still true, and nothing more is
  /// to be read.
  var isAnswerWhole: Bool { isOver }

  /// Whether the upstream has said that it will end the connection.
  private(set) var isLast = false

  /// Whether a byte of an answer came, be it an interim one's.
  var hasAnswerBegun: Bool { reader.hasBegun }

  /// Whether the answer was read to its end, nothing was left unsent, and both sides want to go on.
  var mayBeUsedAgain: Bool { isOver && mayServeNext }

  // MARK: Sending

  mutating func sent(_ count: Int) {
    sentBytes += count
    precondition(sentBytes <= allBytes, "more was sent than there is")
  }

  /// Sending fails. `hasLeft` says whether bytes may be on their way that were not reported as sent.
  mutating func sendFailed(hasLeft: Bool) -> SendFailure {
    mayServeNext = false
    if isPooled, sentBytes == 0, !hasLeft, !reader.hasBegun { return .replace }
    hasStopped = true
    mayHaveLeft = hasLeft
    return .readOn
  }

  // MARK: Reading

  /// Reads up to the next event; to be called again with the rest until `.needMore` or `.end`. What is left
  /// behind `.end` nobody has asked for.
  ///
  /// - Parameter unacknowledgedBytes: asked when a long body's answer begins: what of it the other side's kernel has
  ///   not taken; nil where that is not known.
  mutating func read(
    _ bytes: UnsafeRawBufferPointer, consumed: inout Int, unacknowledgedBytes: () -> Int?
  ) throws(ForwardFailure) -> Event {
    do throws(MessageFault) {
      switch try reader.read(bytes, consumed: &consumed) {
      case .needMore: return .needMore
      case .head(let head):
        answerBegins(head, unacknowledgedBytes)
        return .answered(head)
      case .body(let range): return .body(range)
      case .end:
        over(hasSurplus: consumed < bytes.count)
        return .end
      }
    } catch {
      mayServeNext = false
      throw ForwardFailure(error, headerBytesMax: headerBytesMax)
    }
  }

  /// The other side sends no more: nil where the answer is whole with that.
  mutating func ended(_ end: End) -> ForwardFailure? {
    mayServeNext = false
    hasStopped = true
    if case .orderly = end, reader.mayEndHere {
      isOver = true
      return nil
    }
    return failure(end)
  }

  /// An upstream that answers before it has the whole body may never read the rest, and what is written behind it
  /// would wait there. What its kernel has taken already cannot be told from what it has read.
  private mutating func answerBegins(_ head: ResponseHead, _ unacknowledgedBytes: () -> Int?) {
    isAnswered = true
    let isEarly = sentBytes < allBytes
    isLast = !head.keepsAlive
    if isLast || isEarly { mayServeNext = false }
    if bodyBytes > Self.sentAtOnceBytesMax, mayServeNext, unacknowledgedBytes() != 0 { mayServeNext = false }
    // Who refuses or sends elsewhere wants no more of it. Who is content may read it yet.
    if isEarly, head.status >= 300 { hasStopped = true }
  }

  private mutating func over(hasSurplus: Bool) {
    isOver = true
    if hasSurplus { mayServeNext = false }
  }

  private func failure(_ end: End) -> ForwardFailure {
    if isAnswered { return closed(.answering, "the answer broke off", end) }
    if reader.hasBegun { return closed(.answering, "the answer's head was cut off", end) }
    guard isPooled else {
      let hasLeft = sentBytes > 0 || mayHaveLeft
      return closed(hasLeft ? .sending : .connecting, "the connection ended without an answer", end)
    }
    return ForwardFailure(
      stage: .sending, kind: .deadConnection,
      detail: "a pooled connection died; the delivery may have been read and is not sent twice")
  }

  private func closed(_ stage: ForwardFailure.Stage, _ text: String, _ end: End) -> ForwardFailure {
    switch end {
    case .orderly: ForwardFailure(stage: stage, kind: .closed, detail: text)
    case .broken(let how): ForwardFailure(stage: stage, kind: .closed, detail: "\(text): \(how)")
    }
  }
}

extension ForwardFailure {
  /// An answer that cannot be read.
  init(_ fault: MessageFault, headerBytesMax: Int) {
    switch fault {
    case .malformed(let rule):
      self.init(stage: .answering, kind: .unparsable, detail: "the answer cannot be read: \(rule)")
    case .headTooLarge(.bytes):
      self.init(
        stage: .answering, kind: .answerTooLarge,
        detail: "the answer's header section is over \(headerBytesMax) bytes")
    case .headTooLarge(.fields):
      self.init(
        stage: .answering, kind: .answerTooLarge,
        detail: "the answer has more than \(ResponseReader.fieldsMax) header fields")
    }
  }
}
