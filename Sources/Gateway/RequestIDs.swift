/// Ids for requests that came without one: unique within a loop's life, and unlike another loop's.
struct RequestIDs {
  private let seed: UInt64
  private var count: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  mutating func next() -> String {
    count += 1
    return String(unsafeUninitializedCapacity: 32) { target in
      RequestIDs.write(seed, to: target, at: 0)
      RequestIDs.write(count, to: target, at: 16)
      return 32
    }
  }

  static func write(_ value: UInt64, to target: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    let digits: StaticString = "0123456789abcdef"
    var rest = value
    var place = start + 16
    while place > start {
      place -= 1
      target[place] = digits.utf8Start[Int(truncatingIfNeeded: rest & 15)]
      rest >>= 4
    }
  }
}
