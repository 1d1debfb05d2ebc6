/// The last attempts at one upstream: how many of them were answered with a 5xx.
public struct AnswerWindow: Sendable {
  /// How many are kept by each event loop.
  static let samplesMax = 30

  struct Sample: Sendable {
    /// When the delivery arrived, Unix milliseconds.
    let at: Int64
    let isError: Bool
  }

  private var samples: [Sample] = []
  private var next = 0

  /// At most `samplesMax`.
  public var count: Int { samples.count }
  /// Of those, the ones that were answered with a 5xx.
  public var errors: Int { samples.reduce(0) { $0 + ($1.isError ? 1 : 0) } }

  mutating func add(isError: Bool, at: Int64) {
    let sample = Sample(at: at, isError: isError)
    guard samples.count == Self.samplesMax else { return samples.append(sample) }
    samples[next] = sample
    next = (next + 1) % Self.samplesMax
  }

  /// For a reader: the last of what several loops saw. It is not added to afterwards.
  mutating func add(_ other: AnswerWindow) {
    guard !other.samples.isEmpty else { return }
    samples = (samples + other.samples).sorted { $0.at < $1.at }.suffix(Self.samplesMax)
  }
}
