extension SignatureLayout {
  /// Vesicash: the published formula with inferred carriers. Every part can be overridden.
  public static let vesicash = SignatureLayout(
    header: "mor-signature", encoding: .hex, timestampSource: .header("mor-timestamp"),
    signed: .preset("{timestamp}.{body}"))

  /// Stripe: https://docs.stripe.com/webhooks#verify-manually
  public static let stripe = SignatureLayout(
    header: "stripe-signature", encoding: .hex, prefix: "v1=", listSeparator: ",",
    timestampSource: .key("t"), signed: .preset("{timestamp}.{body}"))

  /// Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks
  public static let standardWebhooks = SignatureLayout(
    header: "webhook-signature", encoding: .base64, prefix: "v1,", listSeparator: " ",
    idSource: .header("webhook-id"), timestampSource: .header("webhook-timestamp"),
    signed: .preset("{id}.{timestamp}.{body}"), keyDecoding: .whsec)

  /// Svix: Standard Webhooks under its own header names.
  public static let svix = SignatureLayout(
    header: "svix-signature", encoding: .base64, prefix: "v1,", listSeparator: " ",
    idSource: .header("svix-id"), timestampSource: .header("svix-timestamp"),
    signed: .preset("{id}.{timestamp}.{body}"), keyDecoding: .whsec)

  /// Slack: https://api.slack.com/authentication/verifying-requests-from-slack
  public static let slack = SignatureLayout(
    header: "x-slack-signature", encoding: .hex, prefix: "v0=",
    timestampSource: .header("x-slack-request-timestamp"), signed: .preset("v0:{timestamp}:{body}"))

  /// Revolut: milliseconds, and a list while a secret is being replaced.
  public static let revolut = SignatureLayout(
    header: "revolut-signature", encoding: .hex, prefix: "v1=", listSeparator: ",",
    timestampSource: .header("revolut-request-timestamp"), timestampUnit: .milliseconds,
    signed: .preset("v1.{timestamp}.{body}"))

  /// Cashfree: nothing stands between timestamp and body, so the timestamp has exactly 13 digits.
  public static let cashfree = SignatureLayout(
    header: "x-webhook-signature", encoding: .base64, timestampSource: .header("x-webhook-timestamp"),
    timestampUnit: .milliseconds, timestampDigits: 13, signed: .preset("{timestamp}{body}"))

  /// GitHub: the body alone, so nothing is known about freshness.
  public static let github = SignatureLayout(
    header: "x-hub-signature-256", encoding: .hex, prefix: "sha256=", signed: .preset("{body}"),
    tolerance: .unlimited)

  /// Shopify: the body alone.
  public static let shopify = SignatureLayout(
    header: "x-shopify-hmac-sha256", encoding: .base64, signed: .preset("{body}"), tolerance: .unlimited)

  /// Paystack: the body alone, under SHA-512.
  public static let paystack = SignatureLayout(
    header: "x-paystack-signature", encoding: .hex, hash: .sha512, signed: .preset("{body}"),
    tolerance: .unlimited)

  /// Every preset under the name that the configuration calls it by.
  public static let presets: [(name: String, layout: SignatureLayout)] = [
    ("vesicash", .vesicash), ("stripe", .stripe), ("standard-webhooks", .standardWebhooks),
    ("svix", .svix), ("slack", .slack), ("revolut", .revolut), ("cashfree", .cashfree),
    ("github", .github), ("shopify", .shopify), ("paystack", .paystack),
  ]

  public static func preset(named name: String) -> SignatureLayout? {
    presets.first { $0.name == name }?.layout
  }
}

extension SignedTemplate {
  /// A template written in this file: a mistake in one fails the first test.
  static func preset(_ text: String) -> SignedTemplate {
    do { return try SignedTemplate(text) } catch { fatalError("\(text): \(error.sentence)") }
  }
}
