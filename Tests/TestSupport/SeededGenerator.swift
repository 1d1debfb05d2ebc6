internal import Foundation

/// SplitMix64: small, and the same everywhere, so that a printed seed brings a failure back.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// Seeded by an input (FNV-1a), for choices that must be the same whenever that input comes again.
  public init(choosingBy bytes: [UInt8]) {
    self.init(seed: bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 })
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// The seed of this run: `VESIGATE_SEED`, or a fresh one.
public let runSeed: UInt64 = {
  let given = ProcessInfo.processInfo.environment["VESIGATE_SEED"].flatMap { UInt64($0) }
  let seed = given ?? UInt64.random(in: 0..<1 << 32)
  print("VESIGATE_SEED=\(seed)")
  return seed
}()

extension Array where Element == UInt8 {
  /// The bytes cut into pieces at random places, empty pieces among them.
  public func cut(using generator: inout SeededGenerator) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    let longest = Int.random(in: 1...Swift.max(1, count), using: &generator)
    while start < count {
      let end = Swift.min(count, start + Int.random(in: 0...longest, using: &generator))
      pieces.append(Array(self[start..<end]))
      start = end
    }
    return pieces
  }

  public var singleBytes: [[UInt8]] { map { [$0] } }

  /// The bytes as a Swift literal would write them, to be pasted into a test.
  public var escaped: String {
    map { byte in
      switch byte {
      case 0x0D: "\\r"
      case 0x0A: "\\n"
      case 0x20..<0x7F where byte != UInt8(ascii: "\\"): String(UnicodeScalar(byte))
      default: "\\x" + String(byte + 0, radix: 16)
      }
    }.joined()
  }
}

extension SeededGenerator {
  /// So many random bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }
}
