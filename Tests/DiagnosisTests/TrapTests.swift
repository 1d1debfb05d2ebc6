import Formats
import Signing
import TestSupport
import Testing

@testable import Diagnosis

/// A diagnosis must not talk anyone into accepting a forgery.
@Suite(.ownThread) struct TrapTests {
  /// A captured delivery, and the body that a forger makes of it.
  private static func captured(_ signed: String, sent body: String, _ headers: [String]) throws -> Finding {
    let signature = try Witness.sign(signed, key: "test_webhook_secret")
    return Diagnosis.of(RefusedCase.of(headers.map { $0.replacing("%s", with: signature) }, body))
  }

  static let moved: [(signed: String, body: String, headers: [String])] = [
    ("1795296000.{}", "1795296000.{}", ["mor-signature: %s"]),
    ("1795296000.{}", "1795296000.{}", ["mor-signature: %s", "mor-timestamp: 1795296000"]),
    ("1795296000.{}", "1795296000.{}", ["X-Hub-Signature-256: sha256=%s"]),
    ("1795296000.{}", ".{}", ["mor-signature: %s", "mor-timestamp: 1795296000"]),
    ("1795296000123{}", "3{}", ["mor-signature: %s", "mor-timestamp: 179529600012"]),
    ("v0:1795296000:{}", "v0:1795296000:{}", ["mor-signature: %s"]),
    ("v1.1795296000123.{}", "v1.1795296000123.{}", ["mor-signature: %s"]),
    ("msg_1.1795296000.{}", "msg_1.1795296000.{}", ["mor-signature: %s"]),
    ("2026-11-21T20:00:00Z.{}", "2026-11-21T20:00:00Z.{}", ["mor-signature: %s"]),
    ("msg_1.2026-11-21T20:00:00Z.{}", "msg_1.2026-11-21T20:00:00Z.{}", ["mor-signature: %s"]),
    ("1795296000 {}", " {}", ["mor-signature: %s", "mor-timestamp: 1795296000"]),
  ]

  @Test(arguments: moved.indices)
  func `a captured delivery whose boundary was moved is never a layout`(_ index: Int) throws {
    let (signed, body, headers) = Self.moved[index]
    let finding = try Self.captured(signed, sent: body, headers)
    #expect(finding.kind == .movedBoundary, "\(finding.text)")
    #expect(finding.settings.isEmpty)
    #expect(!finding.text.contains("signature:"))
    #expect(finding.text.contains("Keep the layout in force"))
  }

  /// Of senders whose formula nobody here knows, their text moved into the body.
  static let unclear: [(body: String, headers: [String])] = [
    ("https://hooks.example/1795296000.{}", ["mor-signature: %s"]),
    ("{}.1795296000", ["mor-signature: %s"]),
    ("{\"a\":1}1795296000", ["mor-signature: %s"]),
    ("[1]secret text", ["mor-signature: %s"]),
    ("<a/>1795296000", ["mor-signature: %s"]),
    ("amount=11795296000", ["mor-signature: %s"]),
    ("Hello, World!", ["X-Hub-Signature-256: sha256=%s"]),
    ("", ["X-Hub-Signature-256: sha256=%s"]),
  ]

  @Test(arguments: unclear.indices)
  func `a body that may hold more than a body is no evidence for a layout`(_ index: Int) throws {
    let (body, headers) = Self.unclear[index]
    let finding = try Self.captured(body, sent: body, headers)
    #expect(finding.kind == .unclear, "\(finding.text)")
    #expect(finding.settings.isEmpty)
  }

  @Test func `a timestamped method and path moved into the body are no evidence either`() throws {
    let finding = try Self.captured(
      "1795296000.POST/hook{}", sent: "POST/hook{}",
      ["x-signature: %s", "x-timestamp: 1795296000"])
    #expect(finding.kind == .unclear, "\(finding.text)")
    let form = try Self.captured(
      "1795296000.amount=1", sent: "amount=1", ["x-signature: %s", "x-timestamp: 1795296000"])
    #expect(form.kind == .settings, "\(form.text)")
  }

