import Signing
import TestSupport
import Testing

@Suite struct SignedValueTests {
  private func milliseconds(
    _ text: String, _ unit: SignatureLayout.TimestampUnit, digits: Int? = nil
  ) -> Int64? {
    Array(text.utf8).withUnsafeBytes { SignedValue.unixMilliseconds($0, unit: unit, digits: digits) }
  }

  @Test func `seconds and milliseconds are read as what they are`() {
    #expect(milliseconds("1781519012", .seconds) == 1_781_519_012_000)
    #expect(milliseconds("1781519012000", .milliseconds) == 1_781_519_012_000)
    #expect(milliseconds("0", .seconds) == 0)
    #expect(milliseconds("999999999999999", .seconds) == 999_999_999_999_999_000)
    #expect(milliseconds("1000000000000000", .seconds) == nil)
  }

  @Test(arguments: ["178151901200", "17815190120000", "1781519012", ""])
  func `where the layout fixes 13 digits, no other number will do`(text: String) {
    #expect(milliseconds(text, .milliseconds, digits: 13) == nil)
  }

  @Test func `thirteen digits are Cashfree's thirteen`() {
    #expect(milliseconds("1781519012000", .milliseconds, digits: 13) == 1_781_519_012_000)
  }

  @Test func `Cashfree's boundary cannot move`() {
    let signed = Signed(layout: .cashfree, timestamp: "1781519012000")
    let body = Array("17.5".utf8)
    let fields = signed.fields(over: body)
    #expect(Judging(.cashfree).judge(fields, body).isVerified)
    let shifted = fields.map { $0.0 == "x-webhook-timestamp" ? ($0.0, "17815190120001") : $0 }
    #expect(Judging(.cashfree).judge(shifted, Array("7.5".utf8)).reason == .timestampMalformed)
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-06-15T10:23:32Z", 1_781_519_012_000),
      ("2026-06-15t10:23:32z", 1_781_519_012_000), ("2026-06-15T10:23:32.5Z", 1_781_519_012_500),
      ("2026-06-15T10:23:32.123456789Z", 1_781_519_012_123), ("2026-06-15T12:23:32+02:00", 1_781_519_012_000),
      ("2026-06-15T04:53:32.007-05:30", 1_781_519_012_007), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
      ("2000-02-29T23:59:59Z", 951_868_799_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
      ("1969-12-31T23:59:59Z", -1000), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
      ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ] as [(String, Int64)])
  func `a complete RFC 3339 value names its instant`(text: String, instant: Int64) {
    #expect(milliseconds(text, .rfc3339) == instant)
  }

  @Test(arguments: [
    "", "2026-06-15", "2026-06-15T10:23:32", "2026-06-15T10:23Z", "2026-06-15 10:23:32Z",
    "2026-06-15T10:23:32Z ", " 2026-06-15T10:23:32Z", "2026-06-15T10:23:32ZZ", "2026-06-15T10:23:32.Z",
    "2026-06-15T10:23:32.1234567890Z", "2026-06-15T10:23:32,5Z", "2026-13-15T10:23:32Z",
    "2026-00-15T10:23:32Z", "2026-06-31T10:23:32Z", "2026-06-00T10:23:32Z", "2026-02-29T10:23:32Z",
    "1900-02-29T00:00:00Z", "2026-06-15T24:00:00Z", "2026-06-15T10:60:32Z", "2026-06-15T10:23:61Z",
    "2026-06-15T10:23:32+0200", "2026-06-15T10:23:32+02", "2026-06-15T10:23:32+24:00",
    "2026-06-15T10:23:32+02:60", "2026-06-15T10:23:32+02:00Z", "+026-06-15T10:23:32Z",
    "2026-6-15T10:23:32Z", "20260615T102332Z", "1781519012", "2026-06-15T10:23:32Z.17",
    "２026-06-15T10:23:32Z",
  ])
  func `anything else is no RFC 3339 value`(text: String) {
    #expect(milliseconds(text, .rfc3339) == nil)
  }

  @Test func `a delivery signed with an RFC 3339 timestamp verifies over its exact characters`() {
    var layout = SignatureLayout.vesicash
    layout.timestampUnit = .rfc3339
    for timestamp in ["2026-06-15T10:23:32Z", "2026-06-15T12:23:32.000+02:00"] {
      let signed = Signed(layout: layout, timestamp: timestamp)
      #expect(Judging(layout).judge(signed.fields(over: sampleBody), sampleBody).isVerified)
    }
    let incomplete = Signed(layout: layout, timestamp: "2026-06-15T10:23:32").fields(over: sampleBody)
    #expect(Judging(layout).judge(incomplete, sampleBody).reason == .timestampMalformed)
    let number = Signed(layout: layout).fields(over: sampleBody)
    #expect(Judging(layout).judge(number, sampleBody).reason == .timestampMalformed)
  }

  @Test(arguments: ["a", "msg_p5jXN8AQM9LWM0D4loKWxJek", "A-_9", String(repeating: "x", count: 128)])
  func `an id of letters, digits, dash and underscore is one`(id: String) {
    let signed = Signed(layout: .svix, id: id)
    #expect(Judging(.svix).judge(signed.fields(over: sampleBody), sampleBody).isVerified)
  }

  @Test(arguments: [
    "", "a.b", "a b", " a", "a/b", "a=b", "é", "a\u{0}", "ａ", String(repeating: "x", count: 129),
  ])
  func `any other id is refused, though it is signed`(id: String) {
    let signed = Signed(layout: .svix, id: id)
    #expect(Judging(.svix).judge(signed.fields(over: sampleBody), sampleBody).reason == .idMalformed)
  }

  @Test func `a missing and a repeated id are told apart`() {
    let fields = Signed(layout: .svix).fields(over: sampleBody)
    let judging = Judging(.svix)
    #expect(judging.judge(fields.filter { $0.0 != "svix-id" }, sampleBody).reason == .idMissing)
    #expect(judging.judge(fields + [("Svix-Id", "msg_1")], sampleBody).reason == .idRepeated)
  }
}
