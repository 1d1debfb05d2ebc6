import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// A whole gateway in memory: one loop, one secret file, upstreams and senders that the test plays.
final class ExchangeFixture {
  let forwarder = FakeForwarder()
  let looks = FakeLooks()
  let recorder = FakeRecorder()
  let admission = Admission()
  let loop: LoopContext
  var reply = FakeReply()
  let clock = Clock()

  init(
    _ routes: [Route] = [Route("/hook")], secrets: [String] = ["test_webhook_secret"],
    limits: Limits = Limits(), trusted: TrustedProxies = TrustedProxies(),
    refusals: (any RefusalObserver)? = nil
  ) {
    let snapshot = Snapshot(
      routes: RouteTable(routes), limits: limits, trustedProxies: trusted,
      secrets: [ExchangeFixture.set(secrets)])
    let clock = clock
    loop = LoopContext(
      snapshot: snapshot, admission: admission, recorder: recorder, looks: looks, refusals: refusals,
      idSeed: 0xABCD
    ) {
      clock.uptime += 1000
      return Moment(unixMilliseconds: clock.unixMilliseconds, uptimeNanoseconds: clock.uptime)
    }
  }

  static func set(_ secrets: [String], generation: Int = 1) -> SecretSet {
    let lines = secrets.map { Secret(Array($0.utf8)) }
    return SecretSet(path: "/secret", lines: lines, keys: lines, generation: generation)
  }

  /// What a look or a reload brings: other secrets in the same file.
  func rotate(to secrets: [String]) {
    loop.adopt(loop.snapshot.replacing(ExchangeFixture.set(secrets, generation: 2), at: 0))
  }

  func exchange(_ head: RequestHead, at arrival: Moment = sampleMoment) -> Exchange {
    reply = FakeReply()
    return Exchange(
      head, from: Peer(address: IPAddress(text: "192.0.2.1")), at: arrival, loop: loop, forwarder: forwarder,
      reply: reply)
  }

  /// Takes a delivery up to the end of its body.
  @discardableResult
  func deliver(
    _ body: [UInt8] = sampleBody, signed: Signed = Signed(), target: String = "/hook",
    adding fields: [(String, String)] = [], at arrival: Moment = sampleMoment, partBytes: Int = .max
  ) -> Exchange {
    let head = RequestHead(
      "POST", target, bodyBytes: body.count, signed.fields(over: body) + fields)
    let exchange = exchange(head, at: arrival)
    guard exchange.begin() else { return exchange }
    var rest = body[...]
    while !rest.isEmpty {
      guard rest.prefix(partBytes).withUnsafeBytes({ exchange.collect($0) }) else { return exchange }
      rest = rest.dropFirst(partBytes)
    }
    exchange.bodyEnded()
    return exchange
  }

  /// The record of the only exchange so far, all of whose places must have been given back.
  func onlyRecord(sourceLocation: SourceLocation = #_sourceLocation) throws -> DeliveryRecord {
    expectEmpty(sourceLocation: sourceLocation)
    try #require(recorder.records.count == 1, sourceLocation: sourceLocation)
    return recorder.records[0]
  }

  func expectEmpty(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(admission.deliveriesInFlight == 0, sourceLocation: sourceLocation)
    #expect(admission.bytesInFlight == 0, sourceLocation: sourceLocation)
  }
}

/// The edge's clocks, which a test sets.
final class Clock {
  var uptime: UInt64 = sampleMoment.uptimeNanoseconds
  var unixMilliseconds: Int64 = sampleMoment.unixMilliseconds

  func pass(seconds: Double) {
    uptime += UInt64(seconds * 1_000_000_000)
    unixMilliseconds += Int64(seconds * 1000)
  }
}

/// A sender without the secret.
let forger = Signed(key: Array("guess".utf8))
