import ArgumentParser
import Signing
import TestSupport
import Testing

@testable import vesigate

/// What `sign` and `send` put before a body.
@Suite struct SigningOptionsTests {
  private func options(_ words: [String], secret: String = "test_webhook_secret\n") throws -> (
    SigningOptions, Scratch
  ) {
    let scratch = try Scratch()
    try scratch.write("secret", secret)
    return (try SigningOptions.parse(["--secret-file", scratch.file("secret")] + words), scratch)
  }

  @Test(arguments: ["vesicash", "stripe", "github", "slack", "paystack"])
  func `the headers are those that a sender of the layout would send`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    let (options, scratch) = try options(["--signature", name, "--timestamp", "1781519012", "--id", "msg_1"])
    let fields = try withExtendedLifetime(scratch) { try options.headers(for: sampleBody).fields }
    let expected = Signed(layout: layout).fields(over: sampleBody)
    #expect(fields.map { "\($0.name): \($0.value)" } == expected.map { "\($0.0): \($0.1)" })
  }

  @Test func `only the first line's secret signs`() throws {
    let (options, scratch) = try options(
      ["--timestamp", "1781519012"], secret: "test_webhook_secret\nanother_of_some_length\n")
    let fields = try withExtendedLifetime(scratch) { try options.headers(for: sampleBody).fields }
    #expect(fields.last?.value == Signed().fields(over: sampleBody).last?.1)
  }

  @Test func `an id that nobody named is another one each time`() throws {
    let (options, scratch) = try options(
      ["--signature", "standard-webhooks", "--timestamp", "1781519012"],
      secret: "whsec_dGhpcyBpcyBhIGtleQ==\n")
    let ids = try withExtendedLifetime(scratch) {
      try (0..<20).map { _ in try #require(options.headers(for: []).fields.first).value }
    }
    #expect(Set(ids).count == 20)
    #expect(ids.allSatisfy { id in Array(id.utf8).withUnsafeBytes { SignedValue.isID($0) } })
  }

  @Test(
    arguments: [
      ("1781519012", nil), ("999999999999999", nil), ("", "in seconds"), ("1781519012 ", "in seconds"),
      ("-1", "in seconds"), ("1781519012\r\nX-A: b", "in seconds"), ("1000000000000000", "most 15 digits"),
      ("2026-11-21T20:37:00Z", "a Unix time"),
    ] as [(String, String?)])
  func `a timestamp that no gateway would take is not signed`(text: String, part: String?) {
    let flaw = SigningOptions.flaw(timestamp: text, id: nil, .vesicash)
    #expect((flaw == nil) == (part == nil), "\(flaw ?? "no flaw")")
    if let part { #expect(flaw?.hasPrefix("--timestamp must be") == true && flaw?.contains(part) == true) }
  }

  @Test func `what the layout does not sign is not looked at`() {
    #expect(SigningOptions.flaw(timestamp: "whatever", id: "what ever", .github) == nil)
    #expect(SigningOptions.flaw(timestamp: "1781519012", id: "what ever", .vesicash) == nil)
    #expect(
      SigningOptions.flaw(timestamp: "1781519012", id: "what ever", .standardWebhooks)?.hasPrefix(
        "--id must be") == true)
  }
}
