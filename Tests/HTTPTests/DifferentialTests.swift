import TestSupport
import Testing

@Suite(.ownThread) struct DifferentialTests {
  @Test(arguments: AcceptedRequest.all)
  func `what we accept NIO reads alike`(_ request: AcceptedRequest) throws {
    let disagreement = try NIOOracle(of: request.bytes).disagreement(with: Transcript(of: request.bytes))
    #expect(disagreement == nil, "\(request.bytes.escaped)")
  }

  @Test func `what we accept of damaged requests NIO reads alike`() throws {
    var generator = SeededGenerator(seed: runSeed &+ 2)
    var acceptedCount = 0
    for _ in 0..<8_000 {
      let request = AcceptedRequest.all.randomElement(using: &generator)!
      let bytes = Mutation.mutated(request.bytes, using: &generator)
      let ours = Transcript(of: bytes)
      if ours.rejection == nil, !ours.messages.isEmpty { acceptedCount += 1 }
      let disagreement = try NIOOracle(of: bytes).disagreement(with: ours)
      #expect(disagreement == nil, "VESIGATE_SEED=\(runSeed) \(bytes.escaped)")
    }
    // A comparison that never compares would pass too.
    #expect(acceptedCount > 400)
  }

  @Test func `random damage never crashes, and reads the same however it is cut`() {
    var generator = SeededGenerator(seed: runSeed &+ 3)
    for _ in 0..<20_000 {
      let request = AcceptedRequest.all.randomElement(using: &generator)!
      let bytes = Mutation.mutated(request.bytes, using: &generator)
      let pieces = bytes.cut(using: &generator)
      let isSame = Transcript(ofPieces: pieces) == Transcript(of: bytes)
      #expect(isSame, "VESIGATE_SEED=\(runSeed) \(pieces.map(\.escaped).joined(separator: " | "))")
    }
  }

  @Test func `random bytes never crash`() {
    var generator = SeededGenerator(seed: runSeed &+ 4)
    let start = Array(chunked("").utf8)
    for round in 0..<5_000 {
      let noise = (0..<Int.random(in: 0..<64, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let bytes = round.isMultiple(of: 2) ? noise : start + noise
      #expect(Transcript(ofPieces: bytes.singleBytes) == Transcript(of: bytes), "\(bytes.escaped)")
    }
  }
}
