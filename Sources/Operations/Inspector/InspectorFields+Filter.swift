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

  static let statuses = 100...599

  /// An answer's; nil where there is none, or no such.
  var status: Int? { self["status"].flatMap { Int($0) }.flatMap { Self.statuses.contains($0) ? $0 : nil } }

  /// Why it is no status, for people.
  var statusFlaw: String? {
    guard let text = self["status"], status == nil else { return nil }
    return "\(text) is no status: that is 100 to 599"
  }

  /// Why nothing is looked for by its text.
  var textFlaw: String? {
    guard let text = self["text"], text.utf8.count > QueueRequest.textBytesMax else { return nil }
    return "a text to look for has at most \(QueueRequest.textBytesMax) bytes"
  }

  /// Why `since` or `until` is no time.
  func timeFlaw(_ now: Int64) -> String? {
    instant("since", now).sentence ?? instant("until", now).sentence
  }

  /// `route /hook, state dead`; nil where none of them is there.
  func words(_ names: [String]) -> String? {
    let words = names.compactMap { name in self[name].map { "\(name) \($0)" } }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  /// As fields of a form, or of an address; those that are empty stay out.
  func kept(_ names: [String]) -> [(name: String, value: String?)] {
    names.map { ($0, self[$0]) }
  }
}
