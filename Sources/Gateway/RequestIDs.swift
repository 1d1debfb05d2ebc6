internal import Formats

/// Ids for requests that came without one: unique within a loop's life, and unlike another loop's.
struct RequestIDs {
  private let seed: UInt64
  private var count: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  mutating func next() -> String {
    count += 1
    return String(unsafeUninitializedCapacity: 32) { target in
      Hex.write(seed, to: target, at: 0)
      Hex.write(count, to: target, at: 16)
      return 32
    }
  }
}
