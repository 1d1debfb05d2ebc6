import Signing
import TestSupport
import Testing

@testable import Diagnosis

@Suite(.ownThread) struct ProviderTests {
  @Test(arguments: Provider.all)
  func `a provider's delivery under the Vesicash preset is told by the lines to change`(
    _ provider: Provider
  ) throws {
    let lines = try provider.headerLines(unixMilliseconds: RefusedCase.now - 2_000)
    let refused = RefusedCase.of(lines, Provider.body, secrets: [provider.secretLine])
    let finding = Diagnosis.of(refused)
    #expect(finding.kind == .settings, "\(finding.text)")
    #expect(finding.settings == provider.settings)
    #expect(!finding.isCut)
  }

  @Test func `what verifies as it is needs no change`() throws {
    let finding = Diagnosis.of(try RefusedCase.vesicash(signing: "{}", sending: "{}"))
    #expect(finding.kind == .verifies)
    #expect(finding.settings.isEmpty)
  }

  @Test func `another secret of the file is found under another layout as well`() throws {
    let provider = try #require(Provider.all.first { $0.name == "slack" })
    let lines = try provider.headerLines(unixMilliseconds: RefusedCase.now)
    let finding = Diagnosis.of(RefusedCase.of(lines, Provider.body, secrets: ["one", provider.secretLine]))
    #expect(finding.settings == ["signature: slack"])
    #expect(finding.sentence.contains("secret 1 ("))
  }

  @Test func `the tolerance in force stays in force`() throws {
    let provider = try #require(Provider.all.first { $0.name == "stripe" })
    var refused = RefusedCase.of(
      try provider.headerLines(unixMilliseconds: RefusedCase.now - 30_000), Provider.body)
    refused.layout.tolerance = .seconds(60)
    #expect(
      Diagnosis.of(refused).settings
        == ["signature:", "  preset: stripe", "  tolerance-seconds: 60"])
  }

  @Test func `where two headers hold the timestamp, the one that the settings name is kept`() throws {
    let signature = try Witness.sign(
      "\(RefusedCase.seconds).{}", key: "test_webhook_secret", encoding: .base64)
    let finding = Diagnosis.of(
      RefusedCase.of(
        [
          "x-timestamp: \(RefusedCase.seconds)", "mor-timestamp: \(RefusedCase.seconds)",
          "mor-signature: \(signature)",
        ],
        "{}"))
    #expect(finding.settings == ["signature:", "  preset: vesicash", "  encoding: base64"])
  }

  @Test func `a delivery that matches nothing says so, and what was ruled out`() throws {
    let finding = Diagnosis.of(
      try RefusedCase.vesicash(signing: Provider.body, sending: Provider.body, key: "another secret"))
    #expect(finding.kind == .nothing)
    #expect(finding.settings.isEmpty)
    #expect(finding.combinations > 500)
    #expect(finding.text.contains("secret 0 ("))
    #expect(finding.text.contains("a timestamp from mor-timestamp"))
    #expect(finding.text.contains("{timestamp}.{body}"))
    #expect(finding.text.contains("another secret, which is by far the likeliest"))
  }

  @Test func `a delivery without a signature says so`() {
    let finding = Diagnosis.of(RefusedCase.of(["mor-timestamp: 1"], "{}"))
    #expect(finding.kind == .unsigned)
    let old = Diagnosis.of(
      RefusedCase.of(["X-Hub-Signature: sha1=\(String(repeating: "ab", count: 20))"], "{}"))
    #expect(old.text.contains("x-hub-signature holds 20 bytes"))
  }

  @Test func `the bound on the work holds, and is told`() throws {
    let refused = try RefusedCase.vesicash(signing: "{}", sending: "{}", key: "another")
    let limits = WorkLimits(combinationsMax: 10, hashedBytesMax: 1 << 20, jsonBytesMax: 1 << 20)
    let finding = Diagnosis.of(refused, limits: limits)
    #expect(finding.kind == .nothing)
    #expect(finding.combinations == 10)
    #expect(finding.isCut)
    #expect(finding.text.contains("Not everything was tried"))
    let small = WorkLimits(combinationsMax: 1_000, hashedBytesMax: 1_000, jsonBytesMax: 1 << 20)
    #expect(Diagnosis.of(refused, limits: small).combinations <= 4)
  }
}
