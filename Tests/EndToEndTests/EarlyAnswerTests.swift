import TestSupport
import Testing

/// Apps that answer a long body before they have read it, and then read no more of it.
@Suite(.ownThread) struct EarlyAnswerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let reply: UpstreamReply
    let heard: String
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "200", reply: .ok, heard: "200 ok"),
    Case(name: "204", reply: .raw("HTTP/1.1 204 None\r\n\r\n"), heard: "204 "),
    Case(
      name: "the connection's last", reply: .answer(200, lines: ["Connection: close"], body: "last"),
      heard: "200 last"),
    Case(
      name: "too long to be held",
      reply: .chunked([String](repeating: String(repeating: "x", count: 20_000), count: 10)),
      heard: "200 " + String(repeating: "x", count: 200_000)),
  ]

  @Test(arguments: cases)
  func `an answer that is whole counts, whatever the app does not read`(row: Case) throws {
    let upstream = try RecordingUpstream(answersBeforeTheBody: true, receiveBufferBytes: 4_096) { _ in
      row.reply.then(.pause(milliseconds: 700_000))
    }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], route: "total-seconds-max: 600", limits: "body-bytes-max: 20000000"))
    let body = [UInt8](repeating: 7, count: 12_000_000)
    // Long before the time is up at which it would count all the same.
    let response = try gateway.exchange(SignedRequest(bytes: body).bytes, seconds: 20)
    #expect("\(response.status) \(response.text)" == row.heard)
    #expect(upstream.requests.count == 1)
  }

  @Test func `who has answered and reads on gets the whole body`() throws {
    let upstream = try RecordingUpstream(answersBeforeTheBody: true, receiveBufferBytes: 4_096) { _ in
      UpstreamReply.ok.then(.pause(milliseconds: 300), .hang)
    }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], limits: "body-bytes-max: 20000000"))
    let body = [UInt8](repeating: 7, count: 12_000_000)
    #expect(try gateway.exchange(SignedRequest(bytes: body).bytes, seconds: 60).status == 200)
    #expect(eventually { upstream.bytesReceived > body.count })
  }
}
