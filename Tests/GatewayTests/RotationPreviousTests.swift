import Formats
import Gateway
import Signing
import TestSupport
import Testing

/// A secret that was replaced counts for what was signed before, and only for a while.
@Suite struct RotationPreviousTests {
  private func status(
    _ fixture: ExchangeFixture, signed: Signed = Signed(), at arrival: Moment = sampleMoment
  ) -> String {
    fixture.deliver(signed: signed, at: arrival)
    let reply = fixture.reply
    fixture.looks.finish()
    if let attempt = fixture.forwarder.attempts.last { attempt.complete(200) }
    return reply.lines.first ?? "none"
  }

  @Test func `a delivery signed before is accepted, and its record names the older secret`() throws {
    let fixture = ExchangeFixture()
    fixture.adopt(["new", "other"], previous: [.of("older"), .of()])
    #expect(status(fixture) == "send 200 ")
    let record = try fixture.onlyRecord()
    #expect(record.secretPosition == 3)
    #expect(record.secretFingerprint == Secret(Array("test_webhook_secret".utf8)).fingerprint)
    fixture.expectNothingHeld()
  }

  @Test(arguments: [(0.0, "send 200 "), (-0.001, "refuse 401 mismatch"), (60, "send 200 ")])
  func `signed-before is the last instant that counts`(signedBefore: Double, expected: String) {
    let fixture = ExchangeFixture()
    fixture.adopt(["new"], previous: [.of(signedBefore: signedBefore)])
    #expect(status(fixture) == expected)
    fixture.expectNothingHeld()
  }

  @Test(arguments: [(99.999, "send 200 "), (100, "refuse 401 mismatch"), (200, "refuse 401 mismatch")])
  func `until is the first instant that does not`(arrival: Double, expected: String) {
    let fixture = ExchangeFixture()
    fixture.adopt(["new"], previous: [.of(until: 100)])
    #expect(status(fixture, at: moment(secondsAfterSample: arrival)) == expected)
    fixture.expectNothingHeld()
  }

  @Test func `an older secret lengthens no tolerance`() {
    let fixture = ExchangeFixture()
    fixture.adopt(["new"], previous: [.of(signedBefore: 1000, until: 10_000)])
    #expect(status(fixture, at: moment(secondsAfterSample: 301)) == "refuse 401 stale")
  }

  @Test func `a delivery signed after the rotation with the old secret is refused`() {
    let fixture = ExchangeFixture()
    fixture.adopt(["new"], previous: [.of(signedBefore: 60)])
    let later = Signed(timestamp: "1781519073")
    #expect(status(fixture, signed: later, at: moment(secondsAfterSample: 61)) == "refuse 401 mismatch")
    #expect(
      status(fixture, signed: Signed(timestamp: "1781519072"), at: moment(secondsAfterSample: 61))
        == "send 200 ")
  }

  /// Without a timestamp under the MAC nobody can tell when it was signed.
  @Test(arguments: [SignatureLayout.github, .shopify, .paystack])
  func `a layout without a signed timestamp accepts no older secret`(layout: SignatureLayout) {
    let fixture = ExchangeFixture.holding(layout: layout)
    fixture.adopt(["new"], previous: [.of(signedBefore: 1e9, until: 1e9)])
    #expect(status(fixture, signed: Signed(layout: layout)) == "refuse 401 mismatch")
    #expect(status(fixture, signed: Signed(layout: layout, key: Array("new".utf8))) == "send 200 ")
    fixture.expectNothingHeld()
  }

  @Test(arguments: [SignatureLayout.stripe, .slack, .revolut])
  func `a layout with one does`(layout: SignatureLayout) {
    let fixture = ExchangeFixture.holding(layout: layout)
    fixture.adopt(["new"], previous: [.of(signedBefore: 0)])
    let timestamp = layout.timestampUnit == .milliseconds ? "1781519012000" : "1781519012"
    #expect(status(fixture, signed: Signed(layout: layout, timestamp: timestamp)) == "send 200 ")
    fixture.expectNothingHeld()
  }

  @Test func `a delivery whose body arrives while the secret is replaced is verified by the older one`() {
    let fixture = ExchangeFixture()
    fixture.announce()
    let (_, held) = fixture.deliverHeld(signed: Signed(key: Array("never".utf8)))
    fixture.adopt(["new"], previous: [.of()], rotation: .begun())
    #expect(status(fixture) == "send 200 ")
    fixture.adopt(["new"], previous: [.of()])
    #expect(held.lines == ["refuse 503 rotation-over"])
    #expect(status(fixture) == "send 200 ")
    fixture.expectNothingHeld()
  }

  @Test func `sets that differ in what is beside the file are different sets`() {
    func set(_ previous: [PreviousSecret], _ rotation: RotationNotice?) -> SecretSet {
      let line = Secret(Array("a".utf8))
      return SecretSet(path: "/s", lines: [line], keys: [line], previous: previous, rotation: rotation)
    }
    let sets = [
      set([], nil), set([], .begun()), set([], .begun(.byHand)), set([], .begun(compromised: true)),
      set([.of("b")], nil), set([.of("c")], nil), set([.of("b", signedBefore: 1)], nil),
      set([.of("b", until: 1)], nil), set([.of("b"), .of("c")], nil),
    ]
    for (index, one) in sets.enumerated() {
      for (other, two) in sets.enumerated() { #expect(one.holdsSame(as: two) == (index == other)) }
    }
  }
}
