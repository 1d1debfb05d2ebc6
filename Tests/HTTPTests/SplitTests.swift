import Gateway
import TestSupport
import Testing

@Suite(.ownThread) struct SplitTests {
  static let inputs: [[UInt8]] = AcceptedRequest.all.map(\.bytes) + RefusedRequest.all.map(\.bytes)

  @Test func `byte by byte the verdict and the body are the same`() {
    for bytes in Self.inputs {
      #expect(Transcript(ofPieces: bytes.singleBytes) == Transcript(of: bytes), "\(bytes.escaped)")
    }
  }

  @Test func `however the bytes are cut the verdict and the body are the same`() {
    var generator = SeededGenerator(seed: runSeed)
    for bytes in Self.inputs {
      let whole = Transcript(of: bytes)
      for _ in 0..<20 {
        let pieces = bytes.cut(using: &generator)
        #expect(
          Transcript(ofPieces: pieces) == whole,
          "VESIGATE_SEED=\(runSeed) \(pieces.map(\.escaped).joined(separator: " | "))")
      }
    }
  }

  @Test func `small chunks taken together give the same verdict and body as one by one`() {
    let small = (0...99).map {
      "\(String($0 % 40 + 1, radix: 16))\r\n\(String(repeating: "x", count: $0 % 40 + 1))\r\n"
    }
    let inputs = Self.inputs + [Array(chunked(small.joined() + "0\r\n\r\n").utf8)]
    for bytes in inputs {
      let whole = Transcript(of: bytes)
      for gatheredBytesMax in [1, 2, 31, 32, 33, 1_024] {
        for pieces in [[bytes], bytes.singleBytes] {
          #expect(
            Transcript(ofPieces: pieces, gatheredBytesMax: gatheredBytesMax) == whole,
            "\(gatheredBytesMax) \(bytes.escaped)")
        }
      }
    }
  }

  @Test func `under tight limits a cut changes nothing either`() {
    var generator = SeededGenerator(seed: runSeed &+ 1)
    for bytes in Self.inputs {
      var limits = Limits()
      limits.requestLineBytesMax = Int.random(in: 1...24, using: &generator)
      limits.headerBytesMax = Int.random(in: 1...60, using: &generator)
      limits.headerFieldsMax = Int.random(in: 1...3, using: &generator)
      let whole = Transcript(of: bytes, limits: limits)
      #expect(Transcript(ofPieces: bytes.singleBytes, limits: limits) == whole, "\(limits) \(bytes.escaped)")
      let pieces = bytes.cut(using: &generator)
      #expect(Transcript(ofPieces: pieces, limits: limits) == whole, "\(limits) \(bytes.escaped)")
    }
  }
}
