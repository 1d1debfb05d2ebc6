import Gateway
import HTTP
import TestSupport
import Testing

@testable import Forwarding

/// A connection that serves deliveries of 10 bytes of head and a body, as a test drives it.
private struct Driven {
  var connection = UpstreamConnection()
  var head: ResponseHead?
  var body: [UInt8] = []
  var isWhole = false
  var failure: ForwardFailure?
  var surplus = 0
  /// What the other side's kernel has not acknowledged, and how often that was asked.
  var unacknowledged: Int? = 0
  var looks = 0

  init(served: Int = 0, bodyBytes: Int = 0, isForHEAD: Bool = false, bound: Int = 1024) {
    for _ in 0..<served {
      begin()
      sendAll()
      receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      precondition(connection.mayBeUsedAgain)
    }
    begin(bodyBytes: bodyBytes, isForHEAD: isForHEAD, bound: bound)
  }

  mutating func begin(bodyBytes: Int = 0, isForHEAD: Bool = false, bound: Int = 1024) {
    connection.begin(
      headBytes: 10, bodyBytes: bodyBytes, isForHEAD: isForHEAD, answerHeaderBytesMax: bound)
    (head, body, isWhole, failure, surplus) = (nil, [], false, nil, 0)
    all = 10 + bodyBytes
  }

  private var all = 0

  mutating func sendAll() { connection.sent(all - connection.sentBytes) }

  mutating func receive(_ text: String) {
    var bytes = Array(text.utf8)
    while failure == nil {
      var consumed = 0
      do throws(ForwardFailure) {
        let event = try read(bytes, &consumed)
        switch event {
        case .needMore: return
        case .answered(let head): self.head = head
        case .body(let range): body += bytes[range]
        case .end:
          isWhole = true
          surplus = bytes.count - consumed
          return
        }
      } catch {
        failure = error
      }
      bytes.removeFirst(consumed)
    }
  }

  private mutating func read(
    _ bytes: [UInt8], _ consumed: inout Int
  ) throws(ForwardFailure) -> UpstreamConnection.Event {
    var looks = 0
    defer { self.looks += looks }
    let unacknowledged = unacknowledged
    var result: Result<UpstreamConnection.Event, ForwardFailure>?
    bytes.withUnsafeBytes { bytes in
      do throws(ForwardFailure) {
        result = .success(
          try connection.read(bytes, consumed: &consumed) {
            looks += 1
            return unacknowledged
          })
      } catch {
        result = .failure(error)
      }
    }
    return try result!.get()
  }

  mutating func end(_ end: UpstreamConnection.End = .orderly) {
    failure = connection.ended(end)
    isWhole = failure == nil
  }
}

private let ok = "HTTP/1.1 200 OK\r\n"
private let answer = ok + "Content-Length: 2\r\n\r\nab"

@Suite struct UpstreamConnectionTests {
  @Test func `an answer read to its end leaves the connection to the next delivery`() {
    var driven = Driven()
    #expect(driven.connection.sends && !driven.connection.isPooled)
    driven.sendAll()
    #expect(!driven.connection.sends)
    driven.receive(ok + "Content-Length: 2\r\n\r\na")
    #expect(!driven.isWhole && !driven.connection.mayBeUsedAgain)
    driven.receive("b")
    #expect(driven.isWhole && driven.body == Array("ab".utf8))
    #expect(driven.connection.mayBeUsedAgain)
    driven.begin()
    #expect(driven.connection.isPooled && !driven.connection.mayBeUsedAgain)
  }

  @Test(arguments: [
    ok + "Connection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    answer + "x", answer + "\r\n", answer + answer, ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\nx", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nab",
  ])
  func `a connection that closes, or has bytes behind the answer, serves no other delivery`(text: String) {
    var driven = Driven()
    driven.sendAll()
    driven.receive(text)
    #expect(driven.isWhole && driven.failure == nil)
    #expect(!driven.connection.mayBeUsedAgain)
  }

  @Test func `what HEAD was answered with has no body, and any byte behind it is unasked`() {
    for (behind, mayBeUsedAgain) in [("", true), ("ab", false)] {
      var driven = Driven(isForHEAD: true)
      driven.sendAll()
      driven.receive(ok + "Content-Length: 2\r\n\r\n" + behind)
      #expect(driven.isWhole && driven.body.isEmpty && driven.head?.contentLength == 2)
      #expect(driven.connection.mayBeUsedAgain == mayBeUsedAgain)
    }
  }

  @Test(arguments: [300, 302, 400, 401, 413, 500, 503])
  func `who refuses before it has the whole body is sent no more of it`(status: Int) {
    var driven = Driven(bodyBytes: 1_000_000)
    driven.connection.sent(70_000)
    driven.receive("HTTP/1.1 \(status) Enough\r\nContent-Length: 2\r\n\r\n")
    #expect(!driven.connection.sends)
    driven.receive("no")
    #expect(driven.isWhole && driven.head?.status == status)
    #expect(!driven.connection.mayBeUsedAgain)
  }

  @Test
  func
    `who is content before it has the whole body is sent the rest all the same, and serves no other delivery`()
  {
    var driven = Driven(bodyBytes: 1_000_000)
    driven.connection.sent(70_000)
    driven.receive(ok + "Content-Length: 2\r\n\r\na")
    #expect(driven.connection.sends)
    driven.sendAll()
    driven.receive("b")
    #expect(driven.isWhole && !driven.connection.mayBeUsedAgain)
    var early = Driven(bodyBytes: 1_000_000)
    early.receive(answer)
    #expect(early.isWhole && early.connection.isAnswerWhole && early.connection.sends)
    early.sendAll()
    #expect(!early.connection.sends && !early.connection.mayBeUsedAgain)
  }

