import Formats
import HTTP
import Signing
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// What is shown to whoever asked to see refused deliveries.
@Suite struct RefusalObserverTests {
  private struct Seen: Sendable {
    let body: [UInt8]
    let reason: Unverified
    let route: String
    let arrival: Moment
  }

  private final class Observer: RefusalObserver {
    private let store = Mutex<[Seen]>([])
    var seen: [Seen] { store.withLock { $0 } }

    func refused(_ delivery: RefusedDelivery) {
      let seen = Seen(
        body: Array(delivery.body.bytes), reason: delivery.reason, route: delivery.route.path.text,
        arrival: delivery.arrival)
      store.withLock { $0.append(seen) }
    }
  }

  private let observer = Observer()

  @Test func `a refused delivery is shown once, whole, and stays refused`() throws {
    let fixture = ExchangeFixture(refusals: observer)
    fixture.deliver(signed: forger, partBytes: 7)
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    try #require(observer.seen.count == 1)
    #expect(observer.seen[0].body == sampleBody)
    #expect(observer.seen[0].reason == .mismatch)
    #expect(observer.seen[0].route == "/hook")
    #expect(observer.seen[0].arrival == sampleMoment)
    #expect(fixture.forwarder.attempts.isEmpty)
    fixture.expectEmpty()
  }

  @Test func `a stale delivery and one without a signature are shown`() {
    let fixture = ExchangeFixture(refusals: observer)
    fixture.deliver(at: moment(secondsAfterSample: 400))
    let bare = fixture.exchange(RequestHead("POST", "/hook", bodyBytes: 0))
    #expect(bare.begin())
    bare.bodyEnded()
    #expect(observer.seen.map(\.reason) == [.stale(ageSeconds: 400), .signatureMissing])
  }

  @Test func `what is verified, or never judged, is not shown`() {
    let fixture = ExchangeFixture(refusals: observer)
    fixture.deliver()
    fixture.deliver(target: "/elsewhere")
    let broken = fixture.exchange(RequestHead("POST", "/hook", bodyBytes: 10, Signed().fields(over: [])))
    #expect(broken.begin())
    broken.senderGone()
    #expect(observer.seen.isEmpty)
    #expect(fixture.forwarder.attempts.count == 1)
  }

  @Test func `what a route only observes is shown too`() {
    let fixture = ExchangeFixture([Route("/hook", observe: true)], refusals: observer)
    fixture.deliver(at: moment(secondsAfterSample: 400))
    #expect(observer.seen.map(\.reason) == [.stale(ageSeconds: 400)])
    #expect(fixture.forwarder.attempts.count == 1)
  }
}
