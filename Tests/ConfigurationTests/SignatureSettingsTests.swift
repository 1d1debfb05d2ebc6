import Configuration
import Signing
import Testing

@Suite struct SignatureSettingsTests {
  private func layout(_ signature: String) throws -> SignatureLayout {
    try #require(try parsed(configuration(route: "signature: \(signature)")).routes.first?.layout)
  }

  @Test(arguments: SignatureLayout.presets.map(\.name))
  func `every preset is known by its name`(name: String) throws {
    #expect(try layout(name) == SignatureLayout.preset(named: name))
    #expect(try layout("{preset: \(name)}") == SignatureLayout.preset(named: name))
  }

  @Test func `every part of a layout can be overridden`() throws {
    let found = try layout(
      """
      {preset: stripe, header: X-Sig, encoding: base64url, prefix: "a=", list-separator: space,
            hash: sha512, id-from: header:X-Id, timestamp-from: key:ts, timestamp-unit: milliseconds,
            timestamp-digits: 13, signed: "{id}|{timestamp}|{body}", key-decoding: hex, tolerance-seconds: 60}
      """)
    #expect(found.header == "x-sig" && found.encoding == .base64url && found.prefix == "a=")
    #expect(found.listSeparator == " " && found.hash == .sha512)
    #expect(found.idSource == .header("x-id") && found.timestampSource == .key("ts"))
    #expect(found.timestampUnit == .milliseconds && found.timestampDigits == 13)
    #expect(found.signed.text == "{id}|{timestamp}|{body}" && found.keyDecoding == .hex)
    #expect(found.tolerance == .seconds(60))
  }

  @Test func `a layout that loses its timestamp loses its tolerance, and one that gains it gets one`() throws
  {
    let body = try layout("{signed: \"{body}\"}")
    #expect(body.tolerance == .unlimited && body.timestampSource == .none)
    let dated = try layout("{preset: github, signed: \"{timestamp}.{body}\", timestamp-from: header:x-time}")
    #expect(dated.tolerance == .seconds(300))
    #expect(try layout("{tolerance-seconds: unlimited}").tolerance == .unlimited)
  }

  @Test(
    arguments: [
      (
        "strpie", 14, "",
        "must be one of vesicash, stripe, standard-webhooks, svix, slack, revolut, cashfree, "
          + "github, shopify, paystack, did you mean \"stripe\"?"
      ),
      (
        "{tolerance-seconds: 0}", 34, ".tolerance-seconds",
        "must be 1 or more; to accept deliveries of any age write unlimited"
      ),
      (
        "{tolerance-seconds: -1}", 34, ".tolerance-seconds",
        "must be unlimited or a whole number from 1 to 86400"
      ),
      ("{signed: \"{timestamp}.{Body}\"}", 23, ".signed", "knows only {id}, {timestamp} and {body}"),
      ("{signed: \"{timestamp}\"}", 23, ".signed", "must contain {body}"),
      (
        "{signed: \"{timestamp}{body}\"}", 23, ".signed",
        "lets {timestamp} touch what follows it: put a separator between, or fix timestamp-digits"
      ),
      (
        "{signed: \"{id}.{timestamp}.{body}\"}", 14, ".id-from",
        "must say where the {id} of signed comes from"
      ),
      (
        "{timestamp-from: key:t}", 31, ".timestamp-from",
        "takes a key of the signature header, so list-separator must be set"
      ),
      (
        "{signed: \"{body}\", tolerance-seconds: 300}", 52, ".tolerance-seconds",
        "promises a freshness that nothing proves: {timestamp} is not under signed"
      ),
      ("{id-from: cookie:x}", 24, ".id-from", "must be none, header:NAME, or key:NAME"),
      ("{id-from: \"header:a b\"}", 24, ".id-from", "must be none, header:NAME, or key:NAME"),
      ("{header: mor_signature}", 23, ".header", "must be a header's name of letters, digits and -"),
      ("{hash: sha1}", 21, ".hash", "must be sha256 or sha512"),
      ("{timestamp-digits: 16}", 33, ".timestamp-digits", "must be any or a whole number from 1 to 15"),
      (
        "{tolerence-seconds: 3}", 15, ".tolerence-seconds",
        "unknown setting, did you mean \"tolerance-seconds\"?"
      ),
    ])
  func `a layout that cannot be trusted is refused at its setting`(
    signature: String, column: Int, path: String, sentence: String
  ) {
    #expect(
      problems(configuration(route: "signature: \(signature)"))
        == ["v.yaml:6:\(column + 2) routes[0].signature\(path): \(sentence)"])
  }
}
