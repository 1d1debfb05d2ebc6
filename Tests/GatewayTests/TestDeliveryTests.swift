import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// What the gateway sends itself: it goes the way of any other delivery, and says that it is a test.
@Suite struct TestDeliveryTests {
  private let ends = TestEnds()
  private static let test = "x-delivery-test"

  @Test func `a test goes the way of any other delivery, and is marked as one`() throws {
    let fixture = ExchangeFixture([.testable()])
    try ends.begin(on: fixture)
    let attempt = fixture.forwarder.at("app")
    #expect(Array(attempt.headers.lines.prefix(2)) == ["X-Verified: true", "X-Delivery-Test: true"])
    #expect(attempt.headers.values(Self.test) == ["true"])
    #expect(attempt.headers.values("content-type") == ["application/json"])
    let body = String(decoding: attempt.body, as: UTF8.self)
    #expect(body.hasPrefix(#"{"event":"payment.success","data":{"uuid":"0"#))
    #expect(ends.all.isEmpty && fixture.admission.deliveriesInFlight == 1)
    attempt.complete(201, "made")
    let record = try fixture.onlyRecord()
    #expect(record.isTest && record.outcome == .forwarded && record.remote == "test:")
    #expect(record.secretPosition == 0 && record.route == "/hook")
    let end = try #require(ends.all.first)
    #expect(ends.all.count == 1 && end.record.requestID == record.requestID)
    #expect(end.answer?.status == 201 && end.answerBody == Array("made".utf8) && !end.isAnswerCut)
    #expect(end.sentBody == attempt.body)
  }

  @Test(arguments: SignatureLayout.presets.map(\.name))
  func `every preset's sample is verified, and its signature stays in the gateway`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    let fixture = ExchangeFixture([.testable(layout: layout, keepsBodies: true)])
    for event in SampleDelivery.events(of: layout) {
      try ends.begin(on: fixture, event: event)
      let attempt = fixture.forwarder.at("app")
      attempt.complete(200)
      #expect(attempt.headers.values(Self.test) == ["true"], "\(event)")
      #expect(attempt.headers.values(layout.header) == [], "\(event)")
      let record = try #require(fixture.recorder.records.last)
      #expect(record.outcome == .forwarded && record.secretPosition == 0, "\(event)")
      let head = String(decoding: try #require(record.content).head, as: UTF8.self).lowercased()
      #expect(!head.contains("\r\n\(layout.header):"), "\(event)")
    }
    fixture.expectEmpty()
  }

  @Test func `without test: true none is made, nor for a route that nobody has`() {
    let fixture = ExchangeFixture([.testable(allowsTest: false), .testable("/other")])
    #expect(ends.refusal(on: fixture) == .notAllowed)
    #expect(ends.refusal(on: fixture, "/third") == .noRoute)
    #expect(ends.refusal(on: fixture, "/hook/") == .noRoute)
    #expect(ends.all.isEmpty && fixture.forwarder.attempts.isEmpty && fixture.recorder.records.isEmpty)
    fixture.expectEmpty()
  }

  @Test func `one that would go another route's way is not made, whether that allows it or not`() throws {
    for allows in [true, false] {
      let fixture = ExchangeFixture([
        .testable("/hook/*"), .testable("/hook/test", allowsTest: allows), .testable("/b"),
        .testable("/b", host: "localhost", allowsTest: allows),
      ])
      #expect(ends.refusal(on: fixture, "/hook/*") == .shadowed)
      #expect(ends.refusal(on: fixture, "/b") == .shadowed)
    }
    let fixture = ExchangeFixture([.testable("/hook/*"), .testable("/b", host: "b.example")])
    try ends.begin(on: fixture, "/hook/*")
    try ends.begin(on: fixture, "b.example/b")
    #expect(fixture.forwarder.attempts.map(\.target) == ["/test", "/"])
  }

  @Test func `an exchange asks its own route once more`() throws {
    let (allowed, not) = (Route.testable("/a"), Route.testable("/hook", allowsTest: false))
    let fixture = ExchangeFixture([allowed, not])
    let head = RequestHead("POST", "/hook", bodyBytes: sampleBody.count, Signed().fields(over: sampleBody))
    for route in [allowed, not] {
      #expect(!ends.exchange(head, sampleBody, on: fixture, of: route).begin())
      #expect(fixture.reply.lines == ["refuse 404 no-such-path"])
    }
    #expect(fixture.forwarder.attempts.isEmpty)
    fixture.expectEmpty()
  }

