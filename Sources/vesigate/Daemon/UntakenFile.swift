internal import Configuration
internal import Gateway
internal import NIOCore
internal import Secrets

/// A secret file that has changed and whose secrets could not be taken.
struct UntakenFile: Sendable {
  /// As it was found; nil where nobody could tell, or it is gone.
  let identity: SecretFileState?
  let cause: FileProblem.Cause
  let problems: Problems
  /// Whether the file's old secret is compromised.
  let isCompromised: Bool
  let triedAt: NIODeadline

  /// Between two tries of what may pass without a change of the file: everybody may have one made.
  static let spacing = TimeAmount.milliseconds(100)

  /// Whether trying once more would find the same.
  func holds(of seen: SecretFileState?, at now: NIODeadline) -> Bool {
    identity == seen && (cause == .content || now < triedAt + Self.spacing)
  }

  /// What comes of a look that finds it so.
  var lookEnd: LookEnd { cause == .access ? .unread : .refused }

  /// Whether an operator who has heard of the other has heard of this one.
  func isToldBy(_ other: UntakenFile?) -> Bool {
    guard let other else { return false }
    let isSame = cause == .access ? other.cause == .access : other.identity == identity
    return isSame && other.problems == problems && other.isCompromised == isCompromised
  }

  // MARK: Words

  var sentence: String {
    if isCompromised {
      return "the changed secret file is not taken, its old secrets stay in force; "
        + "what a compromised secret verifies gets 503 until it is taken"
    }
    guard cause == .access else { return "the changed secret file is refused, its old secrets stay in force" }
    return "the secret file cannot be read: its old secrets stay in force, what they do not verify gets 503"
  }

  /// For `vesigate status` and the readiness page.
  func remark(on path: String) -> String {
    if isCompromised {
      return "\(path) has changed and is not taken: what a compromised secret verifies gets 503 until it is "
        + "taken; vesigate check and the log say why"
    }
    guard cause == .access else {
      return "\(path) has changed and is refused, its old secrets stay in force: vesigate check says why"
    }
    return "\(path) cannot be read: its old secrets stay in force, what they do not verify gets 503; "
      + "vesigate check and the log say why"
  }
}
