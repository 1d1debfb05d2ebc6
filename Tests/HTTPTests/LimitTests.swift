import Gateway
import HTTP
import TestSupport
import Testing

@Suite(.ownThread) struct LimitTests {
  private let headLimit = RequestFault.headTooLarge(.bytes)

  private func limits(line: Int = 8_192, header: Int = 65_536, fields: Int = 100) -> Limits {
    var limits = Limits()
    limits.requestLineBytesMax = line
    limits.headerBytesMax = header
    limits.headerFieldsMax = fields
    return limits
  }

  @Test func `a request line of exactly the limit is read and one byte more is refused`() {
    let request = "GET /abc HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(Transcript(of: request, limits: limits(line: 17)).isClean)
    #expect(Transcript(of: request, limits: limits(line: 16)).rejection == .requestLineTooLong)
  }

  @Test func `a request line too long is refused before it ends`() {
    let start = "GET /" + String(repeating: "a", count: 8_187)
    #expect(Transcript(of: start).rejection == nil)
    #expect(Transcript(of: start + "a").rejection == .requestLineTooLong)
  }

  @Test func `a header section of exactly the limit is read and one byte more is refused`() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n"
    #expect(Transcript(of: request, limits: limits(header: 16)).isClean)
    #expect(Transcript(of: request, limits: limits(header: 15)).rejection == headLimit)
  }

  @Test func `the empty line before a request counts`() {
    let request = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(Transcript(of: request, limits: limits(header: 11)).isClean)
    #expect(Transcript(of: request, limits: limits(header: 10)).rejection == headLimit)
  }

  @Test func `one header too long is refused before it ends, in its name and in its value`() {
    let start = "GET / HTTP/1.1\r\n"
    let long = String(repeating: "a", count: 65_534)
    #expect(Transcript(of: start + long).rejection == nil)
    #expect(Transcript(of: start + long + "a").rejection == headLimit)
    #expect(Transcript(of: start + "X: " + long.dropLast(3)).rejection == nil)
    #expect(Transcript(of: start + "X: " + long.dropLast(2)).rejection == headLimit)
  }

  @Test func `a hundred fields are read and the next is refused at its first byte`() {
    let fields = (1..<100).map { "X-\($0): y\r\n" }.joined()
    let head = "GET / HTTP/1.1\r\nHost: a\r\n" + fields
    #expect(Transcript(of: head + "\r\n").messages.first?.fields.count == 100)
    #expect(Transcript(of: head + "Y").rejection == .headTooLarge(.fields))
  }

  @Test func `the limits begin anew with each request`() {
    let request = "GET /abc HTTP/1.1\r\nHost: a\r\n\r\n"
    let all = String(repeating: request, count: 50)
    #expect(Transcript(of: all, limits: limits(line: 17, header: 9, fields: 1)).messages.count == 50)
  }

  @Test func `trailers are held to the limits of headers`() {
    let body = "0\r\nA: 1\r\nB: 2\r\n\r\n"
    let request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n" + body
    #expect(Transcript(of: request, limits: limits(fields: 2)).isClean)
    let many = request.replacingOccurrences("B: 2\r\n", "B: 2\r\nC: 3\r\n")
    #expect(
      Transcript(of: many, limits: limits(fields: 2)).rejection == .headTooLarge(.fields))
    let long = request.replacingOccurrences("B: 2", "B: " + String(repeating: "b", count: 40))
    #expect(Transcript(of: long, limits: limits(header: 39)).rejection == headLimit)
  }

  @Test func `a method of 32 is read`() {
    let method = String(repeating: "M", count: 32)
    #expect(Transcript(of: "\(method) / HTTP/1.1\r\nHost: a\r\n\r\n").messages.first?.method == method)
  }
}

extension String {
  fileprivate func replacingOccurrences(_ part: String, _ other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}

@Suite(.ownThread) struct ChunkOverheadTests {
  private let tooMuch = RequestFault.malformed("too much chunk overhead")

  @Test func `an honest sender of one-byte chunks is never refused`() {
    let body = String(repeating: "1\r\nx\r\n", count: 100_000) + "0\r\n\r\n"
    let transcript = Transcript(of: chunked(body))
    #expect(transcript.isClean)
    #expect(transcript.messages.first?.body.count == 100_000)
  }

  @Test func `an extension without end is refused before it ends`() {
    let free = 16_384 - 2
    #expect(Transcript(of: chunked("1;" + String(repeating: "a", count: free))).rejection == nil)
    #expect(Transcript(of: chunked("1;" + String(repeating: "a", count: free + 1))).rejection == tooMuch)
  }

  @Test func `many chunks with extensions are refused`() {
    let chunk = "1;" + String(repeating: "a", count: 100) + "\r\nx\r\n"
    #expect(Transcript(of: chunked(String(repeating: chunk, count: 100))).rejection == nil)
    #expect(Transcript(of: chunked(String(repeating: chunk, count: 1_000))).rejection == tooMuch)
  }

  @Test func `data pays for the overhead that comes after it`() {
    let data = "2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n"
    let extension70k = "1;" + String(repeating: "a", count: 70_000) + "\r\nx\r\n0\r\n\r\n"
    #expect(Transcript(of: chunked(data + extension70k)).isClean)
    #expect(Transcript(of: chunked(extension70k)).rejection == tooMuch)
  }
}
