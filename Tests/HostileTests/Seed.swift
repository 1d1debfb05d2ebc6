import Foundation

/// Of this run's random numbers: printed with every row that uses them, and set by VESIGATE_SEED to see the
/// same ones again.
enum Seed {
  static let ofRun: UInt64 =
    ProcessInfo.processInfo.environment["VESIGATE_SEED"].flatMap { UInt64($0) }
    ?? .random(in: 0..<1_000_000_000)
}
