import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// The way of a delivery on a durable route: kept, then answered.
@Suite struct ExchangeKeepTests {
  private let fixture: ExchangeFixture
  private let keeper = FakeKeeper()
  private static let id = PublicID(unixMilliseconds: 1, random: (2, 3))

  init() { fixture = Self.fixture(DurableSettings()) }

  private static func fixture(_ durable: DurableSettings) -> ExchangeFixture {
    ExchangeFixture([
      Route(
        path: PathPattern("/hook")!, secretFileIndex: 0, upstreams: [.named("app")], durable: durable)
    ])
  }

  private func started(_ fixture: ExchangeFixture? = nil) -> ExchangeFixture {
    let fixture = fixture ?? self.fixture
    fixture.loop.keeper = keeper
    return fixture
  }

  @Test func `the sender is answered once its delivery is kept, and not before`() throws {
    let fixture = started()
    fixture.deliver()
    #expect(fixture.reply.lines == [] && fixture.forwarder.attempts.isEmpty)
    #expect(keeper.askedBytes == [sampleBody.count])
    let kept = try #require(keeper.kept.first)
    #expect(kept.request.body == sampleBody && kept.target == Array("/hook".utf8))
    #expect(kept.signed != nil && kept.proof.position == 0)
    keeper.answer(.stored(Self.id, otherBodyOf: nil))
    #expect(fixture.reply.lines == ["send 200 "])
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .stored && record.status == 200 && record.delivery == Self.id)
    #expect(!record.hasOtherBody && record.detail == nil)
  }

  @Test func `one with the key of another and another body is kept, and its record says so`() throws {
    let fixture = started()
    fixture.deliver()
    let other = PublicID(unixMilliseconds: 1, random: (1, 2))
    keeper.answer(.stored(Self.id, otherBodyOf: other))
    #expect(fixture.reply.lines == ["send 200 "])
    let record = try fixture.onlyRecord()
    #expect(record.hasOtherBody && record.detail?.contains("\(other)") == true)
  }

  @Test func `a duplicate is answered alike, with the first one's id`() throws {
    let fixture = started()
    fixture.deliver()
    keeper.answer(.duplicate(of: Self.id, isRevived: true))
    #expect(fixture.reply.lines == ["send 200 "])
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .duplicate && record.delivery == Self.id && record.detail != nil)
  }

  @Test(arguments: KeepRefusal.allCases)
  func `what is not kept is a 503, before the body where that is known`(refusal: KeepRefusal) throws {
    let fixture = started()
    fixture.deliver()
    keeper.answer(.refused(refusal))
    #expect(fixture.reply.lines == ["refuse 503 \(refusal.rawValue)"])
    let record = try fixture.onlyRecord()
    #expect(record.reason == refusal.rawValue && record.outcome == .refused)
    keeper.refuses = refusal
    fixture.deliver()
    #expect(fixture.reply.lines == ["refuse 503 \(refusal.rawValue)"])
    #expect(keeper.kept.count == 1 && fixture.recorder.records[1].bodyBytes == 0)
    fixture.expectEmpty()
  }

  @Test func `without a store nothing is taken`() throws {
    fixture.deliver()
    #expect(fixture.reply.lines == ["refuse 503 store-unusable"])
    _ = try fixture.onlyRecord()
  }

  @Test func `what does not verify never comes to the store`() throws {
    let fixture = started()
    fixture.deliver(signed: forger)
    fixture.looks.finish()
    #expect(keeper.kept.isEmpty)
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
  }

  @Test func `a sender that leaves meanwhile changes nothing`() throws {
    let fixture = started()
    let exchange = fixture.deliver()
    exchange.senderGone()
    #expect(fixture.recorder.records.isEmpty)
    keeper.answer(.stored(Self.id, otherBodyOf: nil))
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .stored && record.status == 0 && record.reason == "sender-gone")
  }

  @Test func `at the gateway's end nobody waits any more, and what comes of it is not told twice`() throws {
    let fixture = started()
    let exchange = fixture.deliver()
    exchange.giveUp()
    keeper.answer(.stored(Self.id, otherBodyOf: nil))
    #expect(fixture.reply.lines == [])
    #expect(try fixture.onlyRecord().reason == "shutdown")
  }

  @Test func `by what repetitions are known is what the route says`() throws {
    var durable = DurableSettings()
    let digest = sampleBody.withUnsafeBytes { BodyDigest(of: $0) }
    func key(_ rule: DedupeRule, _ fields: [(String, String)] = []) throws -> DedupeKey? {
      durable.dedupe.by = rule
      started(Self.fixture(durable)).deliver(adding: fields)
      return try #require(keeper.kept.last).dedupeKey(digest)
    }
    #expect(try key(.none) == nil)
    #expect(try key(.id) == nil)
    // What has the same body elsewhere below the route is another delivery.
    let place = "/hook\nPOST\n/hook"
    #expect(
      try key(.body) == DedupeKey(.body, scope: place, id: nil, timestamp: nil, header: nil, body: digest))
    let timestamp = Array(Signed().timestamp.utf8)
    #expect(
      try key(.exact)
        == DedupeKey(.exact, scope: place, id: nil, timestamp: timestamp, header: nil, body: digest))
    let header = DedupeRule.header("x-key")
    #expect(
      try key(header, [("X-Key", "k")])
        == DedupeKey(header, scope: "/hook", id: nil, timestamp: nil, header: Array("k".utf8), body: digest))
    #expect(try key(header, [("X-Key", "k"), ("X-Key", "k")]) == nil)
    #expect(try key(header) == nil)
  }

  @Test func `what the sender is told is the route's to say`() {
    var durable = DurableSettings()
    durable.answerStatus = 202
    let fixture = started(Self.fixture(durable))
    fixture.deliver()
    keeper.answer(.stored(Self.id, otherBodyOf: nil))
    #expect(fixture.reply.lines == ["send 202 "])
  }
}