  @Test(
    arguments: [
      "", "a b", "a\"b", "a\\b", "payment.success\r\nX-Verified: true", "a,b", "é", "a\u{0}",
      String(repeating: "a", count: 65),
    ])
  func `what is no event's name goes into no body and no header`(event: String) throws {
    for layout in [SignatureLayout.github, .vesicash] {
      let fixture = ExchangeFixture([.testable(layout: layout)])
      #expect(ends.refusal(on: fixture, event: event) == .eventUnfit)
      #expect(fixture.forwarder.attempts.isEmpty)
    }
  }

  @Test func `two are never taken for one`() throws {
    for rule in [DedupeRule.body, .exact] {
      var dedupe = DurableSettings.Dedupe()
      dedupe.by = rule
      let fixture = ExchangeFixture([.testable(dedupe: dedupe)])
      fixture.loop.repetitions = Repetitions(known: KnownDeliveries()) { work in work() }
      for _ in 0..<2 {
        try ends.begin(on: fixture)
        fixture.forwarder.attempts.last?.complete(200)
      }
      #expect(fixture.forwarder.attempts.count == 2)
      #expect(fixture.recorder.records.map(\.outcome) == [.forwarded, .forwarded])
      #expect(Set(fixture.forwarder.attempts.map(\.body)).count == 2)
    }
  }

  // MARK: What is stored

  @Test func `all attempts of a stored one say that it is a test, and no signature is stored`() throws {
    let fixture = ExchangeFixture([.testable(durable: DurableSettings())])
    let keeper = FakeKeeper()
    fixture.loop.keeper = keeper
    try ends.begin(on: fixture)
    let kept = try #require(keeper.kept.first)
    keeper.answer(.stored(Self.id, otherBodyOf: nil))
    let end = try #require(ends.all.first)
    #expect(end.record.outcome == .stored && end.record.delivery == Self.id && end.answer?.status == 200)
    #expect(kept.request.headers.values(SignatureLayout.vesicash.header) == [])
    let stored = try StoredRequest(head: kept.head, method: "POST", body: kept.request.body)
    for isReplay in [false, true] {
      let fields = AttemptFields(id: Self.id, attempt: 2, isReplay: isReplay)
      let request = ForwardRequest(
        stored, fields, route: .testable(allowsTest: false), begin: moment(secondsAfterSample: 9))
      #expect(request.headers.values(Self.test) == ["true"])
      #expect(Array(request.headers.lines.prefix(2)) == ["X-Verified: true", "X-Delivery-Test: true"])
    }
    let saved = String(decoding: stored.saved(target: kept.target), as: UTF8.self)
    #expect(saved.contains("\r\nX-Delivery-Test: true\r\n"))
  }

  private static let id = PublicID(unixMilliseconds: 1, random: (2, 3))

