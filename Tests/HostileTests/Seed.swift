import Foundation

/// Of this run's random numbers: printed with every row that uses them, and set by VESIGATE_SEED to see the
/// same ones again.
enum Seed {
  static let ofRun: UInt64 =
    ProcessInfo.processInfo.environment["VESIGATE_SEED"].flatMap { UInt64($0) }
    ?? .random(in: 0..<1_000_000_000)
}

/// The same numbers for the same seed (splitmix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255, using: &self) } }
}
