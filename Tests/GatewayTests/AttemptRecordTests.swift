import Formats
import TestSupport
import Testing

@testable import Gateway

@Suite struct AttemptRecordTests {
  private func ends(_ fixture: ExchangeFixture) -> [String] {
    fixture.recorder.attempts.map { "\($0.upstream): \($0.end)" }
  }

  @Test func `each attempt of a failover is recorded with what it came to`() throws {
    let dispatching = DispatchFixture(.first)
    dispatching.at("a").finish(.refusedConnection)
    dispatching.at("b").complete(503)
    #expect(
      ends(dispatching.fixture) == ["a: failed(Gateway.ForwardFailure.Kind.connect)", "b: answered(503)"])
    #expect(dispatching.fixture.recorder.attempts.allSatisfy { $0.arrival == sampleMoment })
  }

  @Test func `attempts of which nobody hears are recorded too`() throws {
    let dispatching = DispatchFixture(.all)
    dispatching.exchange.senderGone()
    dispatching.at("c").finish(.slow)
    dispatching.at("a").complete(200)
    #expect(ends(dispatching.fixture).count == 2)
    dispatching.at("b").complete(204)
    #expect(
      Set(ends(dispatching.fixture)) == [
        "a: answered(200)", "b: answered(204)", "c: failed(Gateway.ForwardFailure.Kind.firstByteTimeout)",
      ])
  }

  @Test func `what the gateway gives up is cancelled, once, and nothing else is`() throws {
    let dispatching = DispatchFixture(.all)
    dispatching.at("b").complete(200)
    dispatching.exchange.giveUp()
    dispatching.exchange.giveUp()
    #expect(
      ends(dispatching.fixture).sorted() == [
        "a: failed(Gateway.ForwardFailure.Kind.cancelled)", "b: answered(200)",
        "c: failed(Gateway.ForwardFailure.Kind.cancelled)",
      ])
  }

  @Test func `a route with a host is called by both in the record`() throws {
    #expect(Route("/hook").name == "/hook")
    let fixture = ExchangeFixture()
    fixture.deliver()
    #expect(fixture.loop.snapshot.routes.all[0].name == "/hook")
    fixture.forwarder.at("app").complete(200)
    let record = try fixture.onlyRecord()
    #expect(record.route == "/hook" && record.matched === fixture.loop.snapshot.routes.all[0])
    #expect(record.arrived == sampleMoment)
  }
}
