internal import Formats

/// Whether something that is in the store ends the process again and again.
public struct CautiousStart: Sendable, Equatable {
  /// So many ends without a goodbye within `withinMilliseconds` are suspicious.
  public static let endsMax = 3
  public static let withinMilliseconds: Int64 = 300_000

  /// Starts that found that the one before had not ended well, Unix milliseconds, the latest last.
  public private(set) var uncleanStarts: [Int64]

  public init(uncleanStarts: [Int64] = []) { self.uncleanStarts = uncleanStarts.suffix(Self.endsMax) }

  /// - Parameter wasClean: whether the process before said goodbye.
  public mutating func start(at now: Int64, wasClean: Bool) {
    if !wasClean { uncleanStarts = (uncleanStarts + [now]).suffix(Self.endsMax) }
  }

  /// One attempt at a time, each written down before it begins.
  public func isCautious(at now: Int64) -> Bool {
    // A clock that was set back makes it cautious, which costs speed alone.
    uncleanStarts.count >= Self.endsMax
      && now.subtractingSaturated(uncleanStarts[0]) <= Self.withinMilliseconds
  }
}
