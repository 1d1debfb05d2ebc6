internal import ArgumentParser
internal import Formats
internal import Gateway
internal import Glibc
internal import NIOCore
internal import POSIX
internal import Rotation
internal import Secrets
internal import Signing

/// Runs a rotation and says how it went: what is in force now, and what to do.
struct RotationConversation {
  let preparation: RotationPreparation
  let files: RotationFiles
  let compromised: Bool
  let progress: RotationProgress

  private var target: SecretTarget { preparation.target }
  private var path: String { target.path }

  func run() throws {
    let daemon = ControlDaemon(
      control: target.control, path: path, current: files.current, mayBeAbsent: preparation.noDaemon)
    let source: any SecretSource =
      preparation.call.map { UndisturbedSource(source: $0) } ?? ByHandSource(target: target)
    var run = RotationRun(
      preparation.folder, policy: target.policy,
      RotationRun.Dependencies(
        daemon: daemon, source: source, now: { Clocks.now().unixMilliseconds },
        pause: { FileThread.sleep(.seconds(Int64($0))) }, say: { complain($0) }))
    run.mode = preparation.call == nil ? .byHand : .call
    run.isCompromised = compromised || files.journal?.compromised == true
    run.spreadSeconds = target.rotation?.spreadSeconds ?? 0
    run.progress = progress
    if let journal = files.journal, !progress.isResuming {
      complain("bringing the rotation to an end that began \(TimeText.utc(unixMilliseconds: journal.began))")
    }
    try report(try run.run(), daemon, isCompromised: run.isCompromised)
  }

  private func report(
    _ outcome: RotationOutcome, _ daemon: ControlDaemon, isCompromised: Bool
  ) throws {
    switch outcome {
    case .rotated(let old, let new):
      try rotated(old, new, daemon, isCompromised: isCompromised)
    case .cleared:
      print("\(path): an earlier rotate left files before it called anything; they are cleared away")
      print("secret \(files.current ?? "none") stays in force")
    case .nothingToResume:
      print("\(path): no rotation is unfinished, secret \(files.current ?? "none") is in force")
    case .notShown(let unconfirmed):
      complain("vesigate: \(unconfirmed)")
      complain(
        "the API was not called and secret \(files.current ?? "none") stays in force. Start the daemon, "
          + "or give --no-daemon where none is to run")
      throw ExitStatus.unavailable
    case .refused(let refusal):
      complain("vesigate: the API \(target.rotation?.api ?? "") \(refusal)")
      complain("nothing was changed at the provider: secret \(files.current ?? "none") stays in force")
      throw refusal.kind.exitCode
    case .unknown(let calls, let last): throw unknown(calls, last)
    case .withoutReceipt(let old, let new, let unconfirmed): throw withoutReceipt(old, new, unconfirmed)
    }
  }

  private func rotated(
    _ old: String?, _ new: String, _ daemon: ControlDaemon, isCompromised: Bool
  ) throws {
    if old == new {
      print("\(path): the provider gave secret \(new) again; it is in force")
    } else {
      print("\(path): secret \(new) is in force now\(old.map { ", it was \($0)" } ?? "")")
    }
    if daemon.isAbsent { print("no daemon runs; the next one to start reads it") }
    if let meanwhile = daemon.deliveriesMeanwhile { print(meanwhile) }
    let previous = try preparation.folder.previous()?.entries.first { $0.secret.fingerprint == old }
    if let previous {
      print(
        "secret \(previous.secret.fingerprint) is accepted until "
          + "\(TimeText.utc(unixMilliseconds: previous.until)) for deliveries signed before the rotation")
    } else if isCompromised {
      print("nothing that only the old secret verifies is accepted any more")
    }
    try judgeNew()
  }

  /// The provider made it, and the old one is dead: it is in force, however odd it is.
  private func judgeNew() throws {
    guard let secret = try preparation.folder.secrets().first else { return }
    target.warn(of: secret, isEntered: preparation.call == nil)
    if let key = target.key(of: secret), SecretAdvice.isShort(key) { throw ExitStatus.shortKey }
  }

  private func unknown(_ calls: Int, _ last: String?) -> ExitCode {
    let said = last.map { "; in the end the API \($0)" } ?? ""
    complain(
      """
      vesigate: \(path): it is unknown whether the provider made a new secret \
      (\(calls) \(calls == 1 ? "call" : "calls")\(said))
      Secret \(files.current ?? "none") may be dead already. It is still accepted, and deliveries that \
      fail get 503, so that their sender tries again.
      Only a newer secret cures this. Do one of these:
      \(cures)
      """)
    return ExitStatus.temporary
  }

  /// Each as it is typed, and what it is for.
  private var cures: String {
    let cures = [
      ("rotate --resume --yes", "has the provider make another one"),
      ("set", "where the provider shows you its present secret"),
      ("rotate --abandon", "where you know that it made no new one"),
    ]
    let width = cures[0].0.count
    return cures.map { command, what in
      let blanks = String(repeating: " ", count: width - command.count + 4)
      return "  vesigate secret \(command)\(target.options)\(blanks)\(what)"
    }.joined(separator: "\n")
  }

  private func withoutReceipt(_ old: String?, _ new: String, _ unconfirmed: Unconfirmed) -> ExitCode {
    complain(
      """
      vesigate: \(path): secret \(new) is stored\(old.map { ", it was \($0)" } ?? ""), but the daemon has \
      not confirmed it: \(unconfirmed)
      A daemon that starts now reads it. When one runs, end this with: vesigate secret rotate --resume\(target.options)
      """)
    return ExitStatus.unavailable
  }
}

/// From the call on, until the process ends, Ctrl-C does nothing: what the API answers is stored first.
private struct UndisturbedSource: SecretSource {
  let source: any SecretSource

  func newSecret(attempt: Int) -> ProviderAnswer {
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    return source.newSecret(attempt: attempt)
  }
}
