/// How often values fell below which bounds: what a histogram is made of.
public struct Tally: Sendable, Equatable {
  /// Inclusive and ascending, in the unit that is counted.
  public let bounds: [Int64]
  /// By bound; the last one is of what lies above them all.
  public private(set) var counts: [UInt64]
  public private(set) var sum: Int64 = 0

  init(_ bounds: [Int64]) {
    self.bounds = bounds
    counts = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  mutating func add(_ value: Int64) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] &+= 1
    sum &+= value
  }
}
