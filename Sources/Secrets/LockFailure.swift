/// Why the lock on a secret file was not taken.
public enum LockFailure: Error, Sendable, Equatable {
  /// `process 4711 (vesigate secret rotate)`
  case held(by: String)
  case file(FileFailure)
}
