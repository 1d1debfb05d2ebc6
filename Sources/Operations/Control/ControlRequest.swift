/// What commands can ask of the daemon, each in a line of its own.
public enum ControlRequest: String, Sendable, CaseIterable {
  /// How things stand: the answer is a `StatusReport`, that to all others a `ControlAnswer`.
  case status
  /// The secret files, and what waits for them.
  case secrets
  /// What SIGHUP does, with what came of it.
  case reload
  /// Looks at all secret files now, and answers when nothing in flight can be judged by older secrets.
  case wait

  /// What earlier versions asked for by other words, and the word by now.
  static let renamed = ["report": ControlRequest.status]
}