  @Test(arguments: ["X-Delivery-Test", "x-deliveryTEST"])
  func `what a former version stored of a sender's own does not leave`(name: String) throws {
    var parts = StoredRequest.Parts(method: Array("POST".utf8), hasBody: true)
    parts.headers = HeaderList([name: "true", "X-A": "1"])
    let stored = try StoredRequest(parts)
    let request = ForwardRequest(
      stored, AttemptFields(id: Self.id, attempt: 1, isReplay: false), route: Route("/hook"),
      begin: moment(secondsAfterSample: 0))
    #expect(request.headers.lines.prefix(2) == ["X-Verified: true", "X-A: 1"])
    #expect(!stored.isTest)
    #expect(
      !String(decoding: stored.saved(target: Array("/".utf8)), as: UTF8.self).lowercased().contains("test"))
  }

  // MARK: What fails

  @Test func `one that is refused is quarantined nowhere and shown to no diagnosis`() throws {
    var durable = DurableSettings()
    durable.quarantine = .init()
    let route = Route.testable(durable: durable)
    let key = Secret([UInt8](repeating: 1, count: 32))
    let quarantine = FakeQuarantine(Sealer(keys: try #require(SealKeys(newestFirst: [key]))))
    let observer = CountingObserver()
    let fixture = ExchangeFixture([route], refusals: observer)
    fixture.loop.quarantine = quarantine
    fixture.loop.keeper = FakeKeeper()
    let head = RequestHead("POST", "/hook", bodyBytes: sampleBody.count, forger.fields(over: sampleBody))
    let exchange = ends.exchange(head, sampleBody, on: fixture, of: route)
    #expect(exchange.begin() && sampleBody.withUnsafeBytes { exchange.collect($0) })
    exchange.bodyEnded()
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"] && ends.all.first?.record.reason == "mismatch")
    #expect(quarantine.kept.isEmpty && observer.count == 0)
    // As it would be of a sender's.
    fixture.deliver(signed: forger)
    fixture.looks.finish()
    #expect(quarantine.kept.count == 1 && observer.count == 1)
  }

  @Test func `where the route observes, one that fails is marked as failed and as a test`() throws {
    let route = Route.testable(observe: true)
    let fixture = ExchangeFixture([route])
    let head = RequestHead("POST", "/hook", bodyBytes: sampleBody.count, forger.fields(over: sampleBody))
    let exchange = ends.exchange(head, sampleBody, on: fixture, of: route)
    #expect(exchange.begin() && sampleBody.withUnsafeBytes { exchange.collect($0) })
    exchange.bodyEnded()
    fixture.looks.finish()
    #expect(
      fixture.forwarder.at("app").headers.lines.prefix(2) == [
        "X-Verified-Failed: mismatch", "X-Delivery-Test: true",
      ])
  }

  @Test func `what the app says is kept up to a bound, and its end where it broke off`() throws {
    let fixture = ExchangeFixture([.testable()])
    try ends.begin(on: fixture)
    let attempt = fixture.forwarder.at("app")
    attempt.answer(200)
    for part in DispatchFixture.largeParts { attempt.send(part) }
    attempt.finish()
    #expect(ends.all[0].answerBody == Array(DispatchFixture.large.prefix(TestDelivery.answerBytesMax)))
    #expect(ends.all[0].isAnswerCut && ends.all[0].record.outcome == .forwarded)
    try ends.begin(on: fixture)
    fixture.forwarder.at("app").finish(.refusedConnection)
    #expect(ends.all[1].record.outcome == .failed && ends.all[1].answer == nil)
    #expect(ends.all[1].record.reason == ForwardFailure.refusedConnection.label)
    fixture.expectEmpty()
  }

  @Test func `it takes the places of a delivery, and is turned away where there are none`() throws {
    var limits = Limits()
    limits.inFlightMax = 1
    let fixture = ExchangeFixture([.testable()], limits: limits)
    try ends.begin(on: fixture)
    try ends.begin(on: fixture)
    #expect(ends.all.map(\.record.reason) == [AdmissionBound.inFlight.rawValue])
    #expect(ends.all[0].record.status == 503 && ends.all[0].answer == nil)
    fixture.forwarder.at("app").complete(200)
    #expect(ends.all.count == 2)
    fixture.expectEmpty()
  }

  @Test func `one that is given up is over, once`() throws {
    let fixture = ExchangeFixture([.testable()])
    let test = try ends.begin(on: fixture)
    test.giveUp()
    test.giveUp()
    #expect(fixture.forwarder.at("app").isCancelled)
    #expect(ends.all.map(\.record.reason) == ["test-timeout"])
    fixture.expectEmpty()
  }
}

/// A sender's own word for it.
@Suite struct SendersTestMarkTests {
  @Test(
    arguments: [
      "X-Delivery-Test", "x-delivery-test", "X-DELIVERY-TEST", "X-DeliveryTest", "XDeliveryTest",
      "-X-Delivery-Test", "X--Delivery-Test", "X-Delivery-Test-", "X_Delivery_Test", "X.Delivery-Test",
    ], [true, false])
  func `no sender's delivery is a test, whether its route allows tests or not`(
    name: String, allows: Bool
  ) throws {
    let fixture = ExchangeFixture([.testable(allowsTest: allows)])
    fixture.deliver(adding: [(name, "true"), ("X-A", "1"), (name, "false")])
    let headers = fixture.forwarder.at("app").headers
    #expect(headers.values("x-a") == ["1"])
    #expect(headers.lines.allSatisfy { !$0.lowercased().filter { $0.isLetter }.contains("deliverytest") })
    fixture.forwarder.at("app").complete(200)
    #expect(try !fixture.onlyRecord().isTest)
  }

  @Test func `not even where his signature's layout reads it`() throws {
    var layout = SignatureLayout.vesicash
    layout.idSource = .header(TestMark.name.lowercased())
    var planning = Planning()
    planning.route = Route("/hook", layout: layout)
    let lines = try planning.lines([(TestMark.name, "true"), ("X-A", "1")])
    #expect(lines.prefix(2) == ["X-Verified: true", "X-A: 1"])
  }
}

private final class CountingObserver: RefusalObserver {
  private let seen = Locked(0)
  var count: Int { seen.withLock { $0 } }

  func refused(_ delivery: RefusedDelivery) { seen.withLock { $0 += 1 } }
}
