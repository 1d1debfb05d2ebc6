import Formats
import HTTP
import TestSupport
import Testing

@testable import Signing

/// What the headers must say before any HMAC is looked at.
@Suite struct ClaimTests {
  let signed = Signed()
  let judging = Judging()
  var right: String { signed.signature(over: sampleBody) }

  private func judge(_ fields: [(String, String)]) -> Unverified? {
    judging.judge(fields, sampleBody).reason
  }

  @Test func `names of the carriers match in any case`() {
    #expect(judge([("MOR-Signature", right), ("Mor-TIMESTAMP", "1781519012")]) == nil)
  }

  @Test func `a missing signature or timestamp is told apart`() {
    #expect(judge([("mor-timestamp", "1781519012")]) == .signatureMissing)
    #expect(judge([("mor-signature", right)]) == .timestampMissing)
    #expect(judge([]) == .signatureMissing)
  }

  @Test func `a repeated signature is refused in either order, be both the same`() {
    let wrong = String(repeating: "0", count: 64)
    for pair in [[right, wrong], [wrong, right], [right, right]] {
      let fields = pair.map { ("mor-signature", $0) } + [("mor-timestamp", "1781519012")]
      #expect(judge(fields) == .signatureRepeated)
    }
  }

  @Test func `a repeated timestamp is refused, be both the same`() {
    for second in ["1781519012", "1781519013"] {
      let fields = [
        ("mor-timestamp", "1781519012"), ("mor-signature", right), ("Mor-Timestamp", second),
      ]
      #expect(judge(fields) == .timestampRepeated)
    }
  }

  @Test(arguments: [
    "", "9e", "zz", "sha256=%", "v1=%", "0x%", "%00", "%,%", "%, %", "% %", "\"%\"", "%=", "%;",
  ])
  func `a signature of another shape is refused`(shape: String) {
    let value = shape.replacing("%", with: right)
    #expect(
      judge([("mor-signature", value), ("mor-timestamp", "1781519012")]) == .signatureMalformed)
  }

  @Test func `a signature of another length or alphabet is refused`() {
    let digest = signed.digest(over: sampleBody)
    let values = [
      Hex.encode(digest[..<20]), Hex.encode(digest + digest), Base64.encode(digest),
      String(right.dropLast()), "０" + right.dropFirst(),
    ]
    for value in values {
      #expect(
        judge([("mor-signature", value), ("mor-timestamp", "1781519012")]) == .signatureMalformed)
    }
  }

  @Test(arguments: SignatureLayout.presets.map(\.layout).filter { !$0.prefix.isEmpty })
  func `a signature without its layout's prefix, or with a part of it, is none`(layout: SignatureLayout) {
    let isLong = layout.timestampUnit == .milliseconds
    let signed = Signed(layout: layout, timestamp: isLong ? "1781519012000" : "1781519012")
    let judging = Judging(layout)
    #expect(judging.judge(signed.fields(over: sampleBody), sampleBody).isVerified)
    let prefix = layout.prefix
    let digits = signed.signature(over: sampleBody).dropFirst(prefix.count)
    for other in [
      "", String(prefix.dropLast()), String(prefix.dropFirst()), prefix.uppercased(), prefix + prefix,
    ] {
      let fields = signed.fields(over: sampleBody, signatures: [other + digits])
      #expect(!judging.judge(fields, sampleBody).isVerified, "\(other)")
    }
  }

  @Test func `the usual porting mistakes do not verify`() {
    var body = Signed()
    body.layout.signed = .preset("{body}")
    let mistakes = [
      Signed(key: []), Signed(key: signed.key + [0x0A]), Signed(key: [0x20] + signed.key), body,
      Signed(timestamp: "1781519012."), Signed(timestamp: "1781519012000"),
    ]
    for mistake in mistakes {
      let fields = [
        ("mor-signature", mistake.signature(over: sampleBody)), ("mor-timestamp", "1781519012"),
      ]
      #expect(judge(fields) == .mismatch)
    }
  }

  @Test(arguments: [
    "", "-1781519012", "+1781519012", "0x6A2FD6A4", "1781519012.0", "1.781519012e9", " 1781519012",
    "1781519012 ", "1781519 012", "１７８１５１９０１２", "1234567890123456", "1,781,519,012", "1781519012\u{0}",
    "1781519012.17", "٠١٢٣٤", "2026-06-15T10:23:32Z", "NaN",
  ])
  func `a timestamp that is not 1 to 15 digits is refused, though it is signed`(timestamp: String) {
    let fields = Signed(timestamp: timestamp).fields(over: sampleBody)
    #expect(judge(fields) == .timestampMalformed)
  }

  @Test func `a byte cannot move from the body into the timestamp`() {
    let honest = Signed(timestamp: "1781519012")
    let body = Array(#"17.{"amount":1}"#.utf8)
    let fields = honest.fields(over: body)
    #expect(judging.judge(fields, body).isVerified)
    let shifted = fields.map { $0.0 == "mor-timestamp" ? ($0.0, "1781519012.17") : $0 }
    // The bytes under the HMAC are the same; only their division differs.
    #expect(
      Signed(timestamp: "1781519012.17").digest(over: Array(body.dropFirst(3))) == honest.digest(over: body))
    #expect(judging.judge(shifted, Array(body.dropFirst(3))).reason == .timestampMalformed)
  }

  @Test func `one flipped bit anywhere is refused`() {
    let fields = signed.fields(over: sampleBody)
    var refused = 0
    for bit in 0..<sampleBody.count * 8 {
      refused += judging.judge(fields, flipped(sampleBody, bit)).isVerified ? 0 : 1
    }
    for bit in 0..<64 * 8 {
      let value = flipped(Array(right.utf8), bit)
      // The one flip that changes nothing is that of a letter's case.
      if String(decoding: value, as: UTF8.self).lowercased() == right { continue }
      refused += judging.judge(list(signature: value), sampleBody).isVerified ? 0 : 1
    }
    for bit in 0..<10 * 8 {
      let value = flipped(Array("1781519012".utf8), bit)
      refused += judging.judge(list(timestamp: value), sampleBody).isVerified ? 0 : 1
    }
    let letters = right.utf8.count { $0.isASCIILetter }
    #expect(refused == sampleBody.count * 8 + 64 * 8 - letters + 10 * 8)
  }

  private func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
    var bytes = bytes
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return bytes
  }

  /// Raw values, since a flipped bit need not leave UTF-8.
  private func list(signature: [UInt8]? = nil, timestamp: [UInt8]? = nil) -> HeaderList {
    var headers = HeaderList()
    (signature ?? Array(right.utf8)).withUnsafeBytes { headers.append(name: "mor-signature", value: $0) }
    (timestamp ?? Array("1781519012".utf8)).withUnsafeBytes {
      headers.append(name: "mor-timestamp", value: $0)
    }
    return headers
  }
}
