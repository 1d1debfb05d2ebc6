import Foundation
import TestSupport
import Testing

/// One preset, and what it makes of a body: `%` in the header stands for the encoded HMAC.
struct PresetCase: CustomTestStringConvertible {
  enum Encoding { case hex, base64 }

  let preset: String
  var secretLine = "test_webhook_secret"
  /// The HMAC's key where it is not the line itself.
  var key: [UInt8]?
  var timestamp: String?
  var id: String?
  let before: String
  var hash = "sha256"
  var encoding = Encoding.hex
  let headers: [String]

  var testDescription: String { preset }
  var keyBytes: [UInt8] { key ?? Array(secretLine.utf8) }

  /// The body of the published vector.
  static let publishedBody =
    #"{"event":"payment.completed","data":{"reference":"PAYIN-VES-1781519012","#
    + #""status":"completed","amount":3.1,"currency":"ZMW"}}"#
  static let seconds = "1781519012"
  static let milliseconds = "1781519012345"
  static let whsec = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  static let all: [PresetCase] = [
    PresetCase(
      preset: "vesicash", timestamp: seconds, before: "\(seconds).",
      headers: ["mor-timestamp: \(seconds)", "mor-signature: %"]),
    PresetCase(
      preset: "stripe", timestamp: seconds, before: "\(seconds).",
      headers: ["stripe-signature: t=\(seconds),v1=%"]),
    PresetCase(
      preset: "standard-webhooks", secretLine: "whsec_\(whsec)", key: Array(Data(base64Encoded: whsec)!),
      timestamp: seconds, id: "msg_1", before: "msg_1.\(seconds).", encoding: .base64,
      headers: ["webhook-id: msg_1", "webhook-timestamp: \(seconds)", "webhook-signature: v1,%"]),
    PresetCase(
      preset: "svix", secretLine: "whsec_\(whsec)", key: Array(Data(base64Encoded: whsec)!),
      timestamp: seconds, id: "msg_1", before: "msg_1.\(seconds).", encoding: .base64,
      headers: ["svix-id: msg_1", "svix-timestamp: \(seconds)", "svix-signature: v1,%"]),
    PresetCase(
      preset: "slack", timestamp: seconds, before: "v0:\(seconds):",
      headers: ["x-slack-request-timestamp: \(seconds)", "x-slack-signature: v0=%"]),
    PresetCase(
      preset: "revolut", timestamp: milliseconds, before: "v1.\(milliseconds).",
      headers: ["revolut-request-timestamp: \(milliseconds)", "revolut-signature: v1=%"]),
    PresetCase(
      preset: "cashfree", timestamp: milliseconds, before: milliseconds, encoding: .base64,
      headers: ["x-webhook-timestamp: \(milliseconds)", "x-webhook-signature: %"]),
    PresetCase(preset: "github", before: "", headers: ["x-hub-signature-256: sha256=%"]),
    PresetCase(preset: "shopify", before: "", encoding: .base64, headers: ["x-shopify-hmac-sha256: %"]),
    PresetCase(preset: "paystack", before: "", hash: "sha512", headers: ["x-paystack-signature: %"]),
  ]
}

@Suite(.ownThread) struct SignCommandTests {
  let fixture: CommandFixture
  /// Nothing that a text tool would leave alone.
  static let body: [UInt8] = Array("{\"amount\": 3.10}\r\n".utf8) + (0...255).map { UInt8($0) } + [0, 10, 13]

  init() throws { fixture = try CommandFixture() }

  @Test(arguments: PresetCase.all)
  func `sign prints what openssl and Python compute`(_ preset: PresetCase) throws {
    let bodyFile = try fixture.write("body", Self.body)
    let secretFile = try fixture.write("secret", preset.secretLine + "\n")
    var arguments = ["sign", "--secret-file", secretFile, "--signature", preset.preset]
    if let timestamp = preset.timestamp { arguments += ["--timestamp", timestamp] }
    if let id = preset.id { arguments += ["--id", id] }

    let signed = try fixture.vesigate(arguments + [bodyFile])
    #expect(signed.status == 0)
    #expect(signed.errors == "")
    for digest in [try openssl(preset), try python(preset)] {
      let expected = preset.headers.map { $0.replacingOccurrences(of: "%", with: digest) }
      #expect(signed.lines.sorted() == expected.sorted())
    }
  }

  @Test func `a body on standard input is signed like one in a file`() throws {
    let secretFile = try fixture.write("secret", "s3cret")
    let arguments = ["sign", "--secret-file", secretFile, "--timestamp", PresetCase.seconds]
    let fromFile = try fixture.vesigate(arguments + [try fixture.write("body", Self.body)])
    let fromInput = try fixture.vesigate(arguments, input: Self.body)
    #expect(fromInput.output == fromFile.output)
    #expect(fromInput.lines.count == 2)
  }

  @Test func `the published vector comes out`() throws {
    let config = try fixture.writeConfiguration(secret: "test_webhook_secret")
    let signed = try fixture.vesigate(
      ["sign", "--config", config, "--timestamp", "1781519012"], input: Array(PresetCase.publishedBody.utf8))
    #expect(
      signed.lines.contains("mor-signature: 9ed70a4b453cac983bcbc41b8336750ea981223ee3ac99fb56cf07ddfac37452")
    )
  }

  @Test func `an unknown preset is a mistake of usage that lists the known ones`() throws {
    let secretFile = try fixture.write("secret", "s3cret")
    let signed = try fixture.vesigate(["sign", "--secret-file", secretFile, "--signature", "vesikash"])
    #expect(signed.status == 64)
    #expect(signed.errors.contains("there is no signature layout vesikash; there are vesicash, stripe"))
  }

  @Test func `a body file that is missing is named`() throws {
    let secretFile = try fixture.write("secret", "s3cret")
    let signed = try fixture.vesigate(["sign", "--secret-file", secretFile, fixture.path("nowhere")])
    #expect(signed.status == 66)
    #expect(signed.errors == "vesigate: \(fixture.path("nowhere")): No such file or directory\n")
  }

  // MARK: The other two opinions

  private func openssl(_ preset: PresetCase) throws -> String {
    let message = try fixture.write("message", Array(preset.before.utf8) + Self.body)
    let digest = try fixture.run(
      "/usr/bin/env",
      [
        "openssl", "dgst", "-\(preset.hash)", "-mac", "HMAC", "-macopt", "hexkey:\(hex(preset.keyBytes))",
        "-binary", message,
      ])
    #expect(digest.status == 0, "\(digest.errors)")
    switch preset.encoding {
    case .hex: return hex(digest.output)
    case .base64: return Data(digest.output).base64EncodedString()
    }
  }

  private func python(_ preset: PresetCase) throws -> String {
    let script = """
      import base64, hmac, sys
      key, hash, encoding = bytes.fromhex(sys.argv[1]), sys.argv[2], sys.argv[3]
      digest = hmac.new(key, sys.stdin.buffer.read(), hash).digest()
      print(digest.hex() if encoding == "hex" else base64.b64encode(digest).decode(), end="")
      """
    let digest = try fixture.run(
      "/usr/bin/env", ["python3", "-c", script, hex(preset.keyBytes), preset.hash, "\(preset.encoding)"],
      input: Array(preset.before.utf8) + Self.body)
    #expect(digest.status == 0, "\(digest.errors)")
    return digest.text
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