  @Test func `a timestamp that is passed off as an id stays a timestamp`()
    throws
  {
    let asID = try Self.captured(
      "1795296000.{}", sent: "{}", ["mor-signature: %s", "webhook-id: 1795296000"])
    #expect(asID.settings == ["signature:", "  preset: vesicash", "  timestamp-from: header:webhook-id"])
    let end = try Self.captured(
      "ref=1795296000", sent: "ref=", ["mor-signature: %s", "mor-timestamp: 1795296000"])
    #expect(end.kind == .nothing)
  }

  @Test(arguments: [301, 400, 86_400, 7_200, -301, -7_200])
  func `an age outside the tolerance is a replay or a clock, never a setting`(age: Int64) throws {
    let signedAt = String(RefusedCase.seconds - age)
    let finding = Diagnosis.of(try RefusedCase.vesicash(signing: "{}", sending: "{}", timestamp: signedAt))
    #expect(finding.kind == .stale, "\(finding.text)")
    #expect(finding.settings.isEmpty)
    #expect(!finding.text.contains("tolerance-seconds"))
    #expect(finding.sentence.contains("a replay, or a clock"))
    #expect(finding.text.contains("2 h: somebody takes local time") == (abs(age) == 7_200))
  }

  @Test func `an age outside the tolerance under another layout names no setting either`() throws {
    let provider = try #require(Provider.all.first { $0.name == "stripe" })
    let lines = try provider.headerLines(unixMilliseconds: RefusedCase.now - 400_000)
    let finding = Diagnosis.of(RefusedCase.of(lines, Provider.body))
    #expect(finding.kind == .stale)
    #expect(finding.settings.isEmpty)
    #expect(finding.sentence.contains("400 s before"))
    #expect(finding.text.contains("diagnose a fresh one before you change that"))
  }

  static let written: [(name: String, python: String)] = [
    ("json.dumps", ""), ("json.dumps with separators=(',', ':')", ", separators=(',', ':')"),
    ("json.dumps with ensure_ascii=False", ", ensure_ascii=False"),
    ("json.dumps with indent=4", ", indent=4"),
    ("json.dumps with sorted keys", ", sort_keys=True"),
    ("JSON.stringify", ", separators=(',', ':'), ensure_ascii=False"),
    ("JSON.stringify with sorted keys", ", separators=(',', ':'), ensure_ascii=False, sort_keys=True"),
    ("JSON.stringify with an indent of 2", ", indent=2, ensure_ascii=False"),
  ]

  private static let json =
    #"{ "z" : [ 1.5, -2, true, null, {}, [] ], "a": "ä/\u20ac \ud83d\ude00 \"q\" \n\t<&>" , "b":{"c":""}}"#

  @Test(arguments: written.indices)
  func `a body that was written anew on the way is told, and no setting accepts it`(_ index: Int) throws {
    let (name, arguments) = Self.written[index]
    let signed = try Witness.dump(Self.json, arguments)
    let finding = Diagnosis.of(try RefusedCase.vesicash(signing: signed, sending: Self.json))
    #expect(finding.kind == .rewritten, "\(finding.text)")
    #expect(finding.sentence.contains("over the body as \(name) would write it"), "\(finding.sentence)")
    #expect(finding.sentence.contains("something between the sender and here re-wrote the body"))
    #expect(finding.settings.isEmpty)
  }

