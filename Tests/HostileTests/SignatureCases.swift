import TestSupport

/// Deliveries that are not verified, in all the ways that porting a verifier goes wrong.
enum SignatureCases {
  private static let body = Array("{\"amount\":3.1}".utf8)

  /// A right timestamp and the right signature over it, to be spoiled when the case runs.
  private static func spoiled(
    _ topic: HostileTopic, _ name: String, timestamp: String? = nil, secret: String = GatewayProcess.secret,
    _ spoil: @escaping @Sendable (_ timestamp: String, _ signature: String) -> [String] = lines
  ) -> RawCase {
    RawCase(topic, name, .unverified) {
      var request = SignedRequest(bytes: body)
      let timestamp = timestamp ?? request.timestampText
      let signature = SignedRequest.sign(body, timestamp: timestamp, secret: secret)
      request.ownSignatureLines = spoil(timestamp, signature)
      return request.bytes
    }
  }

  @Sendable private static func lines(_ timestamp: String, _ signature: String) -> [String] {
    ["mor-timestamp: \(timestamp)", "mor-signature: \(signature)"]
  }

  static let signatures: [RawCase] = [
    spoiled(.forgery, "nothing of it") { _, _ in [] },
    spoiled(.forgery, "no signature") { time, _ in ["mor-timestamp: \(time)"] },
    spoiled(.forgery, "no timestamp") { _, signature in ["mor-signature: \(signature)"] },
    spoiled(.forgery, "an empty signature") { time, _ in lines(time, "") },
    spoiled(.forgery, "a blank signature") { time, _ in lines(time, "  \t ") },
    spoiled(.forgery, "an empty timestamp", timestamp: ""),
    spoiled(.forgery, "a digit too short") { lines($0, String($1.dropLast())) },
    spoiled(.forgery, "a byte too short") { lines($0, String($1.dropLast(2))) },
    spoiled(.forgery, "half of it") { lines($0, String($1.prefix(32))) },
    spoiled(.forgery, "a digit too long") { lines($0, $1 + "0") },
    spoiled(.forgery, "a byte too long") { lines($0, $1 + "00") },
    spoiled(.forgery, "twice in a row") { lines($0, $1 + $1) },
    spoiled(.forgery, "of 60,000 digits") { time, _ in lines(time, String(repeating: "a", count: 60_000)) },
    spoiled(.forgery, "not hexadecimal") { lines($0, "g" + $1.dropFirst()) },
    spoiled(.forgery, "full-width digits") { lines($0, "\u{EF}\u{BC}\u{90}" + $1.dropFirst(3)) },
    spoiled(.forgery, "with colons") { lines($0, $1.prefix(2) + ":" + $1.dropFirst(2)) },
    spoiled(.forgery, "a blank within") { lines($0, $1.prefix(2) + " " + $1.dropFirst(2)) },
    spoiled(.forgery, "in quotes") { lines($0, "\"\($1)\"") },
    spoiled(.forgery, "0x before it") { lines($0, "0x" + $1) },
    spoiled(.forgery, "all zeros") { time, _ in lines(time, String(repeating: "0", count: 64)) },
    spoiled(.forgery, "the word true") { time, _ in lines(time, "true") },
    spoiled(.forgery, "null") { time, _ in lines(time, "null") },
    spoiled(.forgery, "an array") { lines($0, "[\($1)]") },
    spoiled(.forgery, "its own reverse") { lines($0, String($1.reversed())) },
    spoiled(.forgery, "the last digit wrong") { lines($0, $1.dropLast() + ($1.last == "0" ? "1" : "0")) },
    spoiled(.forgery, "the first digit wrong") { lines($0, ($1.first == "0" ? "1" : "0") + $1.dropFirst()) },
    spoiled(.forgery, "under another name") { ["mor-timestamp: \($0)", "x-signature: \($1)"] },
    spoiled(.forgery, "under a folded name") { ["mor-timestamp: \($0)", "mor_signature: \($1)"] },
  ]

