import Formats
import TestSupport
import Testing

@testable import Gateway

@Suite struct AttemptRecordTests {
  private func ends(_ gate: Gate) -> [String] {
    gate.recorder.attempts.map { "\($0.upstream): \($0.end)" }
  }

  @Test func `each attempt of a failover is recorded with what it came to`() throws {
    let dispatching = Dispatching(.first)
    dispatching.at("a").finish(.refusedConnection)
    dispatching.at("b").complete(503)
    #expect(ends(dispatching.gate) == ["a: failed(Gateway.ForwardFailure.Kind.connect)", "b: answered(503)"])
    #expect(dispatching.gate.recorder.attempts.allSatisfy { $0.arrival == sampleMoment })
  }

  @Test func `attempts of which nobody hears are recorded too`() throws {
    let dispatching = Dispatching(.all)
    dispatching.exchange.senderGone()
    dispatching.at("c").finish(.slow)
    dispatching.at("a").complete(200)
    #expect(ends(dispatching.gate).count == 2)
    dispatching.at("b").complete(204)
    #expect(
      Set(ends(dispatching.gate)) == [
        "a: answered(200)", "b: answered(204)", "c: failed(Gateway.ForwardFailure.Kind.firstByteTimeout)",
      ])
  }

  @Test func `what the gateway gives up is cancelled, once, and nothing else is`() throws {
    let dispatching = Dispatching(.all)
    dispatching.at("b").complete(200)
    dispatching.exchange.giveUp()
    dispatching.exchange.giveUp()
    #expect(
      ends(dispatching.gate).sorted() == [
        "a: failed(Gateway.ForwardFailure.Kind.cancelled)", "b: answered(200)",
        "c: failed(Gateway.ForwardFailure.Kind.cancelled)",
      ])
  }

  @Test func `a route with a host is called by both in the record`() throws {
    #expect(Route("/hook").name == "/hook")
    let gate = Gate()
    gate.deliver()
    #expect(gate.loop.snapshot.routes.all[0].name == "/hook")
    gate.forwarder.at("app").complete(200)
    let record = try gate.onlyRecord()
    #expect(record.route == "/hook" && record.matched === gate.loop.snapshot.routes.all[0])
    #expect(record.arrivedUnixMilliseconds == sampleMoment.unixMilliseconds)
  }
}
