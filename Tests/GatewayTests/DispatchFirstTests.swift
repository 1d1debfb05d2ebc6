import TestSupport
import Testing

@testable import Gateway

@Suite struct DispatchFirstTests {
  @Test(arguments: [200, 204, 302, 400, 404, 500, 503, 599])
  func `the first upstream's answer is the sender's, whatever its status`(status: Int) throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").complete(status, "said")
    #expect(dispatching.forwarder.names == ["a"])
    #expect(dispatching.lines == ["send \(status) said"])
    let outcome: DeliveryRecord.Outcome = status < 500 ? .forwarded : .appError
    #expect(try dispatching.fixture.onlyRecord().outcome == outcome)
  }

  @Test func `the next is tried where the first could not be connected to`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").finish(.refusedConnection)
    dispatching.at("b").finish(.brokenTLS)
    #expect(dispatching.forwarder.names == ["a", "b", "c"])
    #expect(dispatching.forwarder.attempts.allSatisfy { $0.body == sampleBody })
    dispatching.at("c").complete(200, "here")
    #expect(dispatching.lines == ["send 200 here"])
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.attempts == 3)
    #expect(record.upstream == "c")
  }

  @Test(arguments: [
    (ForwardFailure.reset, "refuse 502 upstream-closed"), (.slow, "refuse 504 upstream-first-byte-timeout"),
    (.cutOff, "refuse 502 upstream-closed"),
  ])
  func `once something was sent no other is tried`(failure: ForwardFailure, line: String) throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").finish(failure)
    #expect(dispatching.forwarder.names == ["a"])
    #expect(dispatching.lines == [line])
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.outcome == .failed)
    #expect(record.upstream == "a")
    #expect(record.upstreamStatus == nil)
    #expect(record.detail == failure.detail)
  }

  @Test func `when none can be connected to, the last one's failure is told`() throws {
    let dispatching = DispatchFixture(.first)
    for name in ["a", "b", "c"] { dispatching.at(name).finish(.refusedConnection) }
    #expect(dispatching.lines == ["refuse 502 upstream-connect"])
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.attempts == 3)
    #expect(record.upstream == "c")
  }

  @Test func `a connecting time-out is tried elsewhere and is 504 in the end`() throws {
    let slow = ForwardFailure(stage: .connecting, kind: .connectTimeout, detail: "connect")
    let dispatching = DispatchFixture(.first, ["a", "b"])
    dispatching.at("a").finish(slow)
    dispatching.at("b").finish(slow)
    #expect(dispatching.lines == ["refuse 504 upstream-connect-timeout"])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `a small answer that is cut off becomes 502, and nothing of it is handed back`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").answer(200)
    dispatching.at("a").send([UInt8](repeating: 1, count: 65_536))
    #expect(dispatching.lines == [])
    dispatching.at("a").finish(.cutOff)
    #expect(dispatching.forwarder.names == ["a"])
    #expect(dispatching.lines == ["refuse 502 upstream-closed"])
    #expect(dispatching.fixture.reply.streamed.isEmpty)
    #expect(try dispatching.fixture.onlyRecord().outcome == .failed)
  }

  @Test func `64 KiB are handed back whole, a byte more is streamed`() throws {
    let held = DispatchFixture(.first)
    held.at("a").complete(200, String(repeating: "x", count: 65_536))
    #expect(held.lines == ["send 200 " + String(repeating: "x", count: 65_536)])
    _ = try held.fixture.onlyRecord()
    let streamed = DispatchFixture(.first)
    streamed.at("a").complete(200, String(repeating: "x", count: 65_537))
    #expect(streamed.lines == ["begin 200", "end"])
    #expect(streamed.fixture.reply.streamed.count == 65_537)
    _ = try streamed.fixture.onlyRecord()
  }

  @Test func `a long answer is streamed in order and whole`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    #expect(dispatching.lines == ["begin 200"])
    #expect(dispatching.fixture.admission.deliveriesInFlight == 1)
    dispatching.at("a").finish()
    #expect(dispatching.lines == ["begin 200", "end"])
    #expect(dispatching.fixture.reply.streamed == DispatchFixture.large)
    #expect(try dispatching.fixture.onlyRecord().status == 200)
  }

  @Test func `a sender that reads slowly holds the upstream, part by part`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.fixture.reply.flow = .pause
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    #expect(dispatching.at("a").isHeld)
    // What was held back was handed over at once; every part behind it waits for the sender.
    #expect(dispatching.fixture.reply.streamed.count == 4 * 16_384)
    dispatching.exchange.replyDrained()
    #expect(dispatching.fixture.reply.streamed.count == 5 * 16_384)
    #expect(dispatching.at("a").isHeld)
    dispatching.fixture.reply.flow = .more
    dispatching.exchange.replyDrained()
    #expect(!dispatching.at("a").isHeld)
    dispatching.at("a").finish()
    #expect(dispatching.fixture.reply.streamed == DispatchFixture.large)
    #expect(dispatching.lines == ["begin 200", "end"])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `a long answer that breaks off is aborted, not ended`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    dispatching.at("a").finish(.cutOff)
    #expect(dispatching.lines == ["begin 200", "abort"])
    #expect(dispatching.forwarder.names == ["a"])
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.outcome == .failed)
    #expect(record.reason == "upstream-closed")
  }

  @Test func `an answer without a body is handed back`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").complete(204)
    #expect(dispatching.lines == ["send 204 "])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `late calls after the end do nothing`() throws {
    let dispatching = DispatchFixture(.first)
    let attempt = dispatching.at("a")
    attempt.complete(200)
    attempt.complete(500)
    dispatching.exchange.replyDrained()
    dispatching.exchange.senderGone()
    dispatching.exchange.bodyEnded()
    dispatching.exchange.refuse(.bodyTimeout)
    #expect(dispatching.lines == ["send 200 "])
    #expect(try dispatching.fixture.onlyRecord().status == 200)
  }
}
