/// What became of accepting.
public enum AcceptTrouble: Sendable {
  /// The reason, in the system's words.
  case began(String)
  case ended
}
