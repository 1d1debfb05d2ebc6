internal import CCurl
internal import Gateway

/// One attempt at one upstream, on a pooled easy handle. libcurl knows it by its address; the forwarder
/// keeps it alive for as long as that is so.
final class Transfer: Attempt {
  let easy: EasyHandle
  let upstream: Upstream
  /// Where it goes when it is done; the pool holds it only while it is idle.
  let pool: HandlePool
  /// For how long its connection may wait for the next delivery, nanoseconds.
  let pooledNanosecondsMax: UInt64
  /// Its place among those that are running.
  var place: Int?
  /// Where libcurl sends it, -1 where it has not said so yet.
  var socket: CInt = -1
  /// Whether libcurl is still to get it.
  var isStarting = false
  private let head: HeadText
  private unowned let forwarder: CurlForwarder

  private(set) var request: ForwardRequest?
  private var upload = Upload(headBytes: 0)
  /// Whether libcurl was given time to say which socket it sends to.
  private var hasAwaitedSocket = false
  private var observer: (any AttemptObserver)?
  private var tag = 0
  private var answer = AnswerReader(headerBytesMax: 0)
  private var failure: ForwardFailure?
  /// Whether libcurl has all that it is to send.
  private var isPrepared = false
  /// How often libcurl was about to send the request. Twice is once too often.
  private var sendings = 0
  /// Whether libcurl was told to hold the answer back.
  private(set) var isPaused = false
  private(set) var isCancelled = false
  /// Whether the answer is complete with its head, of which libcurl knows nothing.
  private var isOverWithHead = false
  /// Monotonic instant by which the answer must have begun, nanoseconds.
  private(set) var firstByteDeadline: UInt64 = .max
  /// What libcurl's time-out means while there is no connection: the delivery's own time may end before.
  private var connectingTimeout = ForwardFailure.Kind.connectTimeout

  init?(upstream: Upstream, times: ForwardTimes, forwarder: CurlForwarder, pool: HandlePool) {
    guard let easy = EasyHandle(upstream: upstream, times: times) else { return nil }
    self.easy = easy
    head = HeadText(upstream: upstream)
    self.upstream = upstream
    self.forwarder = forwarder
    self.pool = pool
    pooledNanosecondsMax = UInt64(times.upstreamIdleSecondsMax) * 1_000_000_000
    // The handle lives in this object and its callbacks run only inside libcurl calls made while it lives.
    let context = Unmanaged.passUnretained(self).toOpaque()
    vg_set_pointer(easy.raw, CURLOPT_PRIVATE, context)
    vg_set_header_function(easy.raw, onHeaderLine, context)
    vg_set_write_function(easy.raw, onBodyBytes, context)
    vg_set_read_function(easy.raw, onBodyWanted, context)
    vg_set_seek_function(easy.raw, onSeek)
    vg_set_prereq_function(easy.raw, onSending, context)
    vg_set_debug_function(easy.raw, onRemark, context)
  }

  func begin(
    _ request: ForwardRequest, observer: any AttemptObserver, tag: Int, answerHeaderBytesMax: Int,
    now: UInt64
  ) {
    self.request = request
    self.observer = observer
    self.tag = tag
    answer = AnswerReader(headerBytesMax: answerHeaderBytesMax)
    failure = nil
    sendings = 0
    socket = -1
    isPaused = false
    isCancelled = false
    isOverWithHead = false
    firstByteDeadline = now + UInt64(request.times.firstByteSecondsMax) * 1_000_000_000
    let left = request.deadlineUptimeNanoseconds > now ? request.deadlineUptimeNanoseconds - now : 0
    // 0 would mean no time-out at all.
    let milliseconds = max(Int(left / 1_000_000), 1)
    connectingTimeout =
      milliseconds > request.times.connectSecondsMax * 1000 ? .connectTimeout : .totalTimeout
    let text = head.build(
      request, target: request.target(at: upstream), saysLength: easy.asksForBody(request))
    hasAwaitedSocket = false
    upload = Upload(headBytes: request.method.utf8.count + head.count + HeadText.addedBytes)
    isPrepared = easy.prepare(request, head: text, remainingMilliseconds: milliseconds)
  }

  /// Lets go of the delivery, so that the handle can wait for the next one.
  func end() {
    request = nil
    observer = nil
    firstByteDeadline = .max
  }

  // MARK: Attempt

  func resume() {
    guard isPaused, !isCancelled else { return }
    isPaused = false
    forwarder.unpause(self)
  }

  func cancel() {
    guard !isCancelled, request != nil else { return }
    isCancelled = true
    forwarder.cancelled(self)
  }

  // MARK: What libcurl reports

