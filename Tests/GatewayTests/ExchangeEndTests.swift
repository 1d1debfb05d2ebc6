import Formats
import HTTP
import TestSupport
import Testing

@testable import Gateway

/// Whatever ends a delivery, nothing of it stays behind.
@Suite struct ExchangeEndTests {
  /// Each plays one delivery to its end and returns the exchange, which nobody else may hold then.
  static let endings: [(name: String, play: @Sendable (Gate) -> Exchange)] = [
    (
      "answered",
      { gate in
        let exchange = gate.deliver()
        gate.forwarder.at("a").complete(200)
        return exchange
      }
    ),
    (
      "streamed",
      { gate in
        let exchange = gate.deliver()
        gate.forwarder.at("a").answer(200)
        for part in Dispatching.largeParts { gate.forwarder.at("a").send(part) }
        gate.forwarder.at("a").finish()
        return exchange
      }
    ),
    (
      "failed everywhere",
      { gate in
        let exchange = gate.deliver()
        gate.forwarder.at("a").finish(.refusedConnection)
        gate.forwarder.at("b").finish(.slow)
        return exchange
      }
    ),
    (
      "broken off",
      { gate in
        let exchange = gate.deliver()
        gate.forwarder.at("a").answer(200)
        for part in Dispatching.largeParts { gate.forwarder.at("a").send(part) }
        gate.forwarder.at("a").finish(.cutOff)
        return exchange
      }
    ),
    (
      "forged",
      { gate in
        let exchange = gate.deliver(signed: forger)
        gate.looks.finish()
        return exchange
      }
    ),
    ("malformed", { gate in gate.deliver(signed: Signed(timestamp: "+1")) }),
    ("too large", { gate in gate.deliver([UInt8](repeating: 0, count: 5000)) }),
    ("nowhere", { gate in gate.deliver(target: "/other") }),
    (
      "sender gone while streaming",
      { gate in
        let exchange = gate.deliver()
        gate.forwarder.at("a").answer(200)
        for part in Dispatching.largeParts { gate.forwarder.at("a").send(part) }
        exchange.senderGone()
        return exchange
      }
    ),
    (
      "given up while dispatching",
      { gate in
        let exchange = gate.deliver()
        exchange.giveUp()
        return exchange
      }
    ),
  ]

  @Test(arguments: endings.indices)
  func `an ended exchange is recorded once, gives its places back and is freed`(index: Int) throws {
    let gate = Gate([Route("/hook", upstreams: ["a", "b"])])
    weak var exchange: Exchange?
    do { exchange = Self.endings[index].play(gate) }
    _ = try gate.onlyRecord()
    #expect(exchange == nil, "\(Self.endings[index].name)")
  }

  @Test func `giving up in any phase records one failure and answers nothing`() throws {
    let collecting = Gate()
    let exchange = collecting.exchange(RequestHead("POST", "/hook", Signed().fields(over: [])))
    #expect(exchange.begin())
    exchange.giveUp()
    exchange.bodyEnded()
    let verifying = Gate()
    verifying.deliver(signed: forger).giveUp()
    verifying.looks.finish()
    let dispatching = Gate()
    dispatching.deliver().giveUp()
    #expect(dispatching.forwarder.at("app").isCancelled)
    for gate in [collecting, verifying, dispatching] {
      let record = try gate.onlyRecord()
      #expect(record.outcome == .failed)
      #expect(record.reason == "shutdown")
      #expect(record.status == 0)
      #expect(gate.reply.lines == [])
    }
  }

  @Test func `a sender's request id is that of the log and of the upstream`() throws {
    let gate = Gate()
    gate.deliver(adding: [("X-REQUEST-ID", "abc-1")])
    #expect(gate.forwarder.at("app").headers.values("x-request-id") == ["abc-1"])
    gate.forwarder.at("app").complete(200)
    #expect(try gate.onlyRecord().requestID == "abc-1")
  }

  @Test func `without one an id is made, another for each delivery`() throws {
    let gate = Gate()
    for _ in 0..<3 {
      gate.deliver()
      gate.forwarder.at("app").complete(200)
    }
    let ids = gate.recorder.records.map(\.requestID)
    #expect(ids == (1...3).map { "000000000000abcd000000000000000\($0)" })
    #expect(gate.forwarder.attempts.flatMap { $0.headers.values("x-request-id") } == ids)
  }

  @Test(arguments: ["", "a b", "a\tb", "é", "a\u{7F}", String(repeating: "x", count: 129)])
  func `an id that is not fit for a log does not come into it`(id: String) {
    #expect(RequestID.read(HeaderList([("X-Request-Id", id)])) == nil)
    #expect(RequestID.read(HeaderList([("X-Request-Id", "a"), ("x-request-id", "a")])) == nil)
  }

  @Test func `the sender that a trusted proxy names is the log's remote`() throws {
    let front = TrustedProxies(blocks: [AddressBlock(text: "192.0.2.0/24")!])
    let gate = Gate(trusted: front)
    gate.deliver(adding: [("X-Forwarded-For", "198.51.100.7")])
    #expect(gate.forwarder.at("app").headers.values("x-forwarded-for") == ["198.51.100.7, 192.0.2.1"])
    gate.forwarder.at("app").complete(200)
    #expect(try gate.onlyRecord().remote == "198.51.100.7")
  }
}
