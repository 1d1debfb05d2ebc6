import Formats
import Foundation
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// Head and body in a delivery's record: only where its route says so, and only of what was verified.
@Suite struct RecordContentTests {
  private let keeps = Route.testable(keepsBodies: true)

  @Test func `a verified delivery's record has its head and its body as they came`() throws {
    let fixture = ExchangeFixture([keeps])
    fixture.deliver(target: "/hook?a=%20", adding: [("X-ODD", "ü")])
    fixture.forwarder.at("app").complete(200)
    let content = try #require(fixture.onlyRecord().content)
    #expect(content.body == sampleBody)
    let lines = String(decoding: content.head, as: UTF8.self).components(separatedBy: "\r\n")
    #expect(lines.first == "POST /hook?a=%20 HTTP/1.1" && lines.suffix(2) == ["X-ODD: ü", ""])
    #expect(lines.contains { $0.lowercased().hasPrefix("mor-signature: ") })
  }

  @Test func `where the route does not say so, nothing of it is kept`() throws {
    let fixture = ExchangeFixture([.testable(keepsBodies: false)])
    fixture.deliver()
    fixture.forwarder.at("app").complete(200)
    #expect(try fixture.onlyRecord().content == nil)
  }

  @Test func `a route for fewer upstreams is as its own`() {
    let reduced = keeps.reduced(to: keeps.upstreams)
    #expect(reduced.keepsBodies && reduced.allowsTest)
  }

  @Test func `what a stranger wrote is nobody's to read, be it refused or observed`() throws {
    for observe in [false, true] {
      let fixture = ExchangeFixture([.testable(observe: observe, keepsBodies: true)])
      fixture.deliver(signed: forger)
      fixture.looks.finish()
      if observe { fixture.forwarder.at("app").complete(200) }
      let record = try fixture.onlyRecord()
      #expect(record.outcome == (observe ? .observed : .refused) && record.content == nil)
    }
    let fixture = ExchangeFixture([keeps])
    fixture.deliver(at: moment(secondsAfterSample: 400))
    #expect(try fixture.onlyRecord().content == nil)
  }

  @Test func `one that failed at its app, or was not stored, has it too`() throws {
    let failing = ExchangeFixture([keeps])
    failing.deliver()
    failing.forwarder.at("app").finish(.reset)
    #expect(try failing.onlyRecord().content?.body == sampleBody)
    let storing = ExchangeFixture([.testable(keepsBodies: true, durable: DurableSettings())])
    let keeper = FakeKeeper()
    storing.loop.keeper = keeper
    storing.deliver()
    keeper.answer(.refused(.unusable))
    let record = try storing.onlyRecord()
    #expect(record.outcome == .refused && record.content?.body == sampleBody)
  }

  @Test(arguments: [(0, true), (1, false)])
  func `a body beyond the bound is not copied`(beyond: Int, isKept: Bool) throws {
    let max = DeliveryContent.bodyBytesMax
    let fixture = ExchangeFixture([.testable(keepsBodies: true, bodyBytesMax: max + 1)])
    fixture.deliver([UInt8](repeating: 0x61, count: max + beyond))
    fixture.forwarder.at("app").complete(200)
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .forwarded && record.bodyBytes == max + beyond)
    #expect(record.content.map { $0.body.count == max } == (isKept ? true : nil))
  }
}
