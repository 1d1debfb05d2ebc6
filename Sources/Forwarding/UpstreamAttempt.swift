internal import Gateway
internal import HTTP

/// One attempt at one upstream: from a connection, pooled or fresh, to the end of the answer.
final class UpstreamAttempt: Attempt {
  /// Bodies up to this leave in one piece with their head.
  static let joinedBodyBytesMax = 16_384
  /// So many sweeps, a second, in which an upstream that has answered takes nothing more.
  private static let looksWithoutProgressMax = 4
  /// Receptions for one look, so that a fast upstream starves nobody.
  private static let receptionsMax = 8

  let request: ForwardRequest
  let upstream: Upstream
  let pool: ConnectionPool
  /// Its place among those that are running.
  var place: Int?
  /// It lets go of the attempt when that is over.
  private let forwarder: UpstreamForwarder
  private var observer: (any AttemptObserver)?
  private let index: Int

  private var connect: Connect?
  private var stream: UpstreamStream?
  private var writer: RequestWriter?
  private var headBytes = 0
  /// Answer bytes that the observer did not take, the first of them body data that is to be given again.
  private var held: [UInt8] = []
  private var heldBodyBytes = 0
  private var isHeld = false
  private var sentBytesSeen = 0
  private var looksWithoutProgress = 0
  /// Monotonic instants by which the answer must have begun, and be whole, nanoseconds.
  private(set) var firstByteDeadline: UInt64

  init(
    _ request: ForwardRequest, to upstream: Upstream, pool: ConnectionPool, forwarder: UpstreamForwarder,
    observer: any AttemptObserver, index: Int, now: UInt64
  ) {
    self.request = request
    self.upstream = upstream
    self.pool = pool
    self.forwarder = forwarder
    self.observer = observer
    self.index = index
    firstByteDeadline = now + UInt64(request.times.firstByteSecondsMax) * 1_000_000_000
  }

  // MARK: The connection

  func begin(now: UInt64) {
    if let stream = pool.take(now: now) { return use(stream) }
    beginConnect(now: now)
  }

  private func beginConnect(now: UInt64) {
    let left = request.deadlineUptimeNanoseconds > now ? request.deadlineUptimeNanoseconds - now : 0
    let leftMilliseconds = max(Int(left / 1_000_000), 1)
    let connectMilliseconds = request.times.connectSecondsMax * 1000
    connect = forwarder.connector.connect(
      to: upstream, sessions: pool.sessions, milliseconds: min(leftMilliseconds, connectMilliseconds),
      timeout: leftMilliseconds > connectMilliseconds ? .connectTimeout : .totalTimeout
    ) { [weak self] result in self?.connected(result) }
    guard connect == nil else { return }
    forwarder.later(self) { attempt in
      attempt.finish(
        ForwardFailure(
          stage: .connecting, kind: .internalError, detail: "libcurl gave no handle for this upstream"))
    }
  }

  private func connected(_ result: Result<UpstreamStream, ForwardFailure>) {
    // Two may come about at once, and the first's end be the other's too.
    guard place != nil else {
      if case .success(let stream) = result { stream.close() }
      return
    }
    connect = nil
    switch result {
    case .success(let stream): use(stream)
    case .failure(let failure): finish(failure)
    }
  }

  private func use(_ stream: UpstreamStream) {
    self.stream = stream
    stream.attempt = self
    writeHead()
    let bodyBytes = request.hasBody ? request.body.count : 0
    stream.connection.begin(
      headBytes: headBytes, bodyBytes: bodyBytes, isForHEAD: request.method == "HEAD",
      answerHeaderBytesMax: forwarder.answerHeaderBytesMax)
    stream.begin()
    send()
  }

  private func writeHead() {
    let writer = forwarder.takeWriter()
    self.writer = writer
    let isJoined = request.hasBody && request.body.count <= Self.joinedBodyBytesMax
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    writer.write(
      method: request.method, target: request.target(at: upstream),
      host: request.hasHost ? nil : pool.authority, headers: request.headers,
      length: request.hasBody ? request.body.count : nil, body: isJoined ? request.body.bytes : none)
    headBytes = writer.bytes.count - (isJoined ? request.body.count : 0)
  }

  // MARK: Sending

  /// The socket has news.
  func ready() {
    send()
    if stream?.isReadable == true { receive() }
  }

  private func send() {
    while let stream, stream.connection.sends {
      switch stream.send(nextPiece(stream)) {
      case .taken(let count):
        stream.connection.sent(count)
        if !stream.connection.sends { giveBackWriter() }
      case .again: return
      case .failed(let hasLeft): return sendFailed(stream, hasLeft: hasLeft)
      }
    }
    if let stream, stream.connection.isAnswerWhole { finish(nil) }
  }

  private func nextPiece(_ stream: UpstreamStream) -> UnsafeRawBufferPointer {
    let sent = stream.connection.sentBytes
    var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    if let written = writer?.bytes, sent < written.count {
      rest = UnsafeRawBufferPointer(rebasing: written[sent...])
    } else {
      rest = UnsafeRawBufferPointer(rebasing: request.body.bytes[(sent - headBytes)...])
    }
    return UnsafeRawBufferPointer(rebasing: rest.prefix(stream.pieceBytesMax))
  }

