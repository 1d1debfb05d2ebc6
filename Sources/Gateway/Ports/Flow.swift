/// Whether the taker wants more now.
public enum Flow: Sendable {
  case more
  /// Keep the next bytes until `resume`.
  case pause
}
