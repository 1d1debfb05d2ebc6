import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// What fails and may be genuine: kept as it came, judged again as of its arrival, and believed by its signature alone.
@Suite struct ExchangeQuarantineTests {
  private let keeper = FakeKeeper()
  private let quarantine: FakeQuarantine
  private let sealer: Sealer

  init() throws {
    let key = Secret([UInt8](repeating: 1, count: 32))
    sealer = Sealer(keys: try #require(SealKeys(newestFirst: [key])))
    quarantine = FakeQuarantine(sealer)
  }

  private static func route(
    _ path: String = "/hook", layout: SignatureLayout = .vesicash, quarantine: Bool = true,
    _ change: (inout DurableSettings) -> Void = { _ in }
  ) -> Route {
    var durable = DurableSettings()
    if quarantine { durable.quarantine = .init() }
    change(&durable)
    return Route(
      path: PathPattern(path)!, layout: layout, secretFileIndex: 0, upstreams: [.named("app")],
      durable: durable)
  }

  private func fixture(_ route: Route = route(), secrets: [String] = ["wrong"]) -> ExchangeFixture {
    let fixture = ExchangeFixture([route], secrets: secrets)
    fixture.loop.keeper = keeper
    fixture.loop.quarantine = quarantine
    return fixture
  }

  /// A delivery that comes from a real socket says who its host is.
  @discardableResult
  private func deliver(
    _ fixture: ExchangeFixture, signed: Signed = Signed(), adding fields: [(String, String)] = [],
    at arrival: Moment = sampleMoment
  ) -> FakeReply {
    let own = [("Host", "gateway.test"), ("Content-Length", "\(sampleBody.count)")]
    fixture.deliver(signed: signed, adding: own + fields, at: arrival)
    let reply = fixture.reply
    fixture.looks.finish()
    return reply
  }

  /// The rows as a store would give them back.
  private var rows: [QuarantinedDelivery] { quarantine.kept }

  private func judged(_ fixture: ExchangeFixture, _ row: QuarantinedDelivery) -> DeliveryToKeep? {
    if case .verified(let delivery) = fixture.loop.judgeAgain(row, sealer) { delivery } else { nil }
  }

  @Test func `what no secret verifies is refused and kept, and delivered once the right one is there`() throws
  {
    let fixture = fixture()
    #expect(deliver(fixture, adding: [("X-Own", "1")]).lines == ["refuse 401 mismatch"])
    #expect(keeper.kept.isEmpty)
    let row = try #require(rows.first)
    #expect(
      row.reason == "mismatch" && row.arrived == sampleMoment.unixMilliseconds && row.body == sampleBody)
    guard case .unverified(let judgement) = fixture.loop.judgeAgain(row, sealer) else {
      return #expect(Bool(false), "it is believed")
    }
    #expect(judgement == row.judgement)
    // Long after its timestamp was fresh.
    fixture.clock.pass(seconds: 3_600)
    fixture.rotate(to: ["test_webhook_secret"])
    #expect(fixture.loop.snapshot.secrets[0].judgement != row.judgement)
    let delivery = try #require(judged(fixture, row))
    #expect(delivery.request.body == sampleBody && delivery.target == Array("/hook".utf8))
    #expect(delivery.proof.fingerprint == Secret(Signed().key).fingerprint)
    #expect(delivery.accepted.unixMilliseconds == sampleMoment.unixMilliseconds + 3_600_000)
    #expect(delivery.request.headers.values("x-own") == ["1"])
    #expect(delivery.request.headers.values("x-forwarded-for") == ["192.0.2.1"])
    #expect(delivery.request.headers.values("x-verified") == [])
  }

