import Formats
import HTTP
import TestSupport
import Testing

@testable import Gateway

/// Whatever ends a delivery, nothing of it stays behind.
@Suite struct ExchangeEndTests {
  /// Each plays one delivery to its end and returns the exchange, which nobody else may hold then.
  static let endings: [(name: String, play: @Sendable (ExchangeFixture) -> Exchange)] = [
    (
      "answered",
      { fixture in
        let exchange = fixture.deliver()
        fixture.forwarder.at("a").complete(200)
        return exchange
      }
    ),
    (
      "streamed",
      { fixture in
        let exchange = fixture.deliver()
        fixture.forwarder.at("a").answer(200)
        for part in DispatchFixture.largeParts { fixture.forwarder.at("a").send(part) }
        fixture.forwarder.at("a").finish()
        return exchange
      }
    ),
    (
      "failed everywhere",
      { fixture in
        let exchange = fixture.deliver()
        fixture.forwarder.at("a").finish(.refusedConnection)
        fixture.forwarder.at("b").finish(.slow)
        return exchange
      }
    ),
    (
      "broken off",
      { fixture in
        let exchange = fixture.deliver()
        fixture.forwarder.at("a").answer(200)
        for part in DispatchFixture.largeParts { fixture.forwarder.at("a").send(part) }
        fixture.forwarder.at("a").finish(.cutOff)
        return exchange
      }
    ),
    (
      "forged",
      { fixture in
        let exchange = fixture.deliver(signed: forger)
        fixture.looks.finish()
        return exchange
      }
    ),
    ("malformed", { fixture in fixture.deliver(signed: Signed(timestamp: "+1")) }),
    ("too large", { fixture in fixture.deliver([UInt8](repeating: 0, count: 5000)) }),
    ("nowhere", { fixture in fixture.deliver(target: "/other") }),
    (
      "sender gone while streaming",
      { fixture in
        let exchange = fixture.deliver()
        fixture.forwarder.at("a").answer(200)
        for part in DispatchFixture.largeParts { fixture.forwarder.at("a").send(part) }
        exchange.senderGone()
        return exchange
      }
    ),
    (
      "given up while dispatching",
      { fixture in
        let exchange = fixture.deliver()
        exchange.giveUp()
        return exchange
      }
    ),
  ]

  @Test(arguments: endings.indices)
  func `an ended exchange is recorded once, gives its places back and is freed`(index: Int) throws {
    let fixture = ExchangeFixture([Route("/hook", upstreams: ["a", "b"])])
    weak var exchange: Exchange?
    do { exchange = Self.endings[index].play(fixture) }
    _ = try fixture.onlyRecord()
    #expect(exchange == nil, "\(Self.endings[index].name)")
  }

  @Test func `giving up in any phase records one failure and answers nothing`() throws {
    let collecting = ExchangeFixture()
    let exchange = collecting.exchange(RequestHead("POST", "/hook", Signed().fields(over: [])))
    #expect(exchange.begin())
    exchange.giveUp()
    exchange.bodyEnded()
    let verifying = ExchangeFixture()
    verifying.deliver(signed: forger).giveUp()
    verifying.looks.finish()
    let dispatching = ExchangeFixture()
    dispatching.deliver().giveUp()
    #expect(dispatching.forwarder.at("app").isCancelled)
    for fixture in [collecting, verifying, dispatching] {
      let record = try fixture.onlyRecord()
      #expect(record.outcome == .failed)
      #expect(record.reason == "shutdown")
      #expect(record.status == 0)
      #expect(fixture.reply.lines == [])
    }
  }

  @Test func `a sender's request id is that of the log and of the upstream`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(adding: [("X-REQUEST-ID", "abc-1")])
    #expect(fixture.forwarder.at("app").headers.values("x-request-id") == ["abc-1"])
    fixture.forwarder.at("app").complete(200)
    #expect(try fixture.onlyRecord().requestID == "abc-1")
  }

  @Test func `without one an id is made, another for each delivery`() throws {
    let fixture = ExchangeFixture()
    for _ in 0..<3 {
      fixture.deliver()
      fixture.forwarder.at("app").complete(200)
    }
    let ids = fixture.recorder.records.map(\.requestID)
    #expect(ids == (1...3).map { "000000000000abcd000000000000000\($0)" })
    #expect(fixture.forwarder.attempts.flatMap { $0.headers.values("x-request-id") } == ids)
  }

  @Test(arguments: ["", "a b", "a\tb", "é", "a\u{7F}", String(repeating: "x", count: 129)])
  func `an id that is not fit for a log does not come into it`(id: String) {
    #expect(RequestID.read(HeaderList([("X-Request-Id", id)])) == nil)
    #expect(RequestID.read(HeaderList([("X-Request-Id", "a"), ("x-request-id", "a")])) == nil)
  }

  @Test func `the sender that a trusted proxy names is the log's remote`() throws {
    let front = TrustedProxies(blocks: [AddressBlock(text: "192.0.2.0/24")!])
    let fixture = ExchangeFixture(trusted: front)
    fixture.deliver(adding: [("X-Forwarded-For", "198.51.100.7")])
    #expect(fixture.forwarder.at("app").headers.values("x-forwarded-for") == ["198.51.100.7, 192.0.2.1"])
    fixture.forwarder.at("app").complete(200)
    #expect(try fixture.onlyRecord().remote == "198.51.100.7")
  }
}
