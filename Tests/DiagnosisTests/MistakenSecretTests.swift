import Signing
import TestSupport
import Testing

@testable import Diagnosis

/// Secrets that were pasted wrongly, into the wrong file, or not whole.
@Suite(.ownThread) struct MistakenSecretTests {
  private static let secret = "whsec-like but not decoded, 27"

  private static func others(_ secrets: [(String, String)]) -> [OtherRoute] {
    secrets.map { name, secret in
      let line = Secret(Array(secret.utf8))
      return OtherRoute(name: name, secrets: SecretSet(path: "/s\(name)", lines: [line], keys: [line]))
    }
  }

  @Test func `a delivery that another route's secret signed names that route, and no setting`() throws {
    var refused = try RefusedCase.vesicash(signing: "{}", sending: "{}", key: Self.secret)
    refused.others = Self.others([("/php", "another one"), ("/node", Self.secret)])
    let finding = Diagnosis.of(refused)
    #expect(finding.kind == .otherRoute, "\(finding.text)")
    #expect(finding.sentence.contains("of the route /node, not by a secret of this one"))
    #expect(finding.settings.isEmpty)
    #expect(!finding.text.contains(Self.secret))
  }

  @Test func `the route's own secrets come first, and what no route's secret signed says so`() throws {
    var own = try RefusedCase.vesicash(signing: "{}", sending: "{}", timestamp: "\(RefusedCase.seconds)")
    own.others = Self.others([("/node", "test_webhook_secret")])
    #expect(Diagnosis.of(own).kind == .verifies)
    var nobodys = try RefusedCase.vesicash(signing: "{}", sending: "{}", key: "nobody's")
    nobodys.others = Self.others([("/node", Self.secret)])
    let finding = Diagnosis.of(nobodys)
    #expect(finding.kind == .nothing)
    #expect(finding.ruledOut.contains { $0.contains("a secret of the routes /node") }, "\(finding.text)")
  }

  @Test func `a captured delivery with a moved boundary is no other route's either`() throws {
    var refused = try RefusedCase.vesicash(
      signing: "{}", sending: "\(RefusedCase.seconds).{}", key: Self.secret,
      timestamp: "\(RefusedCase.seconds)")
    refused.others = Self.others([("/node", Self.secret)])
    #expect(Diagnosis.of(refused).settings.isEmpty)
  }

  @Test(arguments: [
    ("\u{A0}%", KeyCandidate.Form.trimmed), ("%\u{A0}", .trimmed), ("\u{FEFF}%", .trimmed), ("% ", .trimmed),
    ("\"%\"", .trimmed), ("SECRET=%", .withoutName), ("WEBHOOK_SECRET=\"%\"", .withoutName),
    ("export KEY='%'", .withoutName), ("VESICASH_SECRET=%\u{A0}", .withoutName),
    ("% # of Vesicash", .withoutComment), ("'%'\t# of Vesicash", .withoutComment),
    ("SECRET=\"%\" # note", .withoutNameAndComment),
  ])
  func `what stands around a secret is found`(line: String, form: KeyCandidate.Form) throws {
    let pasted = line.replacing("%", with: Self.secret)
    let finding = Diagnosis.of(
      try RefusedCase.vesicash(signing: "{}", sending: "{}", key: Self.secret, secrets: [pasted]))
    #expect(finding.kind == .secretText, "\(finding.text)")
    #expect(finding.sentence.contains(Words.keyForm(form).what), "\(finding.text)")
    #expect(!finding.text.contains(Self.secret))
  }

  private static func replaced(_ line: String, signedBefore: Int64, until: Int64) -> PreviousSecret {
    let secret = Secret(Array(line.utf8))
    return PreviousSecret(
      line: secret, key: secret, signedBeforeUnixMilliseconds: signedBefore, untilUnixMilliseconds: until)
  }

  @Test(arguments: [
    ("SECRET=%", KeyCandidate.Form.withoutName), ("%\u{A0}", .trimmed), ("% # note", .withoutComment),
  ])
  func `an entry that was mistyped and then replaced by another mistake is told as a mistake in the text`(
    line: String, form: KeyCandidate.Form
  ) throws {
    var refused = try RefusedCase.vesicash(
      signing: "{}", sending: "{}", key: Self.secret, secrets: ["quite another one"])
    let old = Self.replaced(
      line.replacing("%", with: Self.secret), signedBefore: RefusedCase.now + 60_000,
      until: RefusedCase.now + 900_000)
    refused.secrets = SecretSet(
      path: "/s", lines: refused.secrets.lines, keys: refused.secrets.keys, previous: [old])
    let finding = Diagnosis.of(refused)
    #expect(finding.kind == .secretText, "\(finding.text)")
    #expect(finding.sentence.contains(Words.keyForm(form).what), "\(finding.text)")
    #expect(finding.text.contains("secret 1 (\(old.line.fingerprint)), which has been replaced since"))
    #expect(finding.text.contains("vesigate secret set"))
    #expect(!finding.text.contains("nothing here has to be changed"))
    #expect(!finding.text.contains(Self.secret))
  }

  @Test(arguments: [(60_000, 900_000, true), (-60_000, 900_000, false), (60_000, -1, false)])
  func `that a replaced secret is out of its time is said only where it is`(
    signedBefore: Int64, until: Int64, isInTime: Bool
  ) throws {
    // Of another layout, so that the replaced secret is what decides.
    let signature = try Witness.sign("\(RefusedCase.seconds).{}", key: Self.secret)
    let old = Self.replaced(
      Self.secret, signedBefore: RefusedCase.now + signedBefore, until: RefusedCase.now + until)
    let finding = Diagnosis.of(
      RefusedCase.of(
        ["x-when: \(RefusedCase.seconds)", "mor-signature: \(signature)"], "{}", previous: [old]))
    #expect(finding.kind == (isInTime ? .settings : .replacedSecret), "\(finding.text)")
    #expect(finding.text.contains("outside the time") == !isInTime, "\(finding.text)")
  }

  @Test(arguments: [
    ("test_webhook_secre", "has 18 characters."),
    ("test_webhook_secret\u{2026}", "has 20 characters, the last of them not ASCII"),
    ("te\u{A0}st", "has 5 characters, some within not ASCII"),
    ("a secret", "has 8 characters, a blank within"),
    ("secret # x", "has 10 characters, a blank within, a # behind a blank, as where a comment begins"),
    ("'x", "has 2 characters, the first of them a quotation mark"),
  ])
  func `what can be told of a secret without showing it is told where nothing matches`(
    secret: String, words: String
  ) throws {
    let finding = Diagnosis.of(
      try RefusedCase.vesicash(signing: "{}", sending: "{}", key: "quite another", secrets: [secret]))
    #expect(finding.kind == .nothing)
    let advice = finding.advice.joined(separator: " ")
    #expect(advice.contains(words), "\(advice)")
    #expect(!finding.text.contains(secret) || secret.count < 6)
  }
}