  @Test func `it is the same that would have been kept at once`() throws {
    let fixture = fixture(secrets: ["test_webhook_secret"])
    let fields = [
      ("X-Request-Id", "r-1"), ("traceparent", "00-\(String(repeating: "a", count: 32))-b7ad6b7169203331-01"),
    ]
    deliver(fixture, adding: fields)
    fixture.rotate(to: ["wrong"])
    deliver(fixture, adding: fields)
    fixture.rotate(to: ["test_webhook_secret"])
    let row = try #require(rows.first)
    let atOnce = try #require(keeper.kept.first)
    let later = try #require(judged(fixture, row))
    #expect(later.head == atOnce.head && later.request.body == atOnce.request.body)
    #expect(
      later.requestID == atOnce.requestID && later.remote == atOnce.remote && later.signed == atOnce.signed)
    let digest = sampleBody.withUnsafeBytes { BodyDigest(of: $0) }
    #expect(later.dedupeKey(digest) == atOnce.dedupeKey(digest))
    #expect(later.proof == atOnce.proof)
  }

  @Test func `a forged one is never verified, whatever secrets come`() throws {
    let fixture = fixture()
    deliver(fixture, signed: forger)
    let row = try #require(rows.first)
    for secrets in [["test_webhook_secret"], ["a", "b"], ["wrong"]] {
      fixture.rotate(to: secrets)
      #expect(judged(fixture, row) == nil)
    }
  }

  @Test func `what was changed in the store is not judged at all`() throws {
    let fixture = fixture()
    deliver(fixture)
    fixture.rotate(to: ["test_webhook_secret"])
    let row = try #require(rows.first)
    #expect(judged(fixture, row) != nil)
    func isBroken(_ row: QuarantinedDelivery) -> Bool {
      if case .broken = fixture.loop.judgeAgain(row, sealer) { true } else { false }
    }
    let moved = QuarantinedDelivery(
      route: row.route, arrived: row.arrived + 1, reason: row.reason, head: row.head, body: row.body,
      key: row.key, judgement: row.judgement)
    #expect(isBroken(moved))
    // Without its seal the head reads as well.
    let unsealed = QuarantinedDelivery(
      route: row.route, arrived: row.arrived, reason: row.reason,
      head: row.head.prefix(4) + [UInt8](repeating: 0, count: 32) + row.head.dropFirst(36), body: row.body,
      key: row.key, judgement: row.judgement)
    #expect(isBroken(unsealed))
    // The key may come back.
    let unproven = QuarantinedDelivery(
      route: row.route, arrived: row.arrived, reason: row.reason,
      head: [UInt8](repeating: 0, count: 4) + row.head.dropFirst(4), body: row.body, key: row.key,
      judgement: row.judgement)
    guard case .notNow = fixture.loop.judgeAgain(unproven, sealer) else {
      Issue.record("what no key here has sealed is judged")
      return
    }
  }

  @Test func `what was stale when it came is neither kept nor believed later`() throws {
    let fixture = fixture()
    deliver(fixture, at: moment(secondsAfterSample: 301))
    #expect(quarantine.kept.isEmpty)
    deliver(fixture, at: moment(secondsAfterSample: 299))
    #expect(quarantine.kept.count == 1)
  }

  @Test func `malformed claims, verified deliveries and routes without a quarantine keep nothing`() throws {
    let fixture = fixture()
    fixture.deliver(adding: [("mor-timestamp", "1")])
    #expect(fixture.reply.lines == ["refuse 401 timestamp-repeated"])
    deliver(self.fixture(secrets: ["test_webhook_secret"]))
    deliver(self.fixture(Self.route(quarantine: false)))
    #expect(quarantine.kept.isEmpty && quarantine.asked == 0)
    quarantine.isFull = true
    deliver(fixture)
    #expect(quarantine.kept.isEmpty && quarantine.asked == 1)
  }

  @Test func `what is undecided in a rotation is kept, and delivered by the new secret`() throws {
    let fixture = fixture(secrets: ["test_webhook_secret"])
    fixture.announce(.begun(secondsAgo: 60))
    #expect(deliver(fixture, signed: .byNew).lines[0].hasPrefix("refuse 503 "))
    let row = try #require(rows.first)
    #expect(row.reason == "rotation-unfinished")
    fixture.adopt(["new"])
    #expect(judged(fixture, row) != nil)
  }

  @Test func `while a compromised secret is being replaced nothing is believed`() throws {
    let fixture = fixture()
    deliver(fixture)
    fixture.adopt(["test_webhook_secret"], rotation: .begun(compromised: true))
    guard case .notNow = fixture.loop.judgeAgain(try #require(rows.first), sealer) else {
      return #expect(Bool(false), "it is judged")
    }
  }

  @Test func `what only a revoked secret verified is not kept`() throws {
    let fixture = fixture(secrets: ["test_webhook_secret"])
    let own = [("Host", "gateway.test"), ("Content-Length", "\(sampleBody.count)")]
    let exchange = fixture.exchange(
      RequestHead("POST", "/hook", bodyBytes: sampleBody.count, Signed().fields(over: sampleBody) + own))
    try #require(exchange.begin())
    _ = sampleBody.withUnsafeBytes { exchange.collect($0) }
    fixture.adopt(["test_webhook_secret"], rotation: .begun(compromised: true))
    fixture.adopt(["new"])
    exchange.bodyEnded()
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    #expect(quarantine.kept.isEmpty)
  }

  @Test func `a route that has gone, has become another or keeps nothing more lets nothing out`() throws {
    let kept = fixture()
    deliver(kept)
    let row = try #require(rows.first)
    func isRouteless(_ routes: [Route]) -> Bool {
      let fixture = ExchangeFixture(routes)
      if case .noRoute = fixture.loop.judgeAgain(row, sealer) { return true }
      return false
    }
    #expect(!isRouteless([Self.route()]))
    #expect(isRouteless([Self.route("/other")]))
    // Another route has its path by now, and another mark perhaps.
    #expect(isRouteless([Self.route("/*")]))
    #expect(isRouteless([Route("/hook")]))
    let small = Route(
      path: PathPattern("/hook")!, secretFileIndex: 0, upstreams: [.named("app")], bodyBytesMax: 10,
      durable: DurableSettings())
    #expect(isRouteless([small]))
    let other = Route(
      path: PathPattern("/hook")!, methods: ["PUT"], secretFileIndex: 0, upstreams: [.named("app")],
      durable: DurableSettings())
    #expect(isRouteless([other]))
  }

  @Test func `people are shown no signature, cookie or password of it`() throws {
    let fixture = fixture()
    deliver(fixture, adding: [("Cookie", "secret"), ("Authorization", "Basic c2VjcmV0"), ("X-Own", "shown")])
    let facts = try sealer.facts(try #require(rows.first), Self.route())
    let text = facts.fields.map { "\($0.name): \($0.value)" }
    #expect(text.contains("X-Own: shown") && text.contains("Cookie: (6 bytes)"))
    #expect(text.contains { $0.hasPrefix("mor-signature: (") })
    #expect(!text.contains { $0.contains("secret") || $0.contains("c2VjcmV0") })
  }
}

/// Takes what it is given, unless the test says that it is full.
final class FakeQuarantine: Quarantine {
  var isFull = false
  private(set) var asked = 0
  private(set) var kept: [QuarantinedDelivery] = []
  private let sealer: Sealer

  init(_ sealer: Sealer) { self.sealer = sealer }

  func admits(_ route: Route) -> Bool {
    asked += 1
    return !isFull
  }

  func quarantine(_ delivery: DeliveryToQuarantine) { kept.append(sealer.seal(delivery)) }
}
