import HTTP
import TestSupport
import Testing

@Suite(.ownThread) struct ResponseTableTests {
  @Test(arguments: SoundResponse.all + SoundResponse.forgiven)
  func `an answer is read`(_ response: SoundResponse) {
    let read = ResponseTranscript(of: response.bytes, response.setting)
    #expect(read.fault == nil)
    #expect(read.head?.status == response.status)
    #expect(read.head?.framing == response.framing)
    #expect(read.bodyText == response.body)
    #expect(read.isWholeAtEnd)
    #expect(read.isComplete == (response.framing != .close))
  }

  @Test(arguments: SoundResponse.all)
  func `what nobody needs to forgive is read without leniency too`(_ response: SoundResponse) {
    var setting = response.setting
    setting.leniency = .none
    #expect(
      ResponseTranscript(of: response.bytes, setting)
        == ResponseTranscript(of: response.bytes, response.setting))
  }

  @Test(arguments: SoundResponse.forgiven)
  func `what is forgiven is refused where nothing is`(_ response: SoundResponse) {
    #expect(ResponseTranscript(of: response.bytes, .init(leniency: .none)).fault != nil)
  }

  @Test(arguments: UnsoundResponse.all)
  func `what two readers could read differently is refused`(_ response: UnsoundResponse) {
    #expect(ResponseTranscript(of: response.bytes).fault == response.fault)
    #expect(ResponseTranscript(of: response.bytes, .init(leniency: .none)).fault != nil)
  }

  @Test(arguments: SoundResponse.all + SoundResponse.forgiven)
  func `an answer cut off anywhere is not whole`(_ response: SoundResponse) {
    // Who says nothing of the end is believed wherever it comes.
    guard response.framing != .close else { return }
    // Of chunks the very last LF is forgiven.
    let count = response.bytes.count - (response.framing == .chunked ? 1 : 0)
    for count in 0..<count {
      let read = ResponseTranscript(of: Array(response.bytes[..<count]), response.setting)
      #expect(read.fault == nil && !read.isComplete && !read.mayEndHere, "whole after \(count) bytes")
    }
  }

  @Test func `chunks that lack their very last LF are whole only where that is forgiven`() {
    let bytes = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r".utf8)
    #expect(ResponseTranscript(of: bytes).isWholeAtEnd)
    #expect(!ResponseTranscript(of: bytes, .init(leniency: .none)).isWholeAtEnd)
    #expect(!ResponseTranscript(of: Array(bytes.dropLast())).isWholeAtEnd)
  }

  @Test func `however the bytes are cut, the same is read`() {
    var generator = SeededGenerator(seed: runSeed &+ 6)
    let inputs =
      (SoundResponse.all + SoundResponse.forgiven).map { ($0.bytes, $0.setting) }
      + UnsoundResponse.all.map { ($0.bytes, .init()) }
    for (bytes, setting) in inputs {
      let whole = ResponseTranscript(of: bytes, setting)
      #expect(ResponseTranscript(ofPieces: bytes.singleBytes, setting) == whole, "\(bytes.escaped)")
      for _ in 0..<20 {
        let pieces = bytes.cut(using: &generator)
        #expect(
          ResponseTranscript(ofPieces: pieces, setting) == whole,
          "VESIGATE_SEED=\(runSeed) \(pieces.map(\.escaped).joined(separator: " | "))")
      }
    }
  }

  @Test func `the tables hold each name once`() {
    for names in [
      (SoundResponse.all + SoundResponse.forgiven).map(\.name), UnsoundResponse.all.map(\.name),
    ] {
      #expect(Set(names).count == names.count)
    }
  }
}

@Suite(.ownThread) struct ResponseReaderTests {
  private let ok = "HTTP/1.1 200 OK\r\n"

  @Test func `status, reason and fields come back as they were`() throws {
    let text =
      "HTTP/1.1 201 Created at\tonce\r\nServer: a\r\nset-cookie: b=1\r\nSet-Cookie:c=2 \r\nX-Empty:\r\n\r\n"
    let head = try #require(ResponseTranscript(of: text).head)
    #expect(head.status == 201)
    #expect(String(decoding: head.reason, as: UTF8.self) == "Created at\tonce")
    #expect(head.lines == ["Server: a", "set-cookie: b=1", "Set-Cookie: c=2", "X-Empty: "])
    #expect(head.contentLength == nil)
  }

  @Test func `control bytes in a reason do not come back`() throws {
    let head = try #require(ResponseTranscript(of: "HTTP/1.1 200 a\u{1}b\u{1B}[2Jc\u{7F}\r\n\r\n").head)
    #expect(String(decoding: head.reason, as: UTF8.self) == "ab[2Jc")
  }

