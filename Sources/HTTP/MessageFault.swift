/// Why bytes are no message, or none that all readers would read alike. What it means for a delivery is the
/// business of whoever reads: a request is refused with it, an upstream's answer is a failed attempt.
public enum MessageFault: Error, Sendable, Equatable {
  /// The text names the rule.
  case malformed(StaticText)
  /// The header section, or the trailers, are beyond their bound.
  case headTooLarge(SectionBound)
}

/// A bound of a header or trailer section, by its setting's name.
public enum SectionBound: String, Sendable, CaseIterable {
  case bytes = "header-bytes-max"
  case fields = "header-fields-max"
}