  /// As PHP and Go write it, which cannot be had everywhere.
  static let foreign: [(name: String, signed: String)] = [
    ("json_encode would", #"{"a":"x\/y \u00e4\ud83d\ude00<","b":1.50}"#),
    ("json_encode with JSON_UNESCAPED_UNICODE", #"{"a":"x\/y ä😀<","b":1.50}"#),
    ("Go's json.Marshal", #"{"a":"x/y ä😀\u003c","b":1.50}"#),
  ]

  @Test(arguments: foreign.indices)
  func `bodies of PHP and Go are known too, numbers keep their text`(_ index: Int) throws {
    let sent = #"{"a": "x/y ä😀<", "b": 1.50}"#
    let finding = Diagnosis.of(try RefusedCase.vesicash(signing: Self.foreign[index].signed, sending: sent))
    #expect(finding.kind == .rewritten)
    #expect(finding.sentence.contains(Self.foreign[index].name), "\(finding.sentence)")
  }

  @Test func `a line end that came or went with the body is told`() throws {
    let came = Diagnosis.of(try RefusedCase.vesicash(signing: "{}", sending: "{}\n"))
    #expect(came.kind == .rewritten)
    #expect(came.sentence.contains("without the line end that it came with"))
    let went = Diagnosis.of(try RefusedCase.vesicash(signing: "{}\n", sending: "{}"))
    #expect(went.kind == .rewritten)
    #expect(went.sentence.contains("with a line feed behind it"))
    #expect(went.settings.isEmpty)
  }

  static let keys: [(line: String, key: [UInt8], words: String)] = [
    ("s3cret-line", Array("s3cret-line\n".utf8), "with a line feed behind it"),
    ("s3cret-line", Array("s3cret-line\r\n".utf8), "with CR LF behind it"),
    ("\"quoted\"", Array("quoted".utf8), "quotation marks"),
    ("  blanks ", Array("blanks".utf8), "blanks or quotation marks"),
    ("whsec_abc!", Array("abc!".utf8), "without the whsec_"),
    ("-_-_", [0xFB, 0xFF, 0xBF], "base64url"),
  ]

  @Test(arguments: keys.indices)
  func `a secret that the sender uses in another form is told, and what to do`(_ index: Int) throws {
    let (line, key, words) = Self.keys[index]
    let signature = try Witness.sign(Array("\(RefusedCase.seconds).{}".utf8), key: key)
    let finding = Diagnosis.of(
      RefusedCase.of(
        ["mor-timestamp: \(RefusedCase.seconds)", "mor-signature: \(signature)"], "{}", secrets: [line]))
    #expect(finding.kind == .secretText, "\(finding.text)")
    #expect(finding.sentence.contains(words))
    #expect(!finding.advice.isEmpty)
    #expect(finding.settings.isEmpty)
    #expect(!finding.text.contains(line))
  }

  @Test func `a secret that a rotation has replaced is told`() throws {
    let old = Secret(Array("old".utf8))
    let replaced = PreviousSecret(
      line: old, key: old, signedBeforeUnixMilliseconds: RefusedCase.now - 3_600_000,
      untilUnixMilliseconds: RefusedCase.now - 1_800_000)
    let signature = try Witness.sign("\(RefusedCase.seconds).{}", key: "old")
    let finding = Diagnosis.of(
      RefusedCase.of(
        ["mor-timestamp: \(RefusedCase.seconds)", "mor-signature: \(signature)"], "{}", previous: [replaced]))
    #expect(finding.kind == .replacedSecret)
    #expect(finding.sentence.contains(old.fingerprint))
    #expect(finding.settings.isEmpty)
  }

  static let inexpressible: [(signed: String, lines: [String], words: String)] = [
    ("1795296000123456.{}", ["mor-signature: %s", "mor-timestamp: 1795296000123456"], "microseconds"),
    ("1795296000.{}", ["mor-signature: %s", "mor-timestamp: 1795296000123"], "signed as seconds"),
    ("1795296000.{}", ["mor-signature: ts=1795296000;h1=%s"], "a list divided by ;"),
  ]

  @Test(arguments: inexpressible.indices)
  func `what no setting can say is told as that`(_ index: Int) throws {
    let (signed, lines, words) = Self.inexpressible[index]
    let finding = try Self.captured(signed, sent: "{}", lines)
    #expect(finding.kind == .unsupported, "\(finding.text)")
    #expect(finding.sentence.contains(words), "\(finding.sentence)")
    #expect(finding.settings.isEmpty)
  }

  @Test func `a timestamp in the body is named by its path`() throws {
    let body = #"{"data":{"created_at":"2026-11-21T20:00:00Z"}}"#
    let finding = try Self.captured("2026-11-21T20:00:00Z.\(body)", sent: body, ["mor-signature: %s"])
    #expect(finding.kind == .unsupported)
    #expect(finding.sentence.contains("the body's field data.created_at"))
  }

  @Test func `no finding holds a secret or a signature`() throws {
    let secret = "a-very-particular-secret"
    for provider in Provider.all where provider.key == nil {
      var provider = provider
      provider.secretLine = secret
      let lines = try provider.headerLines(unixMilliseconds: RefusedCase.now)
      let digest = try #require(lines.joined().matches(of: /[0-9a-zA-Z+\/]{40,}/).last).0
      let finding = Diagnosis.of(RefusedCase.of(lines, Provider.body, secrets: [secret, "other"]))
      #expect(!finding.text.contains(secret))
      #expect(!finding.text.contains(digest.prefix(12)))
    }
  }
}
