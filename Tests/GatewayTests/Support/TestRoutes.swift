import Formats
import HTTP
import Signing
import TestSupport

@testable import Gateway

extension Route {
  /// One for which test deliveries may be made, unless a test says otherwise.
  static func testable(
    _ path: String = "/hook", host: String? = nil, layout: SignatureLayout = .vesicash, observe: Bool = false,
    allowsTest: Bool = true, keepsBodies: Bool = false, durable: DurableSettings? = nil,
    dedupe: DurableSettings.Dedupe? = nil, methods: [String] = ["POST"], bodyBytesMax: Int = 65_536
  ) -> Route {
    Route(
      path: PathPattern(path)!, host: host, methods: methods, layout: layout, secretFileIndex: 0,
      observe: observe, upstreams: [.named("app")], bodyBytesMax: bodyBytesMax, durable: durable,
      dedupe: dedupe, allowsTest: allowsTest, keepsBodies: keepsBodies)
  }
}

/// What became of test deliveries, as whoever wants them hears it.
final class TestEnds {
  private(set) var all: [TestDelivery.End] = []
  private var count: UInt64 = 0

  @discardableResult
  func begin(
    on fixture: ExchangeFixture, _ route: String = "/hook", event: String? = nil
  ) throws(TestRefusal) -> TestDelivery {
    count += 1
    let id = PublicID(unixMilliseconds: sampleMoment.unixMilliseconds, random: (count, 7))
    return try TestDelivery.begin(
      TestOrder(route: route, event: event, id: id), loop: fixture.loop, forwarder: fixture.forwarder
    ) { self.all.append($0) }
  }

  /// Why none is made; nil where one is.
  func refusal(on fixture: ExchangeFixture, _ route: String = "/hook", event: String? = nil) -> TestRefusal? {
    do throws(TestRefusal) { try begin(on: fixture, route, event: event) } catch { return error }
    return nil
  }

  /// An exchange of a head that was not made here, taken for a test of this route.
  func exchange(_ head: RequestHead, _ body: [UInt8], on fixture: ExchangeFixture, of route: Route)
    -> Exchange
  {
    fixture.reply = FakeReply()
    let test = TestDelivery(route, body) { self.all.append($0) }
    return Exchange(
      head, from: .itself, at: sampleMoment, loop: fixture.loop, forwarder: fixture.forwarder,
      reply: fixture.reply, test: test)
  }
}