  static let repetitions: [RawCase] = [
    spoiled(.severalSignatures, "the right one twice") { lines($0, $1) + ["mor-signature: \($1)"] },
    spoiled(.severalSignatures, "right, then wrong") {
      lines($0, $1) + ["Mor-Signature: \(String($1.reversed()))"]
    },
    spoiled(.severalSignatures, "wrong, then right") {
      ["MOR-SIGNATURE: \(String($1.reversed()))"] + lines($0, $1)
    },
    spoiled(.severalSignatures, "right, then empty") { lines($0, $1) + ["mor-signature:"] },
    spoiled(.severalSignatures, "empty, then right") { ["mor-signature:"] + lines($0, $1) },
    spoiled(.severalSignatures, "a list of two") { lines($0, "\($1), \($1)") },
    spoiled(.severalSignatures, "a list with an empty element") { lines($0, "\($1),") },
    spoiled(.severalSignatures, "a list that begins empty") { lines($0, ",\($1)") },
    spoiled(.severalSignatures, "with a semicolon") { lines($0, "\($1);x") },
    spoiled(.severalSignatures, "two timestamps alike") { lines($0, $1) + ["mor-timestamp: \($0)"] },
    spoiled(.severalSignatures, "two timestamps, the first right") { lines($0, $1) + ["mor-timestamp: 1"] },
    spoiled(.severalSignatures, "two timestamps, the second right") { ["mor-timestamp: 1"] + lines($0, $1) },
    spoiled(.severalSignatures, "a list of timestamps") { lines("\($0), \($0)", $1) },
    spoiled(.severalSignatures, "right, and wrong far off") {
      lines($0, $1) + (0..<50).map { "X-\($0): y" } + ["mor-signature: 00"]
    },
  ]

  static let keys: [RawCase] = [
    spoiled(.wrongMAC, "another secret", secret: "another"),
    spoiled(.wrongMAC, "an empty key", secret: ""),
    spoiled(.wrongMAC, "the secret and LF", secret: GatewayProcess.secret + "\n"),
    spoiled(.wrongMAC, "the secret and CR LF", secret: GatewayProcess.secret + "\r\n"),
    spoiled(.wrongMAC, "the secret and NUL", secret: GatewayProcess.secret + "\0 "),
    spoiled(.wrongMAC, "the secret and a blank", secret: GatewayProcess.secret + " "),
    spoiled(.wrongMAC, "a byte of the secret less", secret: String(GatewayProcess.secret.dropLast())),
    spoiled(.wrongMAC, "the secret in capitals", secret: GatewayProcess.secret.uppercased()),
    spoiled(.wrongMAC, "sha256= before it") { lines($0, "sha256=" + $1) },
    spoiled(.wrongMAC, "v1= before it") { lines($0, "v1=" + $1) },
    spoiled(.wrongMAC, "t= and v1=") { ["mor-timestamp: \($0)", "mor-signature: t=\($0),v1=\($1)"] },
    spoiled(.wrongMAC, "the body alone signed") { time, _ in
      lines(time, ForeignMAC.hex("sha256", body))
    },
    spoiled(.wrongMAC, "no dot between") { time, _ in
      lines(time, ForeignMAC.hex("sha256", Array(time.utf8) + body))
    },
    spoiled(.wrongMAC, "the body first") { time, _ in
      lines(time, ForeignMAC.hex("sha256", body + Array(".\(time)".utf8)))
    },
    spoiled(.wrongMAC, "a line feed at its end") { time, _ in
      lines(time, ForeignMAC.hex("sha256", Array("\(time).".utf8) + body + [10]))
    },
    spoiled(.wrongMAC, "SHA-1") { time, _ in
      lines(time, ForeignMAC.hex("sha1", Array("\(time).".utf8) + body))
    },
    spoiled(.wrongMAC, "SHA-512") { time, _ in
      lines(time, ForeignMAC.hex("sha512", Array("\(time).".utf8) + body))
    },
    spoiled(.wrongMAC, "MD5") { time, _ in
      lines(time, ForeignMAC.hex("md5", Array("\(time).".utf8) + body))
    },
    spoiled(.wrongMAC, "a plain digest") { time, _ in
      lines(time, ForeignMAC.hex("plain", Array("\(time).".utf8) + body))
    },
    spoiled(.wrongMAC, "base64 of it") { time, _ in
      lines(time, ForeignMAC.base64(Array("\(time).".utf8) + body))
    },
  ]

