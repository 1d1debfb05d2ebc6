import Testing

@testable import Gateway

@Suite struct AnswerReaderTests {
  /// Reads a head as libcurl delivers it: one call for each line, line end included.
  private func read(_ text: String, headerBytesMax: Int = 1024) throws(ForwardFailure) -> Answer? {
    var reader = AnswerReader(headerBytesMax: headerBytesMax)
    var line: [UInt8] = []
    for byte in text.utf8 {
      line.append(byte)
      guard byte == UInt8(ascii: "\n") else { continue }
      try reader.takeLine(line)
      line = []
    }
    #expect(line.isEmpty, "a test's head ends with a line end")
    return reader.answer
  }

  private func failure(_ text: String, headerBytesMax: Int = 1024) -> ForwardFailure? {
    do throws(ForwardFailure) {
      _ = try read(text, headerBytesMax: headerBytesMax)
      return nil
    } catch {
      return error
    }
  }

  @Test func `status, reason and fields come back as they were`() throws {
    let text =
      "HTTP/1.1 201 Created at\tonce\r\nServer: a\r\nset-cookie: b=1\r\nSet-Cookie:c=2 \r\nX-Empty:\r\n\r\n"
    let answer = try #require(try read(text))
    #expect(answer.status == 201)
    #expect(answer.isSuccess)
    #expect(String(decoding: answer.reason, as: UTF8.self) == "Created at\tonce")
    #expect(answer.headers.lines == ["Server: a", "set-cookie: b=1", "Set-Cookie: c=2", "X-Empty: "])
    #expect(answer.contentLength == nil)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK", 200), ("HTTP/1.0 404 Not Found", 404), ("HTTP/1.1 200", 200), ("HTTP/1.1 200 ", 200),
    ("HTTP/1.1 599 Odd", 599), ("HTTP/1.1 204 No Content", 204), ("HTTP/1.1 302 Found", 302),
  ])
  func `a plain status line is read`(line: String, status: Int) throws {
    #expect(try read(line + "\r\n\r\n")?.status == status)
    #expect(try read(line + "\n\n")?.status == status)
  }

  @Test(arguments: [
    "", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1 -20 OK",
    "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/2 200 OK", "HTTP/2.0 200 OK", "http/1.1 200 OK",
    "ICY 200 OK",
    "HTTP/1.1 099 Low", "HTTP/1.1 000 None", "HTTP/1.1 600 High", "HTTP/1.1 999 High", "HTTP/1.1 200OK",
    "200 OK", "<html>", "HTTP/1.x 200 OK", " HTTP/1.1 200 OK", "HTTP/1.1 ２00 OK",
  ])
  func `any other first line is unparsable`(line: String) {
    #expect(failure(line + "\r\n\r\n")?.kind == .unparsable)
  }

  @Test func `control bytes in a reason do not come back`() throws {
    let answer = try #require(try read("HTTP/1.1 200 a\u{0}b\rc\u{1B}d\r\n\r\n"))
    #expect(String(decoding: answer.reason, as: UTF8.self) == "abcd")
  }

  @Test func `interim answers are read and forgotten`() throws {
    let text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\n\r\n"
      + "HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n"
    let answer = try #require(try read(text))
    #expect(answer.status == 200)
    #expect(answer.headers.lines == ["X-A: 1"])
    #expect(answer.contentLength == nil)
    #expect(try read("HTTP/1.1 100 Continue\r\n\r\n") == nil)
  }

  @Test func `an unasked switch of protocols is unparsable`() {
    #expect(failure("HTTP/1.1 101 Switching Protocols\r\n\r\n")?.kind == .unparsable)
  }

  @Test(arguments: [
    "X-A: 1\r\n folded\r\n", "X-A: 1\r\n\tfolded: 2\r\n", " X-A: 1\r\n", "X-A : 1\r\n", "X A: 1\r\n",
    ": 1\r\n",
    "X-A\r\n", "X-Ä: 1\r\n", "X-A: a\u{0}b\r\n", "X-A: a\rb\r\n", "X-A: a\u{7F}\r\n", "X-A: 1\r\r\n",
    "X-\u{0}A: 1\r\n", "X-A(: 1\r\n",
  ])
  func `a field that two readers could read differently is refused`(field: String) {
    #expect(failure("HTTP/1.1 200 OK\r\n\(field)\r\n")?.kind == .unparsable)
  }

  @Test(arguments: [
    "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\ncontent-length: 5\r\n", "Transfer-Encoding: gzip\r\n",
    "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer-Encoding: \r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n",
    "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: \r\n", "Content-Length: 0x5\r\n",
    "Content-Length: -5\r\n", "Content-Length: 1234567890123456789\r\n", "Content-Length: ５\r\n",
  ])
  func `framing in contradiction to itself is refused`(fields: String) {
    #expect(failure("HTTP/1.1 200 OK\r\n\(fields)\r\n")?.kind == .unparsable)
  }

  @Test func `a failure's stage is answering, so nobody tries again`() throws {
    let failure = try #require(self.failure("nonsense\r\n"))
    #expect(failure.stage == .answering)
    #expect(!failure.isSafeToRetry)
  }

  @Test func `length and framing are taken out, a length said twice alike counts once`() throws {
    let length = try #require(
      try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\ncontent-length: 5\r\n\r\n"))
    #expect(length.contentLength == 5)
    #expect(length.headers.lines == ["X-A: 1"])
    let chunked = try #require(try read("HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n"))
    #expect(chunked.contentLength == nil)
    #expect(chunked.headers.isEmpty)
  }

  @Test func `hop-by-hop fields and those that Connection names are not for the sender`() throws {
    let text = """
      HTTP/1.1 200 OK
      Connection: close, x-internal
      X-Internal: 1
      Keep-Alive: timeout=5
      Proxy-Connection: close
      TE: trailers
      Trailer: X
      Upgrade: h2c
      X-Kept: 2


      """
    #expect(try read(text)?.headers.lines == ["X-Kept: 2"])
  }

  @Test func `trailers are dropped and counted`() throws {
    let head = "HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n"
    #expect(try read(head + "X-Verified: true\r\nX-A: 2\r\n\r\n")?.headers.lines == ["X-A: 1"])
    #expect(failure(head + "X-Long: 1\r\n", headerBytesMax: head.utf8.count + 5)?.kind == .answerTooLarge)
  }

  @Test func `the limit counts every byte, those of interim answers too`() throws {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n"
    let final = "HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n"
    let whole = interim + interim + final
    #expect(try read(whole, headerBytesMax: whole.utf8.count)?.status == 200)
    let failure = try #require(self.failure(whole, headerBytesMax: whole.utf8.count - 1))
    #expect(failure.kind == .answerTooLarge)
    #expect(failure.stage == .answering)
  }

  @Test func `it has begun with the first line, whatever that was`() throws {
    var reader = AnswerReader(headerBytesMax: 100)
    #expect(!reader.hasBegun)
    try reader.takeLine(Array("HTTP/1.1 100 Continue\r\n".utf8))
    try reader.takeLine(Array("\r\n".utf8))
    #expect(reader.hasBegun)
    #expect(reader.answer == nil)
  }

  @Test(arguments: [("POST", 200, true), ("HEAD", 200, false), ("POST", 204, false), ("GET", 304, false)])
  func `an answer has a body unless method or status forbid it`(method: String, status: Int, hasBody: Bool) {
    let answer = Answer(status: status, reason: [], headers: HeaderList(), contentLength: nil)
    #expect(answer.hasBody(for: method) == hasBody)
  }
}

extension AnswerReader {
  fileprivate mutating func takeLine(_ line: [UInt8]) throws(ForwardFailure) {
    var copy = self
    let result: Result<Void, ForwardFailure> = line.withUnsafeBytes { bytes in
      do throws(ForwardFailure) { return .success(try copy.take(bytes)) } catch { return .failure(error) }
    }
    self = copy
    try result.get()
  }
}
