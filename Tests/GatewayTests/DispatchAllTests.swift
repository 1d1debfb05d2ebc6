import TestSupport
import Testing

@testable import Gateway

@Suite struct DispatchAllTests {
  @Test func `every upstream gets the same delivery`() throws {
    let dispatching = DispatchFixture(.all)
    #expect(dispatching.forwarder.names == ["a", "b", "c"])
    for attempt in dispatching.forwarder.attempts {
      #expect(attempt.body == sampleBody)
      #expect(attempt.headers.values("X-Verified") == ["true"])
    }
    for attempt in dispatching.forwarder.attempts { attempt.complete(200) }
    #expect(try dispatching.fixture.onlyRecord().attempts == 3)
  }

  @Test(arguments: [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"]])
  func `when all give 2xx the first in the list is heard, in whatever order they finish`(order: [String])
    throws
  {
    let dispatching = DispatchFixture(.all)
    for name in order.dropLast() { dispatching.at(name).complete(200, name) }
    #expect(dispatching.lines == [])
    dispatching.at(order[2]).complete(200, order[2])
    #expect(dispatching.lines == ["send 200 a"])
    #expect(try dispatching.fixture.onlyRecord().upstream == "a")
  }

  @Test(arguments: [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]])
  func `otherwise the first failing one in the list is heard`(order: [String]) throws {
    let answers = ["a": 201, "b": 500, "c": 404]
    let dispatching = DispatchFixture(.all)
    for name in order { dispatching.at(name).complete(answers[name]!, name) }
    #expect(dispatching.lines == ["send 500 b"])
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.upstream == "b")
    #expect(record.upstreamStatus == 500)
  }

  @Test(arguments: [
    (ForwardFailure.refusedConnection, "refuse 502 upstream-connect"),
    (.slow, "refuse 504 upstream-first-byte-timeout"),
    (.reset, "refuse 502 upstream-closed"),
  ])
  func `one that gave no answer is 502 or 504, and no other takes its place`(
    failure: ForwardFailure, line: String
  ) throws {
    let dispatching = DispatchFixture(.all)
    dispatching.at("c").complete(500)
    dispatching.at("a").complete(200)
    dispatching.at("b").finish(failure)
    #expect(dispatching.forwarder.names == ["a", "b", "c"])
    #expect(dispatching.lines == [line])
    let record = try dispatching.fixture.onlyRecord()
    #expect(record.outcome == .failed)
    #expect(record.upstream == "b")
  }

  @Test func `an answer of 3xx is no success`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b"])
    dispatching.at("a").complete(200)
    dispatching.at("b").complete(302, "there")
    #expect(dispatching.lines == ["send 302 there"])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `a small answer that is cut off counts as failed`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b"])
    dispatching.at("b").answer(200)
    dispatching.at("b").send([1, 2, 3])
    dispatching.at("b").finish(.cutOff)
    dispatching.at("a").complete(200)
    #expect(dispatching.lines == ["refuse 502 upstream-closed"])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `a long answer waits until all are settled, then is streamed`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b"])
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    #expect(dispatching.at("a").isHeld)
    #expect(dispatching.lines == [])
    dispatching.at("b").complete(200, "b")
    #expect(dispatching.lines == ["begin 200"])
    #expect(!dispatching.at("a").isHeld)
    dispatching.at("a").finish()
    #expect(dispatching.lines == ["begin 200", "end"])
    #expect(dispatching.fixture.reply.streamed == DispatchFixture.large)
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `long answers that nobody will hear are read to their end`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b", "c"])
    for name in ["a", "c"] {
      dispatching.at(name).answer(200)
      for part in DispatchFixture.largeParts { dispatching.at(name).send(part) }
      // The first one's may be handed back yet.
      #expect(dispatching.at(name).isHeld == (name == "a"))
    }
    dispatching.at("b").complete(500, "b")
    #expect(dispatching.lines == [])
    dispatching.at("c").finish()
    #expect(dispatching.lines == ["send 500 b"])
    #expect(!dispatching.at("a").isHeld && !dispatching.at("a").isCancelled)
    dispatching.at("a").send([9])
    dispatching.at("a").finish()
    #expect(dispatching.lines == ["send 500 b"])
    #expect(dispatching.fixture.reply.streamed.isEmpty)
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `a long success that breaks off is no success`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b"])
    dispatching.at("b").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("b").send(part) }
    dispatching.at("a").complete(200, "a")
    #expect(dispatching.lines == [])
    dispatching.at("b").finish(.cutOff)
    #expect(dispatching.lines == ["refuse 502 upstream-closed"])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `the last to settle may be the long one that is streamed`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b"])
    dispatching.at("b").complete(200)
    dispatching.at("a").answer(200)
    for part in DispatchFixture.largeParts { dispatching.at("a").send(part) }
    dispatching.at("a").finish()
    #expect(dispatching.fixture.reply.streamed == DispatchFixture.large)
    #expect(dispatching.lines == ["begin 200", "end"])
    _ = try dispatching.fixture.onlyRecord()
  }

  @Test func `a body that an upstream still reads is not given to the next delivery`() throws {
    let dispatching = DispatchFixture(.all, ["a", "b"])
    let reading = dispatching.at("a")
    reading.answer(200)
    for part in DispatchFixture.largeParts { reading.send(part) }
    dispatching.at("b").complete(500)
    #expect(dispatching.lines == ["send 500 "])
    dispatching.fixture.deliver(Array("next".utf8))
    #expect(reading.bodyNow == sampleBody)
    #expect(dispatching.at("a").bodyNow == Array("next".utf8))
    for name in ["a", "b"] { dispatching.at(name).complete(200) }
    reading.finish()
    dispatching.fixture.expectEmpty()
  }

  @Test func `a body is not given on while a cancelled attempt may still hold it`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver().giveUp()
    let cancelled = fixture.forwarder.at("app")
    fixture.deliver(Array("next".utf8))
    #expect(cancelled.bodyNow == sampleBody)
    fixture.forwarder.at("app").complete(200)
    fixture.expectEmpty()
  }
}
