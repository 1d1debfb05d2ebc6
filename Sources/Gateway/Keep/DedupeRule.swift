public import Signing

/// By what a repeated delivery is known.
public enum DedupeRule: Sendable, Equatable {
  case none
  /// The id that the layout signs.
  case id
  /// The body alone, so that a retry that is signed anew is known too.
  case body
  /// Timestamp and body.
  case exact
  /// A header that nothing signs; its name in lower case.
  case header(String)

  /// What is right for a layout where nobody has said.
  ///
  /// - Parameter preset: the name that the configuration calls the layout by.
  public static func automatic(_ layout: SignatureLayout, preset: String?) -> DedupeRule {
    if layout.signed.contains(.id) { return .id }
    // Its bodies carry reference and status: two events are never the same bytes.
    if preset == "vesicash" { return .body }
    // Without a timestamp `exact` would be `body`, and swallow two genuine events that look the same.
    return layout.signed.contains(.timestamp) ? .exact : .none
  }
}
