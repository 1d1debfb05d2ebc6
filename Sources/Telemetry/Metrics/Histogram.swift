/// Where the buckets of a histogram end.
struct Buckets: Sendable {
  /// Upper bounds, inclusive and ascending, in the unit that is counted.
  let bounds: [Int64]
  /// The same in seconds, as the label `le` has them.
  let labels: [String]
  /// How many of the unit make a second.
  let unitsPerSecond: Int64

  /// - Parameter unitsPerSecond: 1 where no time is counted.
  init(unitsPerSecond: Int64, _ bounds: [Int64]) {
    self.init(unitsPerSecond: unitsPerSecond, bounds.map { ($0, Self.text($0, unitsPerSecond)) })
  }

  /// As a decimal number of the unit's whole, without zeros at its end.
  private static func text(_ bound: Int64, _ unitsPerSecond: Int64) -> String {
    var (rest, digits) = (bound % unitsPerSecond, "")
    var unit = unitsPerSecond
    while rest > 0 {
      unit /= 10
      digits += String(rest / unit)
      rest %= unit
    }
    return digits.isEmpty ? "\(bound / unitsPerSecond)" : "\(bound / unitsPerSecond).\(digits)"
  }

  private init(unitsPerSecond: Int64, _ bounds: [(Int64, String)]) {
    self.unitsPerSecond = unitsPerSecond
    self.bounds = bounds.map(\.0)
    labels = bounds.map(\.1)
  }

  /// From the body's end to the verdict: an HMAC takes microseconds, a look some milliseconds, a delivery
  /// that is held seconds.
  static let verify = Buckets(
    unitsPerSecond: 1_000_000_000,
    [
      (25_000, "0.000025"), (50_000, "0.00005"), (100_000, "0.0001"), (250_000, "0.00025"),
      (500_000, "0.0005"), (1_000_000, "0.001"), (5_000_000, "0.005"), (25_000_000, "0.025"),
      (100_000_000, "0.1"), (1_000_000_000, "1"), (10_000_000_000, "10"),
    ])

  /// Waiting for upstreams, and whole deliveries.
  static let delivery = Buckets(
    unitsPerSecond: 1_000_000_000,
    [
      (500_000, "0.0005"), (1_000_000, "0.001"), (2_500_000, "0.0025"), (5_000_000, "0.005"),
      (10_000_000, "0.01"), (25_000_000, "0.025"), (50_000_000, "0.05"), (100_000_000, "0.1"),
      (250_000_000, "0.25"), (500_000_000, "0.5"), (1_000_000_000, "1"), (2_500_000_000, "2.5"),
      (5_000_000_000, "5"), (10_000_000_000, "10"), (25_000_000_000, "25"),
    ])

  /// Seconds from signing to arrival; below zero lies what was signed in our future.
  static let age = Buckets(
    unitsPerSecond: 1,
    [-300, -150, -60, -10, -1, 0, 1, 2, 5, 10, 30, 60, 150, 300, 900, 3600].map { ($0, "\($0)") })
}

/// How often values fell into which bucket.
struct Histogram: Sendable {
  let buckets: Buckets
  /// By bucket, not summed up; the last one has no bound.
  private(set) var counts: [UInt64]
  private(set) var sum: Int64 = 0

  init(_ buckets: Buckets) {
    self.buckets = buckets
    counts = [UInt64](repeating: 0, count: buckets.bounds.count + 1)
  }

  /// What somebody else has counted.
  init(_ tally: StatusSnapshot.Store.Tally, unitsPerSecond: Int64) {
    self.init(Buckets(unitsPerSecond: unitsPerSecond, tally.bounds))
    counts = Array(tally.counts.prefix(counts.count)) + Array(counts.dropFirst(tally.counts.count))
    sum = tally.sum
  }

  var count: UInt64 { counts.reduce(0, &+) }

  mutating func add(_ value: Int64) {
    var index = 0
    while index < buckets.bounds.count, buckets.bounds[index] < value { index += 1 }
    counts[index] &+= 1
    sum &+= value
  }

  mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    sum &+= other.sum
  }
}