  @Test(arguments: [
    ("X: a\r\n b\r\n", "X: a b"), ("X: a\r\n\t b \r\n  c\r\n", "X: a b c"), ("X:\r\n a\r\n", "X: a"),
    ("X: a\r\n \r\n", "X: a"), ("X: a\r\n  \r\n b\r\n", "X: a b"), ("X: a\n b\n", "X: a b"),
  ])
  func `a fold becomes one blank`(lines: String, field: String) {
    #expect(ResponseTranscript(of: ok + lines + "Y: z\r\n\r\n").head?.lines == [field, "Y: z"])
  }

  @Test func `fields for the connection, and those that Connection names, are not for the sender`() {
    let text = """
      HTTP/1.1 200 OK
      X-Internal: 0
      Connection: close, x-internal
      X-Internal: 1
      Keep-Alive: timeout=5
      Proxy-Connection: close
      TE: trailers
      Trailer: X
      Upgrade: h2c
      X-Kept: 2


      """
    #expect(ResponseTranscript(of: text).head?.lines == ["X-Kept: 2"])
  }

  @Test func `trailers are dropped, whatever they are called`() {
    let trailers = "X-Verified: true\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\n"
    let read = ResponseTranscript(of: ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\(trailers)\r\n")
    #expect(read.isComplete)
    #expect(read.head?.lines == [])
  }

  @Test(arguments: [
    ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false),
    ("HTTP/1.1", "CONNECTION: x, Close", false), ("HTTP/1.1", "Connection: keep-alive, close", false),
    ("HTTP/1.1", "Connection: closed", true), ("HTTP/1.0", "X: y", false),
    ("HTTP/1.0", "Connection: Keep-Alive", true), ("HTTP/1.0", "Keep-Alive: 5", false),
    ("HTTP/1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked", false),
  ])
  func `Connection and version say whether the connection may be used again`(
    version: String, line: String, keepsAlive: Bool
  ) {
    #expect(ResponseTranscript(of: "\(version) 200 OK\r\n\(line)\r\n\r\n").head?.keepsAlive == keepsAlive)
  }

  @Test func `that the connection ends may be said by an interim answer`() {
    let read = ResponseTranscript(
      of: "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    #expect(read.head?.keepsAlive == false)
    #expect(read.isComplete)
  }

  @Test(arguments: [
    ("Content-Length: 2\r\n\r\nab", false), ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false),
    ("Content-Length: 2\r\n\r\n", true),
  ])
  func `what stands behind an answer is not touched`(rest: String, isForHEAD: Bool) {
    for behind in ["x", "\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
      let read = ResponseTranscript(of: ok + rest + behind, .init(isForHEAD: isForHEAD))
      #expect(read.isComplete && read.fault == nil)
      #expect(read.surplus == behind.utf8.count)
    }
  }

  @Test func `the length that HEAD was told of is kept, and no body waited for`() {
    let read = ResponseTranscript(of: ok + "Content-Length: 1234\r\n\r\n", .init(isForHEAD: true))
    #expect(read.head?.contentLength == 1234)
    #expect(read.isComplete)
  }

  @Test func `an answer has begun with its first byte, be it an interim one's`() {
    #expect(!ResponseTranscript(of: "").hasBegun)
    #expect(ResponseTranscript(of: "H").hasBegun)
    #expect(ResponseTranscript(of: "HTTP/1.1 100 Continue\r\n\r\n").hasBegun)
  }

  @Test func `a binary body of a megabyte comes out as it went in, in all three framings`() {
    var generator = SeededGenerator(seed: runSeed &+ 7)
    let body = (0..<1 << 20).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let fixed = Array((ok + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    #expect(ResponseTranscript(ofPieces: fixed.cut(using: &generator)).body == body)
    let untilClose = Array((ok + "\r\n").utf8) + body
    #expect(ResponseTranscript(ofPieces: untilClose.cut(using: &generator)).body == body)
    var inChunks = Array((ok + "Transfer-Encoding: chunked\r\n\r\n").utf8)
    for chunk in body.cut(using: &generator) where !chunk.isEmpty {
      inChunks += Array("\(String(chunk.count, radix: 16))  \r\n".utf8) + chunk + [0x0D, 0x0A]
    }
    inChunks += Array("0\r\n\r\n".utf8)
    let read = ResponseTranscript(ofPieces: inChunks.cut(using: &generator))
    #expect(read.body == body && read.isComplete)
  }
}

@Suite(.ownThread) struct ResponseBoundTests {
  private let tooLarge = MessageFault.headTooLarge(.bytes)

  private func fault(_ text: String, bytes: Int = 65_536, fields: Int = 1_000) -> MessageFault? {
    let bounds = ResponseReader.Bounds(headerBytesMax: bytes, headerFieldsMax: fields)
    return ResponseTranscript(of: text, .init(bounds: bounds)).fault
  }

  @Test func `a head of exactly the bound is read, and one byte more is refused`() {
    let head = "HTTP/1.1 200 OK\r\nX-A: 1\r\nY: z\r\n\r\n"
    #expect(fault(head, bytes: head.utf8.count) == nil)
    #expect(fault(head, bytes: head.utf8.count - 1) == tooLarge)
  }

  @Test func `a status line without end is refused before it ends`() {
    let start = "HTTP/1.1 200 "
    #expect(fault(start + String(repeating: "y", count: 87), bytes: 102) == nil)
    #expect(fault(start + String(repeating: "y", count: 88), bytes: 102) == tooLarge)
  }

  @Test func `a field without end is refused before it ends`() {
    let start = "HTTP/1.1 200 OK\r\nX: "
    #expect(fault(start + String(repeating: "y", count: 76), bytes: 100) == nil)
    #expect(fault(start + String(repeating: "y", count: 77), bytes: 100) == tooLarge)
  }

  @Test func `interim answers count, so that a flood of them ends`() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n"
    let final = "HTTP/1.1 200 OK\r\n\r\n"
    let all = String(repeating: interim, count: 3) + final
    #expect(fault(all, bytes: all.utf8.count) == nil)
    #expect(fault(all, bytes: all.utf8.count - 1) == tooLarge)
    #expect(fault(String(repeating: interim, count: 3_000)) == tooLarge)
  }

  @Test func `trailers count together with the head`() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    let trailer = "X-Sum: 1\r\n"
    let answer = head + "1\r\na\r\n0\r\n" + trailer + "\r\n"
    #expect(fault(answer, bytes: head.utf8.count + trailer.utf8.count) == nil)
    #expect(fault(answer, bytes: head.utf8.count + trailer.utf8.count - 1) == tooLarge)
  }

