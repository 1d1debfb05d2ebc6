import Foundation
import TestSupport
import Testing

/// Repetitions on a route that is not durable, from raw bytes.
@Suite(.ownThread) struct RepetitionTests {
  @Test func `the app sees a delivery once, however many come at the same time, on whichever loops`() throws {
    let upstream = try RecordingUpstream { _ in
      UpstreamReply.answer(201, body: "made").after(milliseconds: 400)
    }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], route: "dedupe: {by: auto}"))
    let answers = Locked<[String]>([])
    let senders = (0..<12).map { index in
      let thread = Thread {
        let request = SignedRequest("the same").with { $0.shiftSeconds = -index }
        let response = try? gateway.exchange(request.bytes)
        answers.withLock { $0.append("\(response?.status ?? 0) \(response?.text ?? "")") }
      }
      thread.start()
      return thread
    }
    #expect(eventually { senders.allSatisfy(\.isFinished) })
    #expect(answers.withLock { $0 } == Array(repeating: "201 made", count: 12))
    #expect(upstream.requests.count == 1)
    #expect(try gateway.exchange(SignedRequest("the same").bytes).text == "made")
    #expect(try gateway.exchange(SignedRequest("another").bytes).status == 201)
    #expect(upstream.requests.count == 2)
    #expect(gateway.log.filter { $0.contains("outcome=duplicate") }.count == 12)
  }

  @Test func `without the setting each is delivered, as ever`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    for _ in 0..<3 { #expect(try gateway.exchange(SignedRequest("the same").bytes).status == 200) }
    #expect(upstream.requests.count == 3)
  }
}
