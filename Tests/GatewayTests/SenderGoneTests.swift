import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite struct SenderGoneTests {
  private func expectAbandoned(_ fixture: ExchangeFixture, attempts: Int) throws {
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .abandoned)
    #expect(record.status == 0)
    #expect(record.reason == "sender-gone")
    #expect(record.attempts == attempts)
    #expect(fixture.forwarder.attempts.count == attempts)
  }

  @Test func `while the body arrives the delivery ends and nothing is forwarded`() throws {
    let fixture = ExchangeFixture()
    let exchange = fixture.exchange(RequestHead("POST", "/hook", bodyBytes: 99, Signed().fields(over: [])))
    #expect(exchange.begin())
    _ = [UInt8(1), 2].withUnsafeBytes { exchange.collect($0) }
    #expect(fixture.admission.bytesInFlight == 2)
    exchange.senderGone()
    exchange.bodyEnded()
    exchange.senderGone()
    try expectAbandoned(fixture, attempts: 0)
    #expect(fixture.reply.lines == [])
  }

  @Test func `while the secret file is looked at the delivery ends`() throws {
    let fixture = ExchangeFixture()
    let exchange = fixture.deliver(signed: forger)
    exchange.senderGone()
    fixture.rotate(to: ["guess"])
    fixture.looks.finish()
    try expectAbandoned(fixture, attempts: 0)
  }

  @Test func `on its way to an upstream the delivery completes`() throws {
    let fixture = ExchangeFixture()
    let exchange = fixture.deliver()
    exchange.senderGone()
    #expect(!fixture.forwarder.at("app").isCancelled)
    #expect(fixture.admission.deliveriesInFlight == 1)
    fixture.forwarder.at("app").complete(200)
    try expectAbandoned(fixture, attempts: 1)
    #expect(fixture.recorder.records[0].upstreamStatus == 200)
  }

  @Test func `failover goes on for a sender that is gone`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.exchange.senderGone()
    dispatching.at("a").finish(.refusedConnection)
    dispatching.at("b").complete(200)
    try expectAbandoned(dispatching.fixture, attempts: 2)
  }

  @Test func `an upstream's failure is still told of a sender that is gone`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.exchange.senderGone()
    dispatching.at("a").finish(.slow)
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.outcome == .abandoned)
    #expect(record.reason == "upstream-first-byte-timeout")
    #expect(record.status == 0)
  }

  @Test func `while the answer is streamed the upstream is let go`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    dispatching.exchange.senderGone()
    #expect(dispatching.at("a").isCancelled)
    #expect(dispatching.lines == ["begin 200"])
    try expectAbandoned(dispatching.fixture, attempts: 1)
    let record = dispatching.fixture.recorder.records[0]
    #expect(record.upstream == "a")
    #expect(record.upstreamStatus == 200)
  }

  @Test func `a sender that goes at the answer's first byte breaks nothing`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.fixture.reply.onBegin = { [exchange = dispatching.exchange] in exchange.senderGone() }
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    #expect(dispatching.at("a").isCancelled)
    try expectAbandoned(dispatching.fixture, attempts: 1)
  }

  @Test(arguments: [Rejection.bodyTimeout, .malformed("chunk size")])
  func `what the socket shows within a body ends the delivery`(rejection: Rejection) throws {
    let fixture = ExchangeFixture([Route("/hook", observe: true)])
    let exchange = fixture.exchange(RequestHead("POST", "/hook"))
    #expect(exchange.begin())
    _ = [UInt8(1)].withUnsafeBytes { exchange.collect($0) }
    exchange.refuse(rejection)
    exchange.bodyEnded()
    #expect(fixture.reply.lines == ["refuse \(rejection.status) \(rejection.label)"])
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(try fixture.onlyRecord().reason == rejection.label)
  }
}
