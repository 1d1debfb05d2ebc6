import Gateway
import HTTP
import TestSupport

/// Upstreams in memory: a test says what each attempt hears and sees what was asked of it.
final class FakeForwarder: Forwarder {
  private(set) var attempts: [FakeAttempt] = []

  func start(
    _ request: ForwardRequest, to upstream: Upstream, observer: any AttemptObserver, index: Int
  ) -> any Attempt {
    let attempt = FakeAttempt(request, upstream, observer, index)
    attempts.append(attempt)
    return attempt
  }

  /// The attempt under way at the upstream of this name.
  func at(_ name: String) -> FakeAttempt { attempts.last { $0.upstream.name == name }! }

  var names: [String] { attempts.map(\.upstream.name) }
}

/// One attempt, played by the test; it keeps to the contract that Forwarding keeps.
final class FakeAttempt: Attempt {
  let upstream: Upstream
  /// As it was when the attempt started: the buffer itself is used again.
  let body: [UInt8]
  let headers: HeaderList
  let target: String
  private(set) var isCancelled = false
  private(set) var isHeld = false
  private(set) var resumes = 0
  private var observer: (any AttemptObserver)?
  private let index: Int
  private let buffer: BodyBuffer
  private var waiting: [[UInt8]] = []

  init(_ request: ForwardRequest, _ upstream: Upstream, _ observer: any AttemptObserver, _ index: Int) {
    self.upstream = upstream
    self.observer = observer
    self.index = index
    buffer = request.body
    body = Array(buffer.bytes)
    headers = request.headers
    target = String(decoding: request.target(at: upstream), as: UTF8.self)
  }

  /// What an upload that is still under way would send now.
  var bodyNow: [UInt8] { Array(buffer.bytes) }

  func resume() {
    resumes += 1
    guard isHeld, !isCancelled else { return }
    isHeld = false
    flush()
  }

  func cancel() {
    isCancelled = true
    observer = nil
  }

  // MARK: What the upstream does

  func answer(_ status: Int, _ fields: KeyValuePairs<String, String> = [:]) {
    observer?.attempt(
      index,
      answered: ResponseHead(
        status: status, reason: [], headers: HeaderList(fields), contentLength: nil, framing: .close,
        keepsAlive: false))
  }

  /// Sends a part; what is held waits here and comes again after `resume`.
  func send(_ bytes: [UInt8]) {
    waiting.append(bytes)
    if !isHeld { flush() }
  }

  func finish(_ failure: ForwardFailure? = nil) {
    let last = observer
    observer = nil
    last?.attempt(index, finished: failure)
  }

  /// A whole answer at once.
  func complete(_ status: Int, _ body: String = "") {
    answer(status)
    if !body.isEmpty { send(Array(body.utf8)) }
    finish()
  }

  private func flush() {
    while !waiting.isEmpty, !isHeld, let observer {
      let part = waiting.removeFirst()
      if part.withUnsafeBytes({ observer.attempt(index, received: $0) }) == .pause {
        isHeld = true
        waiting.insert(part, at: 0)
      }
    }
  }
}

extension ForwardFailure {
  static let refusedConnection = ForwardFailure(stage: .connecting, kind: .connect, detail: "refused")
  static let brokenTLS = ForwardFailure(stage: .connecting, kind: .tls, detail: "certificate")
  static let reset = ForwardFailure(stage: .sending, kind: .closed, detail: "reset")
  static let slow = ForwardFailure(stage: .sending, kind: .firstByteTimeout, detail: "no first byte")
  static let cutOff = ForwardFailure(stage: .answering, kind: .closed, detail: "cut off")
}
