internal import Configuration
internal import Formats

/// Fields of a filter, named as the commands' options.
extension InspectorFields {
  /// Nobody means more; it is some thousand years.
  private static let agoSecondsMax = 999_999 * 86_400

  /// What a time's field may be: `90m`, `12h`, `3d`, or RFC 3339.
  enum Instant: Sendable, Equatable {
    case none
    /// Unix milliseconds.
    case at(Int64)
    case unreadable(String)

    var milliseconds: Int64? {
      if case .at(let instant) = self { return instant }
      return nil
    }

    var sentence: String? {
      guard case .unreadable(let text) = self else { return nil }
      return "\(text) is no time: it is 90m, 12h, 3d, or a time such as 2026-11-30T10:00:00Z"
    }
  }

  /// - Parameter now: Unix milliseconds.
  func instant(_ name: String, _ now: Int64) -> Instant {
    guard let text = self[name] else { return .none }
    if let seconds = try? Measure.seconds.number(withUnit: text) {
      return seconds <= Self.agoSecondsMax
        ? .at(now.subtractingSaturated(Int64(seconds) * 1_000)) : .unreadable(text)
    }
    let instant = Array(text.utf8).withUnsafeBytes { RFC3339.unixMilliseconds($0) }
    return instant.map { .at($0) } ?? .unreadable(text)
  }

  /// As fields of a form, or of an address; those that are empty stay out.
  func kept(_ names: [String]) -> [(name: String, value: String?)] {
    names.map { ($0, self[$0]) }
  }
}
