import TestSupport
import Testing

@Suite(.ownThread) struct CorpusTests {
  @Test(arguments: Property.all)
  func `what the fuzzer has found holds`(_ property: Property) throws {
    for input in try Corpus.inputs(property.name) {
      let violation = property.violation(input.bytes)
      #expect(violation == nil, "\(property.name)/\(input.name) \(input.bytes.escaped)")
    }
  }

  @Test(arguments: Property.all)
  func `damaged at random, it holds too`(_ property: Property) throws {
    var generator = SeededGenerator(seed: runSeed)
    let inputs = try Corpus.inputs(property.name).map(\.bytes)
    for _ in 0..<2_000 {
      let bytes = Damage.damaged(inputs, using: &generator)
      let violation = property.violation(bytes)
      #expect(violation == nil, "VESIGATE_SEED=\(runSeed) \(property.name) \(bytes.escaped)")
    }
  }
}

extension Property: CustomTestStringConvertible {
  var testDescription: String { name }
}

/// One of some inputs with a few things wrong with it, or the beginning of one and the end of another.
enum Damage {
  static func damaged(_ inputs: [[UInt8]], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = inputs.randomElement(using: &generator)!
    if Bool.random(using: &generator) {
      let other = inputs.randomElement(using: &generator)!
      let start = Int.random(in: 0...bytes.count, using: &generator)
      bytes = Array(bytes.prefix(start)) + other.dropFirst(Int.random(in: 0...other.count, using: &generator))
    }
    for _ in 0..<Int.random(in: 0...3, using: &generator) { damage(&bytes, &generator) }
    return bytes
  }

  private static func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
    case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
    case 3: bytes.remove(at: place)
    default: bytes.insert(contentsOf: bytes[place...].prefix(16), at: place)
    }
  }
}
