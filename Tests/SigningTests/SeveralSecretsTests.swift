import Formats
import HTTP
import TestSupport
import Testing

@testable import Signing

@Suite struct SeveralSecretsTests {
  static let secrets = ["first", "second", "third"]

  @Test(arguments: 0..<3)
  func `any of the file's secrets verifies and is named by place and fingerprint`(place: Int) throws {
    let signed = Signed(key: Array(Self.secrets[place].utf8))
    let judging = Judging(secrets: Self.secrets)
    let proof = try judging.judge(signed.fields(over: sampleBody), sampleBody).get()
    #expect(proof.position == place)
    #expect(proof.fingerprint == Secret(signed.key).fingerprint)
  }

  @Test func `the fingerprint is the line's, not that of the key it decodes to`() throws {
    let line = Secret(Array("whsec_AAAA".utf8))
    let set = SecretSet(path: "/s", lines: [line], keys: [Secret([0, 0, 0])])
    let ring = KeyRing(set: set, hash: .sha256)
    let claim = try ClaimReader(.vesicash).read(HeaderList(Signed(key: [0, 0, 0]).fields(over: [])))
    let verifier = Verifier(claim: claim, ring: ring, tolerance: .unlimited)
    guard case .verified(let delivery) = verifier.judge(RequestHead(), BodyBuffer([]), arrival: sampleMoment)
    else {
      Issue.record("the decoded key must verify")
      return
    }
    #expect(delivery.proof.fingerprint == line.fingerprint)
  }

  @Test func `the secret that matched last is tried first`() throws {
    let judging = Judging(secrets: Self.secrets)
    #expect(judging.ring.likely == 0)
    for place in [2, 1, 1, 0] {
      let signed = Signed(key: Array(Self.secrets[place].utf8))
      _ = try judging.judge(signed.fields(over: sampleBody), sampleBody).get()
      #expect(judging.ring.likely == place)
    }
    _ = judging.judge(Signed(key: [1]).fields(over: sampleBody), sampleBody)
    #expect(judging.ring.likely == 0)
  }

  @Test func `a delivery that began before another changed the guess is judged by every secret`() throws {
    let judging = Judging(secrets: Self.secrets)
    let signed = Signed(key: Array("first".utf8))
    let claim = try ClaimReader(.vesicash).read(HeaderList(signed.fields(over: sampleBody)))
    judging.ring.likely = 1
    let verifier = Verifier(claim: claim, ring: judging.ring, tolerance: .unlimited)
    sampleBody.withUnsafeBytes { verifier.feed($0) }
    judging.ring.likely = 2
    let verdict = verifier.judge(RequestHead(), BodyBuffer(sampleBody), arrival: sampleMoment)
    guard case .verified(let delivery) = verdict else {
      Issue.record("the first secret must verify")
      return
    }
    #expect(delivery.proof.position == 0)
  }

  @Test func `an abandoned verification gives its context back for the next`() throws {
    let judging = Judging(secrets: ["only"])
    let signed = Signed(key: Array("only".utf8))
    let claim = try ClaimReader(.vesicash).read(HeaderList(signed.fields(over: sampleBody)))
    for _ in 0..<100 {
      let verifier = Verifier(claim: claim, ring: judging.ring, tolerance: .unlimited)
      sampleBody.withUnsafeBytes { verifier.feed($0) }
      verifier.abandon()
      verifier.abandon()
    }
    #expect(judging.judge(signed.fields(over: sampleBody), sampleBody).isVerified)
  }
}

@Suite struct SeveralSignaturesTests {
  let stripe = Signed(layout: .stripe)
  let wrong = "v1=" + String(repeating: "0", count: 64)
  var right: String { stripe.signature(over: sampleBody) }

  private func judge(_ value: String) -> Result<Proof, Unverified> {
    Judging(.stripe).judge([("Stripe-Signature", value)], sampleBody)
  }

  @Test func `one right signature among several verifies, wherever it stands`() {
    let elements = ["t=1781519012", wrong, right, wrong]
    for shift in elements.indices {
      let rotated = elements[shift...] + elements[..<shift]
      #expect(judge(rotated.joined(separator: ",")).isVerified)
      #expect(judge(rotated.joined(separator: " ,\t ")).isVerified)
    }
  }

  @Test func `elements of other versions are passed over`() {
    #expect(judge("t=1781519012,v0=abc,\(right),v2=xyz,,scheme").isVerified)
    #expect(judge("t=1781519012,v0=\(right.dropFirst(3))").reason == .signatureMalformed)
    #expect(judge("t=1781519012,V1=\(right.dropFirst(3))").reason == .signatureMalformed)
  }

  @Test func `only wrong signatures are a mismatch, none at all is malformed`() {
    #expect(judge("t=1781519012,\(wrong),\(wrong)").reason == .mismatch)
    #expect(judge("t=1781519012").reason == .signatureMalformed)
    #expect(judge("").reason == .signatureMalformed)
  }

  @Test func `the timestamp inside the header must stand there once`() {
    #expect(judge(right).reason == .timestampMissing)
    #expect(judge("t=1781519012,t=1781519012,\(right)").reason == .timestampRepeated)
    #expect(judge("t=1781519012,\(right),t=1").reason == .timestampRepeated)
    #expect(judge("t=,\(right)").reason == .timestampMalformed)
    #expect(judge("t= 1781519012,\(right)").reason == .timestampMalformed)
    #expect(judge("T=1781519012,\(right)").reason == .timestampMissing)
  }

  @Test func `sixteen elements are read, seventeen are refused`() {
    let fifteen = ["t=1781519012"] + [String](repeating: wrong, count: 14)
    #expect(judge((fifteen + [right]).joined(separator: ",")).isVerified)
    #expect(judge((fifteen + [wrong, right]).joined(separator: ",")).reason == .signatureMalformed)
    #expect(judge(([right] + fifteen + [""]).joined(separator: ",")).reason == .signatureMalformed)
  }

  @Test func `a list of Standard Webhooks is separated by blanks`() {
    let signed = Signed(layout: .standardWebhooks)
    let right = signed.signature(over: sampleBody)
    let other = "v1," + Base64.encode([UInt8](repeating: 0, count: 32))
    for signatures in [
      [right], [other, right], [right, other], ["v1a,abc", right], ["v2,\(right)", right],
    ] {
      let fields = signed.fields(over: sampleBody, signatures: signatures)
      #expect(Judging(.standardWebhooks).judge(fields, sampleBody).isVerified)
    }
  }
}