  private func sendFailed(_ stream: UpstreamStream, hasLeft: Bool) {
    switch stream.connection.sendFailed(hasLeft: hasLeft) {
    case .readOn where stream.connection.isAnswerWhole: finish(nil)
    case .readOn: forwarder.later(self) { $0.receive() }
    case .replace:
      letGo(stream)
      stream.close()
      beginConnect(now: forwarder.now())
    }
  }

  private func giveBackWriter() {
    guard let writer else { return }
    self.writer = nil
    forwarder.giveBack(writer)
  }

  // MARK: Receiving

  private func receive() {
    for _ in 0..<Self.receptionsMax {
      guard let stream, !isHeld, !stream.connection.isAnswerWhole else { return }
      switch stream.receive(into: forwarder.room) {
      case .again: return
      case .bytes(let count):
        read(UnsafeRawBufferPointer(rebasing: forwarder.room[..<count]))
        guard stream.isReadable else { return }
      case .end(let end): return finish(stream.connection.ended(end))
      }
    }
    forwarder.later(self) { $0.receive() }
  }

  private func read(_ bytes: UnsafeRawBufferPointer) {
    guard let stream, let observer else { return }
    var rest = bytes
    // Whoever hears of the answer may end the attempt.
    while place != nil {
      var consumed = 0
      let event: UpstreamConnection.Event
      do throws(ForwardFailure) {
        event = try stream.connection.read(
          rest, consumed: &consumed, unacknowledgedBytes: stream.unacknowledgedBytes)
      } catch {
        return finish(error)
      }
      switch event {
      case .needMore: return
      case .answered(let head):
        firstByteDeadline = .max
        observer.attempt(index, answered: head)
      case .body(let range):
        let part = UnsafeRawBufferPointer(rebasing: rest[range])
        guard observer.attempt(index, received: part) == .more else {
          return hold(rest[range.lowerBound...], bodyBytes: range.count)
        }
      case .end:
        if !stream.connection.sends || stream.connection.isLast { finish(nil) }
        return
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
    }
  }

  private func hold(_ bytes: Slice<UnsafeRawBufferPointer>, bodyBytes: Int) {
    guard stream != nil else { return }
    held = Array(bytes)
    heldBodyBytes = bodyBytes
    isHeld = true
  }

  // MARK: Attempt

  /// At once, and not within the call: whoever resumes may be within another attempt's reception.
  func resume() {
    guard isHeld else { return }
    forwarder.later(self) { $0.goOn() }
  }

  private func goOn() {
    guard isHeld, let observer else { return }
    isHeld = false
    let bytes = held
    held = []
    bytes.withUnsafeBytes { bytes in
      let part = UnsafeRawBufferPointer(rebasing: bytes[..<heldBodyBytes])
      guard observer.attempt(index, received: part) == .more else {
        return hold(bytes[...], bodyBytes: heldBodyBytes)
      }
      read(UnsafeRawBufferPointer(rebasing: bytes[heldBodyBytes...]))
    }
    receive()
  }

  func cancel() {
    guard observer != nil else { return }
    observer = nil
    end(mayPool: false)
  }

  // MARK: The end

  /// An app that has answered and takes no more of the body: its answer is whole, so it counts. Asked now and then.
  func finishIfContent() {
    guard let connection = stream?.connection, connection.isAnswerWhole else { return }
    if connection.sentBytes != sentBytesSeen {
      sentBytesSeen = connection.sentBytes
      looksWithoutProgress = 0
    } else {
      looksWithoutProgress += 1
      if looksWithoutProgress == Self.looksWithoutProgressMax { finish(nil) }
    }
  }

  /// The gateway's own deadlines.
  func missed(_ kind: ForwardFailure.Kind) {
    if stream?.connection.isAnswerWhole == true { return finish(nil) }
    let stage: ForwardFailure.Stage =
      stream.map { $0.connection.hasAnswerBegun ? .answering : .sending } ?? .connecting
    let times = request.times
    let what =
      switch kind {
      case .firstByteTimeout where stage == .answering: "no complete head of an answer"
      case .firstByteTimeout: "no answer began"
      default: "no complete answer"
      }
    let seconds = kind == .firstByteTimeout ? times.firstByteSecondsMax : times.totalSecondsMax
    finish(ForwardFailure(stage: stage, kind: kind, detail: "\(what) within \(seconds) s"))
  }

  /// Nil where the answer is whole.
  private func finish(_ failure: ForwardFailure?) {
    guard let observer else { return }
    self.observer = nil
    end(mayPool: failure == nil)
    observer.attempt(index, finished: failure)
  }

  private func end(mayPool: Bool) {
    forwarder.retire(self)
    connect?.cancel()
    connect = nil
    held = []
    guard let stream else { return }
    letGo(stream)
    if mayPool, stream.connection.mayBeUsedAgain {
      forwarder.giveBack(stream, of: self)
    } else {
      stream.close()
    }
  }

  private func letGo(_ stream: UpstreamStream) {
    stream.attempt = nil
    self.stream = nil
    giveBackWriter()
  }
}

extension Upstream {
  /// For `Host`. RFC 9110, section 7.2: the port is left out where it is the scheme's own.
  var authority: [UInt8] { Array((port == (isTLS ? 443 : 80) ? host : "\(host):\(port)").utf8) }
}