  @Test func `more fields than the bound are refused, trailers and interim answers among them`() {
    let head = "HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n"
    #expect(fault(head + "\r\n0\r\nB: 2\r\n\r\n", fields: 3) == nil)
    #expect(fault(head + "\r\n0\r\nB: 2\r\nC: 3\r\n\r\n", fields: 3) == .headTooLarge(.fields))
    #expect(fault(head + "B: 2\r\nC: 3\r\n\r\n", fields: 3) == .headTooLarge(.fields))
    #expect(
      fault("HTTP/1.1 103 Hints\r\nLink: a\r\nLink: b\r\n\r\n" + head, fields: 3) == .headTooLarge(.fields))
  }

  @Test func `folds are paid for by the byte`() {
    let folds = String(repeating: " \r\n", count: 40_000)
    #expect(fault("HTTP/1.1 200 OK\r\nX: a\r\n" + folds) == tooLarge)
  }

  @Test func `an app that pads each size of its one-byte chunks is never refused`() {
    let chunk = "1               \r\nx\r\n"
    let body = String(repeating: chunk, count: 50_000) + "0\r\n\r\n"
    let read = ResponseTranscript(of: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    #expect(read.isComplete && read.body.count == 50_000)
  }

  @Test func `size lines without end are refused`() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    let tooMuch = MessageFault.malformed("too much chunk overhead")
    #expect(fault(chunked + "1" + String(repeating: " ", count: 20_000)) == tooMuch)
    #expect(fault(chunked + "1;" + String(repeating: "a", count: 20_000)) == tooMuch)
  }
}

@Suite(.ownThread) struct ResponseDifferentialTests {
  @Test(arguments: SoundResponse.all, [false, true])
  func `what we accept strictly NIO reads alike`(_ response: SoundResponse, endsHere: Bool) throws {
    var setting = response.setting
    setting.leniency = .none
    let ours = ResponseTranscript(of: response.bytes, setting)
    let oracle = try ResponseOracle(of: response.bytes, isForHEAD: response.isForHEAD, endsHere: endsHere)
    #expect(oracle.disagreement(with: ours, endsHere: endsHere) == nil)
  }

  @Test func `of damaged answers holds what holds of any bytes`() {
    var generator = SeededGenerator(seed: runSeed &+ 8)
    let whole = SoundResponse.all + SoundResponse.forgiven
    var comparedCount = 0
    for _ in 0..<3_000 {
      let response = whole.randomElement(using: &generator)!
      let bytes = Mutation.mutated(response.bytes, using: &generator)
      let flags: UInt8 = (response.isForHEAD ? 1 : 0) | UInt8.random(in: 0...1, using: &generator) << 1
      let strict = ResponseTranscript(of: bytes, .init(isForHEAD: response.isForHEAD, leniency: .none))
      if strict.fault == nil, strict.head != nil { comparedCount += 1 }
      #expect(ResponseProperty.violation([flags] + bytes) == nil, "VESIGATE_SEED=\(runSeed) \(bytes.escaped)")
    }
    // A comparison that never compares would pass too.
    #expect(comparedCount > 200)
  }

  @Test func `random bytes never crash`() {
    var generator = SeededGenerator(seed: runSeed &+ 9)
    for _ in 0..<2_000 {
      let noise = (0..<Int.random(in: 1..<64, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      #expect(ResponseProperty.violation(noise) == nil, "\(noise.escaped)")
      #expect(ResponseProperty.chunkedViolation(noise) == nil, "\(noise.escaped)")
    }
  }
}
