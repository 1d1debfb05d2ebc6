import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// Deliveries that come again on a synchronous route which knows repetitions.
@Suite struct RepetitionTests {
  private let known = KnownDeliveries()

  private func fixture(
    _ by: DedupeRule = .body, hours: Int = 96, bytesMax: Int = 1_000_000, deliver: DispatchPolicy = .first
  ) -> ExchangeFixture {
    var dedupe = DurableSettings.Dedupe()
    (dedupe.by, dedupe.hours) = (by, hours)
    var limits = Limits()
    limits.dedupeBytesMax = bytesMax
    let fixture = ExchangeFixture(
      [
        Route(
          path: PathPattern("/hook")!, secretFileIndex: 0, upstreams: [.named("app")], deliver: deliver,
          dedupe: dedupe)
      ], limits: limits)
    fixture.loop.repetitions = Repetitions(known: known) { work in work() }
    return fixture
  }

  private func answer(_ fixture: ExchangeFixture, _ status: Int, _ body: String = "") {
    fixture.forwarder.at("app").complete(status, body)
  }

  @Test func `a repetition gets the first one's answer, and the app sees it once`() throws {
    let fixture = fixture()
    fixture.deliver()
    answer(fixture, 201, "made")
    #expect(fixture.reply.lines == ["send 201 made"])
    fixture.deliver(signed: Signed(timestamp: "1781519013"))
    #expect(fixture.reply.lines == ["send 201 made"])
    #expect(fixture.forwarder.attempts.count == 1)
    #expect(fixture.recorder.records.map(\.outcome) == [.forwarded, .duplicate])
    fixture.expectEmpty()
  }

  @Test func `one that comes while the first is under way waits for it`() {
    let fixture = fixture()
    fixture.deliver()
    let first = fixture.reply
    fixture.deliver()
    let second = fixture.reply
    fixture.deliver()
    #expect(fixture.forwarder.attempts.count == 1 && second.lines == [])
    answer(fixture, 200, "ok")
    for reply in [first, second, fixture.reply] { #expect(reply.lines == ["send 200 ok"]) }
    // They end within the first one's end here, where all is one loop.
    #expect(fixture.recorder.records.map(\.outcome) == [.duplicate, .duplicate, .forwarded])
    fixture.expectEmpty()
  }

  @Test func `what fails is told to those that wait, and known no more`() {
    let fixture = fixture()
    fixture.deliver()
    fixture.deliver()
    let second = fixture.reply
    fixture.forwarder.at("app").finish(ForwardFailure(stage: .sending, kind: .closed, detail: "x"))
    #expect(second.lines == ["refuse 502 upstream-closed"])
    #expect(fixture.recorder.records.map(\.outcome) == [.failed, .failed])
    fixture.deliver()
    answer(fixture, 503, "busy")
    fixture.deliver()
    answer(fixture, 200)
    #expect(fixture.forwarder.attempts.count == 3)
    #expect(fixture.reply.lines == ["send 200 "])
    fixture.deliver()
    #expect(fixture.forwarder.attempts.count == 3)
    fixture.expectEmpty()
  }

  @Test func `another body is another delivery, and where nothing tells them apart each goes`() {
    let fixture = fixture()
    fixture.deliver()
    answer(fixture, 200)
    fixture.deliver(Array("other".utf8))
    #expect(fixture.forwarder.attempts.count == 2)
    let ids = self.fixture(.id)
    ids.deliver()
    ids.deliver()
    #expect(ids.forwarder.attempts.count == 2)
  }

  @Test func `what does not verify is compared with nothing`() {
    let fixture = fixture()
    fixture.deliver()
    answer(fixture, 200, "secret")
    fixture.deliver(signed: forger)
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
  }

  @Test func `it is forgotten when its time is up, or there is no room`() {
    let short = fixture(hours: 1)
    short.deliver()
    answer(short, 200)
    short.clock.pass(seconds: 3_601)
    short.deliver(signed: Signed(timestamp: "1781522613"), at: moment(secondsAfterSample: 3_601))
    #expect(short.forwarder.attempts.count == 2)
    answer(short, 200)
    let small = fixture(bytesMax: 600)
    for body in ["a", "b", "c", "a"] {
      small.deliver(Array(body.utf8))
      if small.forwarder.attempts.count < 4, small.reply.lines.isEmpty { answer(small, 200, "answer") }
    }
    #expect(small.forwarder.attempts.count == 4)
    #expect(known.bytes <= 600)
  }

  @Test func `a sender that goes, and the gateway's end, leave nobody waiting`() {
    let fixture = fixture()
    let first = fixture.deliver()
    let second = fixture.deliver()
    let left = fixture.reply
    second.senderGone()
    first.senderGone()
    fixture.deliver()
    answer(fixture, 200, "ok")
    #expect(left.lines == [] && fixture.reply.lines == ["send 200 ok"])
    let ended = fixture.deliver(Array("other".utf8))
    fixture.deliver(Array("other".utf8))
    ended.giveUp()
    #expect(fixture.reply.lines == ["refuse 503 closing"])
    fixture.expectEmpty()
  }

  @Test func `of an answer that is too long to be kept the status is`() {
    let fixture = fixture()
    fixture.deliver()
    let attempt = fixture.forwarder.at("app")
    attempt.answer(200)
    for part in DispatchFixture.largeParts { attempt.send(part) }
    attempt.finish()
    fixture.deliver()
    #expect(fixture.reply.lines == ["send 200 "])
    #expect(fixture.forwarder.attempts.count == 1)
  }
}
