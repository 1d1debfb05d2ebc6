import Formats
import HTTP
import Signing
import TestSupport
import Testing

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
          head, body: body, layout: layout, secrets: Judging(layout, secrets: ["secret"]).ring.set,
          at: sampleMoment)
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
}
