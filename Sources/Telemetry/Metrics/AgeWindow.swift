/// The ages of the last verified deliveries of one route: what the clocks' difference is estimated from.
public struct AgeWindow: Sendable {
  /// How many are kept by each event loop.
  static let samplesMax = 64
  /// Older ones say nothing about the clocks of now.
  static let secondsMax = 3600
  /// Fewer say nothing: any single delivery may have been under way for long.
  static let samplesMin = 5

  struct Sample: Sendable {
    /// Seconds from signing to arrival.
    let ageSeconds: Int
    /// Unix milliseconds.
    let at: Int64
  }

  private var samples: [Sample] = []
  private var next = 0

  mutating func add(ageSeconds: Int, at: Int64) {
    let sample = Sample(ageSeconds: ageSeconds, at: at)
    guard samples.count == Self.samplesMax else { return samples.append(sample) }
    samples[next] = sample
    next = (next + 1) % Self.samplesMax
  }

  /// For a reader: what several loops saw. It is not added to afterwards.
  mutating func add(_ other: AgeWindow) { samples += other.samples }

  /// The median age in seconds, nil where too few deliveries came lately. Above zero the sender's clock is
  /// behind ours, or its deliveries are under way for so long; below zero its clock is ahead.
  public func median(at unixMilliseconds: Int64) -> Int? {
    let oldest = unixMilliseconds - Int64(Self.secondsMax) * 1000
    let ages = samples.filter { $0.at >= oldest }.map(\.ageSeconds).sorted()
    return ages.count >= Self.samplesMin ? ages[ages.count / 2] : nil
  }
}
