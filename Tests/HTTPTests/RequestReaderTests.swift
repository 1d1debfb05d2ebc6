import Gateway
import HTTP
import TestSupport
import Testing

@Suite(.ownThread) struct RequestReaderTests {
  private func first(_ text: String) -> Transcript.Message? { Transcript(of: text).messages.first }

  @Test func `a head says what stood in it`() throws {
    let text = """
      POST /hooks/a%2Fb?x=1 HTTP/1.1\r
      X-First: 1\r
      hOsT: a.example:80\r
      X-first: \t two  words \t\r
      Content-Length: 0\r
      \r\n
      """
    let head = try #require(first(text))
    #expect(head.method == "POST")
    #expect(head.target == "/hooks/a%2Fb?x=1")
    #expect(head.minorVersion == 1)
    #expect(head.hostIndex == 1)
    #expect(head.framing == .length(0))
    #expect(
      head.fields.map { String(decoding: $0.name, as: UTF8.self) } == [
        "X-First", "hOsT", "X-first", "Content-Length",
      ])
    #expect(
      head.fields.map { String(decoding: $0.value, as: UTF8.self) } == [
        "1", "a.example:80", "two  words", "0",
      ])
  }

  @Test func `bytes that are not UTF-8 stay what they were in values and bodies`() throws {
    let odd: [UInt8] = [0xFF, 0xFE, 0xC3, 0x28, 0x80, 0xED, 0xA0, 0x80]
    let bytes =
      Array("POST / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + odd
      + Array("\r\nContent-Length: 12\r\n\r\n".utf8) + odd + [0x00, 0x0D, 0x0A, 0x0A]
    for pieces in [[bytes], bytes.singleBytes] {
      let message = try #require(Transcript(ofPieces: pieces).messages.first)
      #expect(message.value(of: "X") == odd)
      #expect(message.body == odd + [0x00, 0x0D, 0x0A, 0x0A])
    }
  }

  @Test func `a binary body of a megabyte comes out as it went in, by length and in chunks`() {
    var generator = SeededGenerator(seed: runSeed &+ 5)
    let body = (0..<1 << 20).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let fixed = Array(post("Content-Length: \(body.count)\r\n").utf8) + body
    #expect(Transcript(ofPieces: fixed.cut(using: &generator)).messages.first?.body == body)
    var inChunks = Array(chunked("").utf8)
    for chunk in body.cut(using: &generator) where !chunk.isEmpty {
      inChunks += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [0x0D, 0x0A]
    }
    inChunks += Array("0\r\n\r\n".utf8)
    #expect(Transcript(ofPieces: inChunks.cut(using: &generator)).messages.first?.body == body)
  }

  @Test(arguments: [0, 1, 4, 9, 10])
  func `body bytes may be passed over, and the next request begins behind the last of them`(
    passed: Int
  ) throws {
    var reader = RequestReader(bounds: Limits().requestBounds)
    let head = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n".utf8)
    func read(_ bytes: [UInt8]) throws -> (RequestReader.Event, Int) {
      var consumed = 0
      let event = try bytes.withUnsafeBytes { try reader.read($0, consumed: &consumed) }
      return (event, consumed)
    }
    #expect(reader.bodyBytesLeft == 0)
    for _ in 0..<2 {
      guard case .head = try read(head).0 else { throw FixtureError("no head") }
      #expect(reader.bodyBytesLeft == 10)
      reader.passOver(bodyBytes: passed)
      #expect(reader.bodyBytesLeft == 10 - passed)
      if passed < 10 {
        let (event, consumed) = try read([UInt8](repeating: 7, count: 10 - passed) + head)
        guard case .body(let range) = event else { throw FixtureError("no body") }
        #expect(range.count == 10 - passed && consumed == range.count)
      }
      guard case .end = try read([]).0 else { throw FixtureError("no end") }
      #expect(reader.bodyBytesLeft == 0)
    }
    let chunked = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    guard case .head = try read(chunked).0 else { throw FixtureError("no head") }
    #expect(reader.bodyBytesLeft == 0)
  }

  @Test(arguments: [
    ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false),
    ("HTTP/1.1", "Connection: keep-alive", true), ("HTTP/1.1", "CONNECTION: CLOSE", false),
    ("HTTP/1.1", "Connection: x, close , y", false), ("HTTP/1.1", "Connection: closed", true),
    ("HTTP/1.1", "Connection: x\r\nConnection: close", false), ("HTTP/1.1", "Connection:", true),
    ("HTTP/1.1", "Connection: keep-alive, close", false), ("HTTP/1.0", "X: y", false),
    ("HTTP/1.0", "Connection: keep-alive", true), ("HTTP/1.0", "Connection: Keep-Alive, x", true),
    ("HTTP/1.0", "Connection: close, keep-alive", false), ("HTTP/1.0", "Keep-Alive: 5", false),
  ])
  func `Connection and version say whether the connection stays open`(
    version: String, line: String, keepsAlive: Bool
  ) {
    #expect(first("GET / \(version)\r\nHost: a\r\n\(line)\r\n\r\n")?.keepsAlive == keepsAlive)
  }

  @Test(arguments: [
    ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 1", true),
    ("HTTP/1.1", "expect: 100-Continue \r\nTransfer-Encoding: chunked", true),
    ("HTTP/1.1", "Content-Length: 1", false),
    ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 0", false),
    ("HTTP/1.1", "Expect: 100-continue", false),
    ("HTTP/1.0", "Expect: 100-continue\r\nContent-Length: 1", false),
  ])
  func `100 Continue is due where a body waits for it`(version: String, line: String, isDue: Bool) {
    #expect(first("POST / \(version)\r\nHost: a\r\n\(line)\r\n\r\n")?.expectsContinue == isDue)
  }

  @Test func `trailers of any name are dropped`() throws {
    let trailers = "X-Verified: true\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: b\r\nHost: c\r\n"
    let transcript = Transcript(of: chunked("1\r\nx\r\n0\r\n\(trailers)\r\n") + post(""))
    #expect(transcript.isClean)
    #expect(transcript.messages.map(\.fields.count) == [2, 1])
  }

  @Test func `valid, bad, valid: the first is read and nothing after the bad one`() {
    let bad = post("Content-Length: 1\r\nContent-Length: 2\r\n", "x")
    let transcript = Transcript(of: post("Content-Length: 1\r\n", "a") + bad + post(""))
    #expect(transcript.messages.map(\.bodyText) == ["a"])
    #expect(transcript.rejection == .malformed("more than one Content-Length"))
  }

  @Test(arguments: RefusedRequest.all)
  func `after a refusal every call throws the same and takes nothing`(_ request: RefusedRequest) {
    var reader = RequestReader(bounds: Limits().requestBounds)
    var thrown: [RequestFault] = []
    let rounds = [request.bytes, Array(post("").utf8), []]
    for bytes in rounds {
      do throws(RequestFault) { try drain(bytes, &reader) } catch { thrown.append(error) }
    }
    #expect(thrown == Array(repeating: request.rejection, count: rounds.count))
  }

  private func drain(_ bytes: [UInt8], _ reader: inout RequestReader) throws(RequestFault) {
    var rest = bytes[...]
    while true {
      var consumed = 0
      let event = try rest.withUnsafeBufferPointer { (rest) throws(RequestFault) in
        try reader.read(UnsafeRawBufferPointer(rest), consumed: &consumed)
      }
      rest = rest.dropFirst(consumed)
      if case .needMore = event { return }
    }
  }

  @Test func `after the end of a request nothing of the next was touched`() throws {
    let bytes = Array((post("Content-Length: 1\r\n", "x") + post("")).utf8)
    var reader = RequestReader(bounds: Limits().requestBounds)
    var offset = 0
    var ends: [Int] = []
    while ends.count < 2 {
      var consumed = 0
      let event = try bytes[offset...].withUnsafeBufferPointer { (rest) throws(RequestFault) in
        try reader.read(UnsafeRawBufferPointer(rest), consumed: &consumed)
      }
      offset += consumed
      if case .end = event {
        ends.append(offset)
        #expect(!reader.hasBegun && !reader.isReadingBody)
      }
    }
    #expect(ends == [post("Content-Length: 1\r\n", "x").utf8.count, bytes.count])
  }

  @Test func `a request has begun with the first byte of its line, not with an empty line`() {
    #expect(!Transcript(of: "").hasBegun)
    #expect(!Transcript(of: "\r").hasBegun)
    #expect(!Transcript(of: "\r\n").hasBegun)
    #expect(Transcript(of: "\r\nP").hasBegun)
    #expect(Transcript(of: "POST / HTTP/1.1\r\nHost: a\r\n").hasBegun)
    let inBody = Transcript(of: post("Content-Length: 2\r\n", "x"))
    #expect(!inBody.hasBegun && inBody.isReadingBody)
    #expect(Transcript(of: chunked("1\r\nx\r\n0\r\n")).isReadingBody)
    #expect(!Transcript(of: chunked("1\r\nx\r\n0\r\n\r\n")).isReadingBody)
  }

  @Test func `a long head in single bytes is read in time in proportion to its length`() {
    var limits = Limits()
    limits.headerBytesMax = 2_000_000
    let value = String(repeating: "v", count: 1_000_000)
    let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n".utf8)
    let message = Transcript(ofPieces: bytes.singleBytes, limits: limits).messages.first
    #expect(message?.value(of: "X")?.count == 1_000_000)
  }
}
