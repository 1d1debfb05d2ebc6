import Foundation
import Testing

/// A delivery as one provider makes it, written down from its documentation, not from the presets.
struct Provider: Sendable, CustomTestStringConvertible {
  let name: String
  /// In `%t` stands the timestamp, in `%i` the id, in `%s` the encoded HMAC.
  let headers: [String]
  /// What stands before the body under the HMAC.
  var before = ""
  var isMilliseconds = false
  var hash = "sha256"
  var encoding = Witness.Encoding.hex
  /// The line in the secret file, and the key where that is not the line.
  var secretLine = "test_webhook_secret"
  var key: [UInt8]?
  /// The lines that the route needs in place of `signature: vesicash`.
  let settings: [String]

  var testDescription: String { name }

  static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
  static let base64Key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let body = #"{"event":"payment.completed","data":{"amount":3.10,"note":"a/b ä"}}"#

  static let all: [Provider] = [
    Provider(
      name: "stripe", headers: ["Stripe-Signature: t=%t,v1=%s"], before: "%t.",
      settings: ["signature: stripe"]),
    Provider(
      name: "standard-webhooks",
      headers: ["webhook-id: %i", "webhook-timestamp: %t", "webhook-signature: v1,%s"], before: "%i.%t.",
      encoding: .base64, secretLine: "whsec_" + base64Key, key: Array(Data(base64Encoded: base64Key)!),
      settings: ["signature: standard-webhooks"]),
    Provider(
      name: "svix", headers: ["svix-id: %i", "svix-timestamp: %t", "svix-signature: v1,%s"],
      before: "%i.%t.", encoding: .base64, secretLine: "whsec_" + base64Key,
      key: Array(Data(base64Encoded: base64Key)!), settings: ["signature: svix"]),
    Provider(
      name: "slack", headers: ["X-Slack-Request-Timestamp: %t", "X-Slack-Signature: v0=%s"],
      before: "v0:%t:", settings: ["signature: slack"]),
    Provider(
      name: "revolut", headers: ["Revolut-Request-Timestamp: %t", "Revolut-Signature: v1=%s"],
      before: "v1.%t.", isMilliseconds: true, settings: ["signature: revolut"]),
    Provider(
      name: "cashfree", headers: ["x-webhook-timestamp: %t", "x-webhook-signature: %s"], before: "%t",
      isMilliseconds: true, encoding: .base64, settings: ["signature: cashfree"]),
    Provider(
      name: "github", headers: ["X-Hub-Signature-256: sha256=%s"], settings: ["signature: github"]),
    Provider(
      name: "shopify", headers: ["X-Shopify-Hmac-SHA256: %s"], encoding: .base64,
      settings: ["signature: shopify"]),
    Provider(
      name: "paystack", headers: ["x-paystack-signature: %s"], hash: "sha512",
      settings: ["signature: paystack"]),
    // What Vesicash's page leaves open.
    Provider(
      name: "Vesicash over the body alone", headers: ["mor-signature: %s"],
      settings: ["signature:", "  preset: vesicash", "  signed: \"{body}\""]),
    Provider(
      name: "Vesicash with another carrier", headers: ["mor-signature: %s", "x-mor-timestamp: %t"],
      before: "%t.",
      settings: ["signature:", "  preset: vesicash", "  timestamp-from: header:x-mor-timestamp"]),
    Provider(
      name: "Vesicash in milliseconds", headers: ["mor-signature: %s", "mor-timestamp: %t"], before: "%t.",
      isMilliseconds: true,
      settings: ["signature:", "  preset: vesicash", "  timestamp-unit: milliseconds"]),
    Provider(
      name: "Vesicash in base64", headers: ["mor-signature: %s", "mor-timestamp: %t"], before: "%t.",
      encoding: .base64, settings: ["signature:", "  preset: vesicash", "  encoding: base64"]),
    Provider(
      name: "Vesicash with a prefix", headers: ["mor-signature: sha256=%s", "mor-timestamp: %t"],
      before: "%t.", settings: ["signature:", "  preset: vesicash", "  prefix: \"sha256=\""]),
    Provider(
      name: "Vesicash with a hex key", headers: ["mor-signature: %s", "mor-timestamp: %t"], before: "%t.",
      secretLine: "00ff00ff00ff00ff00ff00ff00ff00ff",
      key: [UInt8](repeating: 0, count: 16).enumerated().map { $0.offset.isMultiple(of: 2) ? 0 : 255 },
      settings: ["signature:", "  preset: vesicash", "  key-decoding: hex"]),
  ]

  /// The header lines of a body that is signed at this time.
  func headerLines(_ body: String = body, unixMilliseconds: Int64) throws -> [String] {
    let timestamp = String(isMilliseconds ? unixMilliseconds : unixMilliseconds / 1000)
    func fill(_ text: String) -> String {
      text.replacing("%t", with: timestamp).replacing("%i", with: Provider.id)
    }
    let digest = try Witness.sign(
      Array((fill(before) + body).utf8), key: key ?? Array(secretLine.utf8), hash: hash, encoding: encoding)
    return headers.map { fill($0).replacing("%s", with: digest) }
  }
}
