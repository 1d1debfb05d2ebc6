import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

@Suite struct ExchangeVerifyingTests {
  /// What a sender gets wrong, and what the log calls it. None of these causes a look at the secret file.
  static let faults: [(label: String, change: @Sendable ([(String, String)]) -> [(String, String)])] = [
    ("signature-missing", { $0.filter { $0.0 != "mor-signature" } }),
    ("signature-repeated", { $0 + [("Mor-Signature", "00")] }),
    ("signature-malformed", { $0.map { $0.0 == "mor-signature" ? ($0.0, "sha256=" + $0.1) : $0 } }),
    ("timestamp-missing", { $0.filter { $0.0 != "mor-timestamp" } }),
    ("timestamp-repeated", { $0 + [("mor-timestamp", "1")] }),
    ("timestamp-malformed", { $0.map { $0.0 == "mor-timestamp" ? ($0.0, "+1") : $0 } }),
  ]

  private func deliver(
    _ fixture: ExchangeFixture, _ fields: [(String, String)], at arrival: Moment = sampleMoment
  ) {
    let exchange = fixture.exchange(
      RequestHead("POST", "/hook", bodyBytes: sampleBody.count, fields), at: arrival)
    guard exchange.begin() else { return }
    _ = sampleBody.withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
  }

  @Test(arguments: faults.indices)
  func `a malformed claim is 401 after the body, without an attempt or a look`(index: Int) throws {
    let fault = Self.faults[index]
    let fixture = ExchangeFixture()
    deliver(fixture, fault.change(Signed().fields(over: sampleBody)))
    #expect(fixture.reply.lines == ["refuse 401 \(fault.label)"])
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(fixture.looks.paths.isEmpty)
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .refused)
    #expect(record.reason == fault.label)
    #expect(record.secretFingerprint == nil)
  }

  @Test func `a stale delivery is 401 at once, and its age is known`() throws {
    let fixture = ExchangeFixture()
    deliver(fixture, Signed().fields(over: sampleBody), at: moment(secondsAfterSample: 400))
    #expect(fixture.reply.lines == ["refuse 401 stale"])
    #expect(fixture.looks.paths.isEmpty)
    let record = try fixture.onlyRecord()
    #expect(record.ageSeconds == 400)
    #expect(record.detail == "signature right, signed 400 s ago")
  }

  @Test func `a forged delivery outside the tolerance causes no look`() throws {
    let fixture = ExchangeFixture()
    deliver(fixture, forger.fields(over: sampleBody), at: moment(secondsAfterSample: 400))
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.looks.paths.isEmpty)
    _ = try fixture.onlyRecord()
  }

  @Test func `every refusal of a signature reads alike`() {
    let reasons: [Unverified] = [
      .signatureMissing, .signatureRepeated, .signatureMalformed, .timestampMissing, .timestampRepeated,
      .timestampMalformed, .idMissing, .idRepeated, .idMalformed, .mismatch, .stale(ageSeconds: 9),
    ]
    let answers = reasons.map { reason in
      let rejection = Rejection.unverified(reason)
      return [
        String(rejection.status), rejection.publicText, String(rejection.closesConnection),
        String(describing: rejection.retryAfterSeconds),
      ]
    }
    #expect(Set(answers).count == 1)
    #expect(Set(reasons.map(\.label)).count == reasons.count)
  }

  @Test func `a mismatch is believed after one look that finds nothing new`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: forger)
    #expect(fixture.looks.paths == ["/secret"])
    #expect(fixture.reply.lines == [])
    #expect(fixture.admission.deliveriesInFlight == 1)
    fixture.looks.finish()
    #expect(fixture.looks.paths == ["/secret"])
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.forwarder.attempts.isEmpty)
    _ = try fixture.onlyRecord()
  }

  @Test func `a mismatch is judged again with the secrets that the look brought`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: Signed(key: Array("new".utf8)))
    fixture.rotate(to: ["newest", "new"])
    fixture.looks.finish()
    #expect(fixture.forwarder.attempts.map(\.body) == [sampleBody])
    fixture.forwarder.at("app").complete(200)
    #expect(fixture.reply.lines == ["send 200 "])
    #expect(try fixture.onlyRecord().secretPosition == 1)
  }

  @Test func `new secrets that do not fit either are a mismatch without a second look`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: forger)
    fixture.rotate(to: ["new"])
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    #expect(fixture.looks.paths.count == 1)
    _ = try fixture.onlyRecord()
  }

  @Test func `a reload that drops the secret file leaves the mismatch one`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(signed: forger)
    fixture.loop.adopt(
      Snapshot(routes: RouteTable([]), limits: Limits(), trustedProxies: TrustedProxies(), secrets: []))
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
    _ = try fixture.onlyRecord()
  }

  @Test func `a rotation while the body arrives does not take the old secret from it`() throws {
    let fixture = ExchangeFixture()
    let head = RequestHead(
      "POST", "/hook", bodyBytes: sampleBody.count, Signed().fields(over: sampleBody))
    let exchange = fixture.exchange(head)
    #expect(exchange.begin())
    _ = sampleBody[..<10].withUnsafeBytes { exchange.collect($0) }
    fixture.rotate(to: ["new"])
    _ = sampleBody[10...].withUnsafeBytes { exchange.collect($0) }
    exchange.bodyEnded()
    #expect(fixture.forwarder.attempts.count == 1)
    fixture.forwarder.at("app").complete(200)
    _ = try fixture.onlyRecord()
    fixture.deliver()
    fixture.looks.finish()
    #expect(fixture.reply.lines == ["refuse 401 mismatch"])
  }

  @Test func `a reload that changes the hash alone makes the next delivery verify by it`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver()
    fixture.forwarder.at("app").complete(200)
    var layout = SignatureLayout.vesicash
    layout.hash = .sha512
    let old = fixture.loop.snapshot
    fixture.loop.adopt(
      Snapshot(
        routes: RouteTable([Route("/hook", layout: layout)]), limits: old.limits,
        trustedProxies: old.trustedProxies, secrets: old.secrets))
    fixture.deliver(signed: Signed(layout: layout))
    fixture.looks.finish()
    #expect(fixture.forwarder.attempts.count == 2)
    fixture.forwarder.at("app").finish()
  }

  @Test func `a route that observes forwards a failure with its reason and without the mark`() throws {
    let fixture = ExchangeFixture([Route("/hook", observe: true)])
    fixture.deliver(signed: forger, adding: [("X-Verified", "true"), ("X-Verified-Failed", "none")])
    fixture.looks.finish()
    let attempt = fixture.forwarder.at("app")
    #expect(attempt.headers.values("x-verified") == [])
    #expect(attempt.headers.values("x-verified-failed") == ["mismatch"])
    #expect(attempt.body == sampleBody)
    attempt.complete(200, "ok")
    #expect(fixture.reply.lines == ["send 200 ok"])
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .observed)
    #expect(record.reason == "mismatch")
  }

  @Test func `what failed verification never counts as a failure of what was verified`() throws {
    let fixture = ExchangeFixture([Route("/hook", observe: true)])
    fixture.deliver(signed: forger)
    fixture.looks.finish()
    fixture.forwarder.at("app").finish(ForwardFailure(stage: .connecting, kind: .connect, detail: "refused"))
    #expect(fixture.reply.lines == ["refuse 502 upstream-connect"])
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .observed)
    #expect(record.reason == "mismatch")
    #expect(record.detail == "no answer, upstream-connect: refused")
    #expect(record.status == 502)
    let ended = ExchangeFixture([Route("/hook", observe: true)])
    let exchange = ended.deliver(signed: forger)
    ended.looks.finish()
    exchange.giveUp()
    #expect(try ended.onlyRecord().outcome == .observed)
    #expect(try ended.onlyRecord().detail == "no answer, shutdown")
  }

  @Test func `a route that observes still marks what verifies and refuses what is too large`() throws {
    let fixture = ExchangeFixture([Route("/hook", observe: true, bodyBytesMax: 200)])
    fixture.deliver()
    #expect(fixture.forwarder.at("app").headers.values("x-verified") == ["true"])
    #expect(fixture.forwarder.at("app").headers.values("x-verified-failed") == [])
    fixture.forwarder.at("app").complete(200)
    fixture.deliver([UInt8](repeating: 0, count: 201))
    #expect(fixture.reply.lines == ["refuse 413 body-too-large"])
    fixture.expectEmpty()
  }
}
