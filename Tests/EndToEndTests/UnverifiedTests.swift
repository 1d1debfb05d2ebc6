import TestSupport
import Testing

/// What is not verified gets one and the same 401, to the last byte, and no upstream hears of it.
@Suite(.ownThread) struct UnverifiedTests {
  private static let body = Array("{\"amount\":3.1}".utf8)

  /// A right timestamp and the right signature over it, to be spoiled.
  private static func spoiled(
    timestamp: String? = nil, secret: String = GatewayProcess.secret,
    _ spoil: (_ timestamp: String, _ signature: String) -> [String]
  ) -> [UInt8] {
    var request = SignedRequest(bytes: body)
    let timestamp = timestamp ?? request.timestampText
    let signature = SignedRequest.sign(body, timestamp: timestamp, secret: secret)
    request.ownSignatureLines = spoil(timestamp, signature)
    return request.bytes
  }

  private static func lines(_ timestamp: String, _ signature: String) -> [String] {
    ["mor-timestamp: \(timestamp)", "mor-signature: \(signature)"]
  }

  private static var signatures: [(String, [UInt8])] {
    [
      ("nothing of it", spoiled { _, _ in [] }),
      ("no signature", spoiled { time, _ in ["mor-timestamp: \(time)"] }),
      ("an empty one", spoiled { lines($0, $1.filter { _ in false }) }),
      ("too short", spoiled { lines($0, String($1.dropLast())) }),
      ("a byte too short", spoiled { lines($0, String($1.dropLast(2))) }),
      ("a byte too long", spoiled { lines($0, $1 + "00") }),
      ("not hexadecimal", spoiled { lines($0, "g" + $1.dropFirst()) }),
      ("the last digit wrong", spoiled { lines($0, $1.dropLast() + ($1.last == "0" ? "1" : "0")) }),
      ("the first digit wrong", spoiled { lines($0, ($1.first == "0" ? "1" : "0") + $1.dropFirst()) }),
      ("with a prefix", spoiled { lines($0, "sha256=" + $1) }),
      ("twice", spoiled { lines($0, $1) + ["mor-signature: \($1)"] }),
      ("right, then wrong", spoiled { lines($0, $1) + ["Mor-Signature: \($1.reversed())"] }),
      ("wrong, then right", spoiled { ["MOR-SIGNATURE: \($1.reversed())"] + lines($0, $1) }),
      ("a list of two", spoiled { lines($0, "\($1), \($1)") }),
      ("another secret", spoiled(secret: "another", lines)),
      ("an empty key", spoiled(secret: "", lines)),
      ("the secret with its line feed", spoiled(secret: GatewayProcess.secret + "\n", lines)),
    ]
  }

  private static var timestamps: [(String, [UInt8])] {
    let now = SignedRequest().timestampText
    return [
      ("no timestamp", spoiled { _, signature in ["mor-signature: \(signature)"] }),
      ("an empty timestamp", spoiled(timestamp: "", lines)),
      ("two timestamps", spoiled { lines($0, $1) + ["mor-timestamp: \($0)"] }),
      ("a plus sign", spoiled(timestamp: "+\(now)", lines)),
      ("a minus sign", spoiled(timestamp: "-\(now)", lines)),
      ("a fraction", spoiled(timestamp: "\(now).0", lines)),
      ("hexadecimal", spoiled(timestamp: "0x65000000", lines)),
      ("an exponent", spoiled(timestamp: "1e9", lines)),
      ("blanks within", spoiled(timestamp: "17 81519012", lines)),
      ("sixteen digits", spoiled(timestamp: "0000001781519012", lines)),
      ("milliseconds", spoiled(timestamp: "\(now)000", lines)),
      (
        "a little too old",
        spoiled(timestamp: SignedRequest().with { $0.shiftSeconds = -310 }.timestampText, lines)
      ),
      (
        "too far ahead",
        spoiled(timestamp: SignedRequest().with { $0.shiftSeconds = 330 }.timestampText, lines)
      ),
      ("another than signed", spoiled { lines(String(Int($0)! - 1), $1) }),
    ]
  }

