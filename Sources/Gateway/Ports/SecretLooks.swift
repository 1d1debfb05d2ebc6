/// What a look at a secret file came to.
public enum LookEnd: Sendable, Equatable {
  /// What the file holds is in force.
  case inForce
  /// It has changed, and what it is now is refused: other secrets are in force than it holds.
  case refused
  /// It could not be read, so nobody knows what it holds.
  case unread
}

/// Looks at a secret file, off the event loops. Implemented by the daemon over Configuration.
public protocol SecretLooks: AnyObject {
  /// Calls back on this loop after a look that began after this call. By then it has adopted what the
  /// look found.
  func look(atSecretFile path: String, then: @escaping (LookEnd) -> Void)
}
