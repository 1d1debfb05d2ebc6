import Foundation
import TestSupport
import Testing

/// What is not verified, and by which clock.
@Suite(.ownThread) struct VerificationHostileTests {
  @Test func `what no live secret signed, here and now, over these bytes, is refused with one answer`()
    throws
  {
    try RawRunner().run(SignatureCases.all)
  }

  /// Timestamp, signature and body of a delivery that would pass.
  private struct Parts {
    var bytes: [[UInt8]]

    init(body: [UInt8]) {
      let request = SignedRequest(bytes: body)
      let time = request.timestampText
      let signature = SignedRequest.sign(body, timestamp: time, secret: GatewayProcess.secret)
      bytes = [Array(time.utf8), Array(signature.utf8), body]
    }

    /// With one bit flipped; nil where the result would be the same digit, or no header line.
    func flipped(part: Int, place: Int, bit: UInt8) -> Parts? {
      var copy = self
      copy.bytes[part][place] ^= 1 << bit
      let byte = copy.bytes[part][place]
      if part < 2, byte < 0x21 || byte == 0x7F { return nil }
      if part == 1, bytes[1][place] | 0x20 == byte | 0x20 { return nil }
      return copy
    }

    var request: [UInt8] {
      let lines = ["mor-timestamp: \(bytes[0].latin1)", "mor-signature: \(bytes[1].latin1)"]
      return SignedRequest(bytes: bytes[2]).with { $0.ownSignatureLines = lines }.bytes
    }
  }

  private func refusals(_ spoiled: [Parts]) throws -> String {
    let runner = try RawRunner()
    let client = try runner.gateway.connect()
    for (index, parts) in spoiled.enumerated() {
      try client.send(parts.request)
      let status = try client.response().status
      guard status == 401 else { return "number \(index): \(status) for \(parts.bytes.map(\.latin1))" }
    }
    let reached = runner.upstream.bytesReceived
    try runner.serve()
    return "\(spoiled.count) times 401, upstream \(reached)"
  }

  @Test func `each bit counts`() throws {
    let parts = Parts(body: Array("{\"amount\":3.1}".utf8))
    var spoiled: [Parts] = []
    for part in 0..<3 {
      for place in parts.bytes[part].indices {
        for bit in UInt8(0)..<8 {
          spoiled += [parts.flipped(part: part, place: place, bit: bit)].compactMap { $0 }
        }
      }
    }
    HostileTable.row(.flippedBit, "every single bit", expected: "\(spoiled.count) times 401, upstream 0") {
      try refusals(spoiled)
    }
  }

  @Test func `a random bit counts`() throws {
    let seed = runSeed
    var generator = SeededGenerator(seed: seed)
    var spoiled: [Parts] = []
    while spoiled.count < 1000 {
      let parts = Parts(body: generator.bytes(Int.random(in: 1...60, using: &generator)))
      let part = Int.random(in: 0..<3, using: &generator)
      let place = Int.random(in: 0..<parts.bytes[part].count, using: &generator)
      let bit = UInt8.random(in: 0..<8, using: &generator)
      if let flipped = parts.flipped(part: part, place: place, bit: bit) { spoiled.append(flipped) }
    }
    HostileTable.row(.flippedBit, "1,000 random bits, seed \(seed)", expected: "1000 times 401, upstream 0") {
      try refusals(spoiled)
    }
  }

  // MARK: The clock

  @Test func `the tolerance reaches as far into the past as into the future`() throws {
    let runner = try RawRunner()
    let delivered = RawCase.Expected.delivered(Array("{}".utf8))
    let cases: [(Int, RawCase.Expected)] = [
      (-280, delivered), (-200, delivered), (0, delivered), (200, delivered), (280, delivered),
      (-305, .unverified), (-3_600, .unverified), (-86_400, .unverified), (320, .unverified),
      (3_600, .unverified), (86_400, .unverified), (31_536_000, .unverified),
    ]
    runner.run(
      cases.map { shift, expected in
        RawCase(.clock, "signed \(shift) s from now", expected) {
          SignedRequest("{}").with { $0.shiftSeconds = shift }.bytes
        }
      })
  }

  @Test(.enabled(if: !Sanitizers.areOn))
  func `a stepped clock moves what is fresh, and back`() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("offset", "+0\n")
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]),
      environment: FakeTime.environment(file: file), startedBy: FakeTime.starter)
    for (offset, shift, status) in [
      (0, 0, 200), (400, 0, 401), (400, 400, 200), (-400, 0, 401), (-400, -400, 200), (86_400, 86_400, 200),
      (0, 0, 200),
    ] {
      try directory.write("offset", "\(offset < 0 ? "" : "+")\(offset)\n")
      let name = "clock stepped by \(offset) s, signed \(shift) s from now"
      HostileTable.row(.clock, name, expected: "\(status)") {
        "\(try gateway.exchange(SignedRequest().with { $0.shiftSeconds = shift }.bytes).status)"
      }
    }
    #expect(upstream.requests.count == 5)
  }
}
