import Signing
import Testing

@testable import vesigate

/// Why a delivery is not verified, in words.
@Suite struct ExplanationTests {
  static let reasons: [Unverified] = [
    .signatureMissing, .signatureRepeated, .signatureMalformed, .timestampMissing, .timestampRepeated,
    .timestampMalformed, .idMissing, .idRepeated, .idMalformed, .mismatch, .stale(ageSeconds: 301),
    .stale(ageSeconds: -301),
  ]

  @Test(arguments: [SignatureLayout.vesicash, .stripe, .standardWebhooks, .github])
  func `each reason has words of its own, without a full stop`(layout: SignatureLayout) {
    let sentences = Self.reasons.map { Explanation.of($0, layout: layout) }
    #expect(Set(sentences).count == Self.reasons.count)
    #expect(sentences.allSatisfy { !$0.isEmpty && $0.last != "." && !$0.contains("\n") })
  }

  @Test func `what the layout asks for is named`() {
    #expect(Explanation.of(.signatureMissing, layout: .stripe) == "there is no stripe-signature header")
    #expect(
      Explanation.of(.signatureMalformed, layout: .github)
        == "the x-hub-signature-256 header is not hex of a sha256 HMAC")
    #expect(Explanation.of(.timestampMalformed, layout: .stripe).hasSuffix("(seconds)"))
  }

  @Test func `an age is told as a positive number with its direction`() {
    let before = Explanation.of(.stale(ageSeconds: 301), layout: .vesicash)
    let after = Explanation.of(.stale(ageSeconds: -301), layout: .vesicash)
    #expect(before == "the signature is right, but it was made 301 s before the arrival")
    #expect(after == "the signature is right, but it was made 301 s after the arrival")
  }
}