  /// Signed as they stand, every one of them.
  static let timestamps: [RawCase] =
    RawText.rows(
      #"""
      +{now}
      -{now}
      {now}.0
      {now}.
      .{now}
      {now},0
      {now}e0
      1e9
      0x65000000
      0o17
      17 81519012
      {now} x
      {now}\tx
      {now}s
      {now}Z
      {now}L
      {now}_0
      {now};
      {now}.17
      {now}000
      {now}000000
      0000000{now}
      0
      1
      -1
      99999999999
      999999999999999
      9999999999999999
      18446744073709551615
      18446744073709551616
      184467440737095516161795295555
      NaN
      null
      now
      2026-11-21T12:00:00Z
      Sat, 21 Nov 2026 12:00:00 GMT
      \xef\xbc\x91\xef\xbc\x97
      \xd9\xa1\xd9\xa7
      \xe0\xa5\xa7
      \xc2\xb9
      \xe2\x85\xa0
      "{now}"
      ({now})
      '{now}'
      {now}\xa0
      \xa0{now}
      {now}\xe2\x80\x8b
      %31
      {now}&t=1
      """#
    ).map { row in
      RawCase(.timestamp, "timestamp \(row)", .unverified) {
        let now = SignedRequest().timestampText
        let bytes = row.replacing("{now}", with: now).unescaped
        // Signed over the bytes that are sent, not over a text made of them.
        let signature = ForeignMAC.hex("sha256", bytes.latin1Bytes + [0x2E] + body)
        return SignedRequest(bytes: body).with { $0.ownSignatureLines = lines(bytes, signature) }.bytes
      }
    }

  /// Bodies that are not the signed one.
  static let bodies: [RawCase] = {
    func sent(_ name: String, _ other: [UInt8]) -> RawCase {
      RawCase(.flippedBit, name, .unverified) {
        let signed = SignedRequest(bytes: body).signatureLines
        return SignedRequest(bytes: other).with { $0.ownSignatureLines = signed }.bytes
      }
    }
    return [
      sent("a byte more", body + [10]), sent("a byte less", body.dropLast()), sent("none at all", []),
      sent("a NUL more", body + [0]), sent("a blank before", [32] + body), sent("twice", body + body),
      sent("a byte order mark before", [0xEF, 0xBB, 0xBF] + body),
      sent("the number spelled otherwise", Array("{\"amount\":3.10}".utf8)),
      sent("a blank within", Array("{\"amount\": 3.1}".utf8)),
      RawCase(.flippedBit, "the boundary moved by a dot", .unverified) {
        // Were the timestamp not held to digits, a cut moved by one dot would verify alike.
        let time = SignedRequest().timestampText
        let moved = SignedRequest.sign(Array("17.{}".utf8), timestamp: time, secret: GatewayProcess.secret)
        return SignedRequest("{}").with { $0.ownSignatureLines = lines("\(time).17", moved) }.bytes
      },
      RawCase(.flippedBit, "the boundary moved into the body", .unverified) {
        let time = SignedRequest().timestampText
        let moved = SignedRequest.sign(
          Array("{}".utf8), timestamp: "\(time).17", secret: GatewayProcess.secret)
        return SignedRequest(" 17.{}").with { $0.ownSignatureLines = lines(time, moved) }.bytes
      },
    ]
  }()

  static let all = signatures + repetitions + keys + timestamps + bodies
}