  fileprivate func takeHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
    guard !isCancelled else { return false }
    let before = answer.answer != nil
    do throws(ForwardFailure) {
      try answer.take(line)
    } catch {
      failure = error
      return false
    }
    if !before, let final = answer.answer {
      firstByteDeadline = .max
      if final.contentLength == nil || !final.hasBody(for: request?.method ?? "") { easy.watchForExcess() }
      if let request, request.hasBody {
        easy.answerBegins(bodyBytes: request.body.count, ownBytes: upload.ownBytes, on: socket)
      }
      observer?.attempt(tag, answered: final)
      // libcurl sends a HEAD with a body only by the name of a POST, and would wait for the answer's.
      isOverWithHead = request?.method == "HEAD" && request?.hasBody == true
    }
    return !isOverWithHead
  }

  /// How many bytes were taken: all, none to fail, or libcurl's word for a pause.
  fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard !isCancelled, let observer else { return 0 }
    switch observer.attempt(tag, received: bytes) {
    case .more: return bytes.count
    case .hold:
      isPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    }
  }

  /// Whether libcurl may send the request now. When a pooled connection turns out dead it would silently
  /// send it a second time, POST too; what became of the first is then unknown.
  fileprivate func maySend() -> Bool {
    sendings += 1
    // Of several that were tried it is one. Which one it says next, and says so too of a pooled connection.
    socket = -1
    return sendings == 1 && !isCancelled && isPrepared
  }

  /// The next part of a body that libcurl asks for: how many bytes of it were put into `room`, 0 at the end.
  fileprivate func giveBody(_ room: UnsafeMutableRawBufferPointer) -> Int {
    guard !isCancelled, let body = request?.body.bytes else { return Int(CURL_READFUNC_ABORT) }
    if upload.mayFollow(easy.raw) {
      if socket < 0, !hasAwaitedSocket {
        hasAwaitedSocket = true
        forwarder.awaitsSocket(self)
        return Int(CURL_READFUNC_PAUSE)
      }
      if socket >= 0 { upload.send(body, to: socket) }
    }
    return upload.hand(body, to: room)
  }

  /// The transfer is over; tells the observer, once.
  func finished(_ code: CURLcode) {
    let result = result(of: code)
    let observer = observer
    let tag = tag
    end()
    observer?.attempt(tag, finished: result)
  }

  /// The gateway's own deadline for the answer's first byte has passed.
  func missedFirstByte() {
    let seconds = request?.times.firstByteSecondsMax ?? 0
    failure = ForwardFailure(
      stage: stage, kind: .firstByteTimeout, detail: "no answer began within \(seconds) s")
    finished(CURLE_OPERATION_TIMEDOUT)
  }

  // MARK: From libcurl's result to ours

  private var stage: ForwardFailure.Stage {
    if sendings == 0 { return .connecting }
    return answer.hasBegun ? .answering : .sending
  }

  private func result(of code: CURLcode) -> ForwardFailure? {
    if let failure { return failure }
    if sendings > 1 {
      return ForwardFailure(
        stage: .sending, kind: .deadConnection,
        detail: "a pooled connection died; the delivery may have been read and is not sent twice")
    }
    // libcurl calls an answer whose head was cut off a success.
    if code == CURLE_OK || isOverWithHead, answer.answer != nil { return nil }
    // Its word, in libcurl 7.88, for a line of 100 KiB too.
    if code == CURLE_OUT_OF_MEMORY, sendings == 1 {
      return ForwardFailure(
        stage: .answering, kind: .answerTooLarge,
        detail: "a line of the answer's head or trailers is over 100 KiB, or memory is out")
    }
    if code == CURLE_OK {
      return ForwardFailure(stage: stage, kind: .closed, detail: "the answer's head was cut off")
    }
    var kind = self.kind(of: code)
    // For some broken answers libcurl has the words of a mistake in its use.
    if kind == .internalError, answer.hasBegun { kind = .unparsable }
    return ForwardFailure(stage: stage, kind: kind, detail: easy.message(for: code))
  }

  private func kind(of code: CURLcode) -> ForwardFailure.Kind {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: .resolve
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .connect
    case CURLE_OPERATION_TIMEDOUT: sendings == 0 ? connectingTimeout : .totalTimeout
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE: .closed
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
      .tls
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING,
      CURLE_HTTP_RETURNED_ERROR, CURLE_TOO_MANY_REDIRECTS, CURLE_FILESIZE_EXCEEDED, CURLE_WRITE_ERROR:
      .unparsable
    default: .internalError
    }
  }
}

// C calls these with the transfer's address. They are global functions: a closure of main.swift would be
// bound to the main actor and trap on an event loop's thread.

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
  Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
}

private func onHeaderLine(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer(context).takeHeaderLine(line) ? line.count : 0
}

private func onBodyBytes(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  transfer(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func onBodyWanted(
  _ room: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  transfer(context).giveBody(UnsafeMutableRawBufferPointer(start: room, count: size * count))
}

/// libcurl may go back to the beginning: it is held from sending twice when it is about to.
private func onSeek(_: UnsafeMutableRawPointer?, _: curl_off_t, _: CInt) -> CInt { CURL_SEEKFUNC_OK }

private func onRemark(
  _: UnsafeMutableRawPointer?, _ type: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  if type == CURLINFO_TEXT {
    transfer(context).easy.heard(UnsafeRawBufferPointer(start: bytes, count: count))
  }
  return 0
}

private func onSending(
  _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?,
  _: CInt, _: CInt
) -> CInt {
  transfer(context).maySend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
