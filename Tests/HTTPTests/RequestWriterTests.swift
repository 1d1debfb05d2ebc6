import Gateway
import HTTP
import TestSupport
import Testing

@Suite struct RequestWriterTests {
  private func headers(_ fields: [(String, String)]) -> HeaderList {
    var list = HeaderList()
    for (name, value) in fields { list.append(name: name, value: value) }
    return list
  }

  private func text(_ writer: RequestWriter) -> String { String(decoding: writer.bytes, as: UTF8.self) }

  @Test func `a head is written field by field, with Host first and the length last`() {
    let writer = RequestWriter()
    writer.write(
      method: "POST", target: Array("/hook?a=b".utf8), host: Array("app:8080".utf8),
      headers: headers([("X-Verified", "true"), ("x-empty", ""), ("X-Verified-Not", "1")]), length: 12)
    #expect(
      text(writer)
        == "POST /hook?a=b HTTP/1.1\r\nHost: app:8080\r\nX-Verified: true\r\nx-empty:\r\nX-Verified-Not: 1\r\n"
        + "Content-Length: 12\r\n\r\n")
  }

  @Test
  func
    `where no body is announced nothing is said of its length, and a Host of the sender's is the only one`()
  {
    let writer = RequestWriter()
    writer.write(
      method: "GET", target: Array("/".utf8), host: nil, headers: headers([("Host", "a.example")]),
      length: nil)
    #expect(text(writer) == "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
  }

  @Test func `a short body lies behind its head`() {
    let writer = RequestWriter()
    let body: [UInt8] = [0, 0x0D, 0x0A, 0xFF]
    body.withUnsafeBytes { body in
      writer.write(
        method: "PUT", target: Array("/x".utf8), host: Array("a".utf8), headers: HeaderList(),
        length: body.count, body: body)
    }
    #expect(
      Array(writer.bytes) == Array("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n".utf8) + body)
  }

  @Test func `used again it holds nothing of what was before`() {
    let writer = RequestWriter()
    let long = headers([("X-Long", String(repeating: "y", count: 300_000))])
    writer.write(method: "POST", target: Array("/long".utf8), host: nil, headers: long, length: 5)
    #expect(writer.bytes.count > 300_000)
    writer.write(method: "GET", target: Array("/".utf8), host: nil, headers: HeaderList(), length: nil)
    #expect(text(writer) == "GET / HTTP/1.1\r\n\r\n")
    writer.empty()
    #expect(writer.bytes.isEmpty)
    writer.write(method: "POST", target: Array("/long".utf8), host: nil, headers: long, length: 5)
    #expect(writer.bytes.count > 300_000)
  }

  @Test func `what is written of any head that was read is read as the same head again`() {
    var generator = SeededGenerator(seed: runSeed &+ 10)
    let writer = RequestWriter()
    var count = 0
    for _ in 0..<4_000 {
      let request = AcceptedRequest.all.randomElement(using: &generator)!
      let bytes = Mutation.mutated(request.bytes, using: &generator)
      guard let head = Transcript.firstHead(of: bytes), head.framing == .none, head.minorVersion == 1 else {
        continue
      }
      count += 1
      writer.write(
        method: head.method, target: head.target, host: nil, headers: head.headers, length: nil)
      let again = Transcript(of: Array(writer.bytes))
      #expect(again.messages == [whole(head)], "VESIGATE_SEED=\(runSeed) \(bytes.escaped)")
      #expect(again.isClean)
    }
    #expect(count > 200)
  }

  private func whole(_ head: RequestHead) -> Transcript.Message {
    var message = Transcript.Message(head)
    message.isComplete = true
    return message
  }
}

extension Transcript {
  static func firstHead(of bytes: [UInt8]) -> RequestHead? {
    var reader = RequestReader(bounds: Limits().requestBounds)
    return bytes.withUnsafeBytes { bytes in
      var consumed = 0
      guard case .head(let head)? = try? reader.read(bytes, consumed: &consumed) else { return nil }
      return head
    }
  }
}
