import Foundation
import Signing
import TestSupport
import Testing

/// Measured: a comparison that ended at the first difference would take several times as long for a wrong last
/// byte as for a wrong first one. What OpenSSL's takes differs by some hundredths.
@Suite(.ownThread) struct ComparisonTimeAlone {
  @Test func `a wrong first byte takes as long as a wrong last one`() throws {
    let right = [UInt8](repeating: 0x5A, count: Digest.bytesMax)
    let digest = try #require(Digest(right))
    let wrong = try [0, Digest.bytesMax - 1].map { place in
      var bytes = right
      bytes[place] ^= 1
      return try #require(Digest(bytes))
    }
    var samples: [[Double]] = [[], []]
    var generator = SeededGenerator(seed: 10)
    for _ in 0..<100_000 {
      let kind = Int.random(in: 0...1, using: &generator)
      samples[kind].append(nanoseconds { digest.matches(wrong[kind]) })
    }
    let welch = Self.welch(Self.cropped(samples[0]), Self.cropped(samples[1]))
    let means = welch.means.map { String(format: "%.2f", $0) }.joined(separator: " and ")
    let ratio = welch.means[1] / welch.means[0]
    HostileTable.row(
      .comparison, "100,000 comparisons, the first or the last byte wrong",
      expected: "under 1.5 times, either way",
      seen: "\(String(format: "%.2f", ratio)) times, Welch t \(String(format: "%.1f", welch.t)), \(means) ns",
      holds: max(ratio, 1 / ratio) < 1.5)
  }

  /// Of sixteen comparisons, since one is shorter than the clock's step.
  private func nanoseconds(_ body: () -> Bool) -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    var matches = 0
    for _ in 0..<16 { matches += body() ? 1 : 0 }
    let end = DispatchTime.now().uptimeNanoseconds
    return matches == 0 ? Double(end - start) / 16 : 0
  }

  /// Without the slowest tenth: interruptions are not the comparison's.
  private static func cropped(_ samples: [Double]) -> [Double] {
    Array(samples.sorted().prefix(samples.count * 9 / 10))
  }

  private static func welch(_ one: [Double], _ other: [Double]) -> (t: Double, means: [Double]) {
    let stats = [one, other].map { samples -> (mean: Double, error: Double) in
      let mean = samples.reduce(0, +) / Double(samples.count)
      let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples.count - 1)
      return (mean, variance / Double(samples.count))
    }
    let t = (stats[0].mean - stats[1].mean) / (stats[0].error + stats[1].error).squareRoot()
    return (t, stats.map(\.mean))
  }
}