  @Test func `an interim answer changes nothing of what is to be sent`() {
    var driven = Driven(bodyBytes: 100)
    driven.receive("HTTP/1.1 100 Continue\r\n\r\n")
    #expect(driven.connection.sends && driven.connection.hasAnswerBegun && driven.head == nil)
    driven.sendAll()
    driven.receive(answer)
    #expect(driven.isWhole && driven.connection.mayBeUsedAgain)
  }

  @Test(arguments: [
    (64 * 1024, 1, 0, true), (64 * 1024 + 1, 1, 1, false), (1_000_000, 0, 1, true),
    (1_000_000, nil, 1, false),
  ])
  func `a long body that the other side has not taken yet keeps its connection from others`(
    bodyBytes: Int, unacknowledged: Int?, looks: Int, mayBeUsedAgain: Bool
  ) {
    var driven = Driven(bodyBytes: bodyBytes)
    driven.unacknowledged = unacknowledged
    driven.sendAll()
    driven.receive(answer)
    #expect(driven.isWhole)
    #expect(driven.looks == looks)
    #expect(driven.connection.mayBeUsedAgain == mayBeUsedAgain)
  }

  // MARK: Dead connections

  @Test func `a pooled connection that takes nothing of a delivery is replaced`() {
    var driven = Driven(served: 1)
    #expect(driven.connection.sendFailed(hasLeft: false) == .replace)
  }

  @Test func `a fresh connection is never replaced`() {
    var driven = Driven()
    #expect(driven.connection.sendFailed(hasLeft: false) == .readOn)
    driven.end(.broken("reset"))
    #expect(driven.failure?.kind == .closed && driven.failure?.isSafeToRetry == true)
  }

  @Test
  func
    `a pooled connection that took a byte, or may have, is never replaced, and the delivery not sent twice`()
  {
    for (sent, hasLeft) in [(1, false), (0, true), (10, false)] {
      var driven = Driven(served: 1, bodyBytes: 5)
      driven.connection.sent(sent)
      #expect(driven.connection.sendFailed(hasLeft: hasLeft) == .readOn)
      #expect(!driven.connection.sends)
      driven.end(.broken("reset"))
      #expect(driven.failure?.kind == .deadConnection && driven.failure?.stage == .sending)
      #expect(driven.failure?.isSafeToRetry == false)
    }
  }

  @Test
  func `a pooled connection that says something and dies is not replaced: what it said is for this delivery`()
  {
    var driven = Driven(served: 1)
    driven.receive("HTTP/1.1 4")
    #expect(driven.connection.sendFailed(hasLeft: false) == .readOn)
    driven.receive("08 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    #expect(driven.isWhole && driven.head?.status == 408 && !driven.connection.mayBeUsedAgain)
  }

  @Test func `after a failure to send, the answer that lies there is read`() {
    var driven = Driven(bodyBytes: 1_000_000)
    driven.connection.sent(500_000)
    #expect(driven.connection.sendFailed(hasLeft: false) == .readOn)
    driven.receive("HTTP/1.1 413 Too Large\r\n\r\nno")
    #expect(!driven.isWhole)
    driven.end()
    #expect(driven.isWhole && driven.body == Array("no".utf8) && !driven.connection.mayBeUsedAgain)
  }

  @Test func `a fresh connection that took the delivery and ends without an answer has closed`() {
    for end in [UpstreamConnection.End.orderly, .broken("reset")] {
      var driven = Driven()
      driven.sendAll()
      driven.end(end)
      #expect(driven.failure?.kind == .closed && driven.failure?.stage == .sending)
    }
  }

  // MARK: Ends

  @Test func `an answer that says nothing of its length ends with an orderly close, and with no other`() {
    for (end, isWhole) in [(UpstreamConnection.End.orderly, true), (.broken("cut off"), false)] {
      var driven = Driven()
      driven.sendAll()
      driven.receive(ok + "\r\nuntil the end")
      driven.end(end)
      #expect(driven.isWhole == isWhole && !driven.connection.mayBeUsedAgain)
      #expect(driven.failure?.kind == (isWhole ? nil : .closed))
    }
  }

  @Test(arguments: [
    "H", "HTTP/1.1 200 OK\r\nX-A: 1\r\n", "HTTP/1.1 100 Continue\r\n\r\n", ok + "Content-Length: 3\r\n\r\nab",
    ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
  ])
  func `an answer that breaks off is a failure of the answering stage, on any connection`(text: String) {
    for served in 0...1 {
      var driven = Driven(served: served)
      driven.sendAll()
      driven.receive(text)
      driven.end()
      #expect(driven.failure?.kind == .closed && driven.failure?.stage == .answering)
    }
  }

  @Test func `an upstream that closes behind a whole answer is let go`() {
    var driven = Driven(bodyBytes: 10)
    driven.sendAll()
    driven.receive(answer)
    #expect(driven.connection.mayBeUsedAgain)
    _ = driven.connection.ended(.orderly)
    #expect(!driven.connection.mayBeUsedAgain)
  }

  @Test func `what cannot be read, or is too large, is a failure that says so`() {
    var driven = Driven()
    driven.receive("SSH-2.0-OpenSSH_9.2\r\n")
    #expect(driven.failure?.kind == .unparsable && driven.failure?.stage == .answering)
    #expect(!driven.connection.mayBeUsedAgain)
    var large = Driven(bound: 40)
    large.receive(ok + "X-Long: " + String(repeating: "y", count: 40))
    #expect(large.failure?.kind == .answerTooLarge)
    #expect(large.failure?.detail == "the answer's header section is over 40 bytes")
  }
}
