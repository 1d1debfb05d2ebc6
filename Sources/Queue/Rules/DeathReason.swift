/// Why a job is dead.
public enum DeathReason: String, Sendable, CaseIterable {
  /// The app's answer says that it will never take this.
  case status
  /// Retried for longer than the policy allows.
  case age
  /// The stored row is not what was sealed.
  case sealBroken = "seal-broken"
  /// The process ended while it was sent, more than once.
  case poison
}
