import Signing
import Testing

@testable import Gateway

@Suite struct OfflineJudgeTests {
  static let presets = SignatureLayout.presets.map(\.name)

  private func fields(_ layout: SignatureLayout, key: String = "secret", body: [UInt8]) -> [(String, String)]
  {
    let timestamp = layout.timestampText(unixMilliseconds: sampleMoment.unixMilliseconds)
    return body.withUnsafeBytes { body in
      let headers = SignedHeaders(
        body: body, layout: layout, key: Secret(Array(key.utf8)), timestamp: timestamp, id: "msg_1")
      return headers.fields.map { ($0.name, $0.value) }
    }
  }

  private func judge(_ fields: [(String, String)], _ layout: SignatureLayout, body: [UInt8]) -> Unverified? {
    body.withUnsafeBytes { body in
      do throws(Unverified) {
        let head = RequestHead("POST", "/hook", bodyBytes: body.count, fields)
        _ = try OfflineJudge.judge(
          head, body: body, layout: layout, secrets: Gate.set(["secret"]), at: sampleMoment)
        return nil
      } catch {
        return error
      }
    }
  }

  @Test(arguments: presets)
  func `what it signs it verifies, and so does the gateway`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    let fields = fields(layout, body: sampleBody)
    #expect(judge(fields, layout, body: sampleBody) == nil)
    #expect(Judging(layout, secrets: ["secret"]).judge(fields, sampleBody).isVerified)
    #expect(judge(fields, layout, body: sampleBody + [0]) == .mismatch)
    #expect(judge(self.fields(layout, key: "other", body: sampleBody), layout, body: sampleBody) == .mismatch)
  }

  @Test func `it signs the published vector`() {
    let fields = sampleBody.withUnsafeBytes { body in
      SignedHeaders(
        body: body, layout: .vesicash, key: Secret(Array("test_webhook_secret".utf8)),
        timestamp: "1781519012", id: ""
      ).fields.map { "\($0.name): \($0.value)" }
    }
    #expect(
      fields == [
        "mor-timestamp: 1781519012",
        "mor-signature: 9ed70a4b453cac983bcbc41b8336750ea981223ee3ac99fb56cf07ddfac37452",
      ])
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_781_519_012_999, "2026-06-15T10:23:32Z"),
      (1_709_164_800_000, "2024-02-29T00:00:00Z"), (951_868_799_000, "2000-02-29T23:59:59Z"),
      (951_868_800_000, "2000-03-01T00:00:00Z"), (253_402_300_799_000, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)])
  func `an instant is written as RFC 3339 and read back`(instant: Int64, text: String) {
    #expect(RFC3339.text(unixMilliseconds: instant) == text)
    let read = Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
    #expect(read == instant / 1000 * 1000)
  }

  @Test func `every day of four centuries is written and read back`() {
    for day in 0..<146_097 {
      let instant = Int64(day) * 86_400_000
      let text = RFC3339.text(unixMilliseconds: instant)
      let read = Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
      guard read == instant else {
        Issue.record("\(text) was read as \(String(describing: read))")
        return
      }
    }
  }
}