  /// Bodies that are not the signed one.
  private static var bodies: [(String, [UInt8])] {
    let right = SignedRequest(bytes: body)
    let signed = right.signatureLines
    func sent(_ other: [UInt8]) -> [UInt8] {
      SignedRequest(bytes: other).with { $0.ownSignatureLines = signed }.bytes
    }
    let time = right.timestampText
    // Were the timestamp not held to digits, a cut moved by one dot would verify alike.
    let moved = SignedRequest.sign(Array("17.{}".utf8), timestamp: time, secret: GatewayProcess.secret)
    return [
      ("a bit flipped", sent([body[0] ^ 1] + body.dropFirst())),
      ("a byte more", sent(body + [10])),
      ("a byte less", sent(Array(body.dropLast()))),
      ("none at all", sent([])),
      (
        "the boundary moved",
        SignedRequest("{}").with { $0.ownSignatureLines = lines("\(time).17", moved) }.bytes
      ),
    ]
  }

  @Test func `every failed verification is answered alike and reaches nobody`() throws {
    let fixture = try GatewayFixture()
    var first: [UInt8]?
    for (name, bytes) in Self.signatures + Self.timestamps + Self.bodies {
      let response = try fixture.gateway.exchange(bytes)
      #expect(response.status == 401, "\(name)")
      let whole = response.head.bytes + response.body
      #expect(whole == first ?? whole, "\(name)")
      first = whole
    }
    try fixture.expectServing()
  }

  @Test func `the log tells the reasons apart that the answer hides`() throws {
    let fixture = try GatewayFixture()
    let cases: [(SignedRequest, String)] = [
      (SignedRequest().with { $0.ownSignatureLines = [] }, "reason=signature-missing"),
      (SignedRequest().with { $0.signature = "00" }, "reason=signature-malformed"),
      (SignedRequest().with { $0.secret = "another" }, "reason=mismatch"),
      (SignedRequest().with { $0.timestamp = "1.5" }, "reason=timestamp-malformed"),
      (SignedRequest().with { $0.shiftSeconds = -400 }, "reason=stale"),
    ]
    for (request, reason) in cases {
      #expect(try fixture.gateway.exchange(request.bytes).status == 401)
      let line = try fixture.gateway.waitForLog(containing: reason)
      #expect(line.contains("status=401"))
    }
    #expect(try fixture.gateway.waitForLog(containing: "reason=stale").contains("signature right, signed 40"))
  }

  @Test(arguments: [-270, 0, 270])
  func `inside the tolerance a timestamp of either side is taken`(shift: Int) throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest().with { $0.shiftSeconds = shift }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
  }

  @Test func `an upper-case signature and header names of any case verify`() throws {
    let fixture = try GatewayFixture()
    let request = SignedRequest(bytes: Self.body)
    let time = request.timestampText
    let signature = SignedRequest.sign(Self.body, timestamp: time, secret: GatewayProcess.secret)
    let spelled = request.with {
      $0.ownSignatureLines = ["MOR-TIMESTAMP:\(time)", "Mor-Signature: \(signature.uppercased()) \t"]
    }
    #expect(try fixture.gateway.exchange(spelled.bytes).status == 200)
  }

  @Test func `after a refused signature the connection goes on in step`() throws {
    let fixture = try GatewayFixture()
    let client = try fixture.gateway.connect()
    try client.send(SignedRequest("forged").with { $0.secret = "another" }.bytes)
    #expect(try client.response().status == 401)
    try client.send(SignedRequest("genuine").bytes)
    #expect(try client.response().status == 200)
    #expect(try fixture.upstream.onlyRequest().body == Array("genuine".utf8))
  }

  @Test func `one flipped bit anywhere in timestamp, signature or body is refused`() throws {
    let fixture = try GatewayFixture()
    var generator = SeededGenerator(seed: 20_261)
    let client = try fixture.gateway.connect()
    for _ in 0..<150 {
      let request = SignedRequest(bytes: generator.bytes(40))
      let time = request.timestampText
      var parts = [
        Array(time.utf8),
        Array(SignedRequest.sign(request.body, timestamp: time, secret: GatewayProcess.secret).utf8),
        request.body,
      ]
      let part = Int.random(in: 0..<3, using: &generator)
      let place = parts[part].indices.randomElement(using: &generator)!
      // Only the lowest bit of a character, so that a header line stays one; any bit of the body.
      parts[part][place] ^= part == 2 ? 1 << UInt8.random(in: 0..<8, using: &generator) : 1
      let spoiled = SignedRequest(bytes: parts[2]).with {
        $0.ownSignatureLines = ["mor-timestamp: \(parts[0].latin1)", "mor-signature: \(parts[1].latin1)"]
      }
      try client.send(spoiled.bytes)
      #expect(try client.response().status == 401, "\(parts.map(\.latin1))")
    }
    try fixture.expectServing()
  }
}
