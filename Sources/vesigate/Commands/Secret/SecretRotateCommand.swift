internal import ArgumentParser
internal import Glibc
internal import Rotation
internal import Secrets

struct SecretRotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Have the provider make a new secret, and take it into use with nothing lost.",
    usage: "vesigate secret rotate [<options>]",
    discussion: """
      The provider kills the old secret in the instant in which it makes the new one. So the daemon is told \
      first: it holds deliveries that fail until the new secret is there. Where the outcome of a call is \
      unknown (a time-out, a 5xx), the API is called again at once, because only a newer secret cures that. \
      A crash at any point is repaired by the next rotate, or by rotate --resume.

      The exit codes are those of vesigate secret --help.

      Examples:
        vesigate secret rotate --dry-run
        vesigate secret rotate
        systemctl enable --now vesigate-rotate@vesicash.timer
      """)

  @OptionGroup var options: SecretTargetOptions

  @Flag(name: .shortAndLong, help: "Do not ask; needed where there is no terminal.")
  var yes = false

  @Flag(help: "Check keys, permissions, the API's reachability and the daemon; change nothing.")
  var dryRun = false

  @Flag(help: "Only bring to an end what an earlier rotate began.")
  var resume = false

  @Flag(help: "Forget an unfinished rotation. Only when you know that the provider made no new secret.")
  var abandon = false

  @Option(help: "How often the API is called at most while the outcome is unknown.")
  var attempts = 3

  @Flag(help: "Once the new secret is stored, accept nothing more that only the old one verifies.")
  var compromised = false

  @Flag(help: "You press the provider's button, and enter the new secret here.")
  var byHand = false

  @Flag(help: "Go on when no daemon answers.")
  var noDaemon = false

  func validate() throws {
    guard (1...10).contains(attempts) else { throw ValidationError("--attempts must be from 1 to 10") }
    guard [dryRun, resume, abandon].count(where: { $0 }) <= 1 else {
      throw ValidationError("give only one of --dry-run, --resume and --abandon")
    }
  }

  func run() throws {
    let target = try options.target(rotating: true)
    do {
      let preparation = try RotationPreparation(target, byHand: byHand, noDaemon: noDaemon)
      if dryRun { return try preparation.report() }
      let lock = try target.lock(preparation.folder, command: "rotate")
      try withExtendedLifetime(lock) { try runLocked(preparation) }
    } catch let failure as FileFailure {
      let code = fail(failure)
      sayInForce(target)
      throw code
    }
  }

  /// After a file operation that failed: what is in force, and what to do.
  private func sayInForce(_ target: SecretTarget) {
    guard let files = try? SecretFolder(target.path).rotationFiles() else { return }
    let current = "secret \(files.current ?? "none") stays in force"
    switch (files.journal, files.next) {
    case (nil, _): complain("nothing was changed: \(current)")
    case (_, .complete(let fingerprint)):
      complain(
        "the provider has made secret \(fingerprint), and it is on disk. Put right what is said above, then: "
          + "vesigate secret rotate --resume\(target.options)")
    default:
      complain("\(current), and the rotation is unfinished. Put right what is said above, then rotate again")
    }
  }

  private func runLocked(_ preparation: RotationPreparation) throws {
    let files = try preparation.folder.rotationFiles()
    if abandon { return try forget(preparation, files) }
    if resume {
      try preparation.checkPlace()
    } else {
      try preparation.check()
    }
    let mayRepeatCall = try confirm(preparation.target, files)
    var progress = RotationProgress(isResuming: resume, mayRepeatCall: mayRepeatCall, callsLeft: attempts)
    // Entering it again is for the next command: the operator has to look first.
    if byHand || files.journal?.mode == .byHand { progress.callsLeft = 1 }
    try RotationConversation(
      preparation: preparation, files: files, compromised: compromised, progress: progress
    ).run()
  }

  private func forget(_ preparation: RotationPreparation, _ files: RotationFiles) throws {
    let path = preparation.target.path
    if case .complete(let fingerprint) = files.next {
      complain(
        "vesigate: the provider has made secret \(fingerprint), and it is on disk: nothing was changed, run "
          + "vesigate secret rotate --resume\(preparation.target.options)")
      throw ExitStatus.temporary
    }
    guard files.journal != nil else {
      return print("\(path): no rotation is unfinished, secret \(files.current ?? "none") is in force")
    }
    guard try yes || agreed("Did the provider surely make no new secret for \(path)?") else {
      throw declined()
    }
    if let aside = try preparation.folder.setUnreadableJournalAside() {
      print("\(path): what stood in the journal's place cannot be read; it is set aside as \(aside)")
    }
    try preparation.folder.closeRotation()
    print("\(path): the rotation is forgotten, secret \(files.current ?? "none") stays in force")
  }

  /// Asks what has to be asked; true when the provider may be called (again).
  private func confirm(_ target: SecretTarget, _ files: RotationFiles) throws -> Bool {
    guard !yes else { return true }
    guard resume else {
      guard try agreed("Replace the secret \(files.current ?? "(none yet)") of \(target.path) now?") else {
        throw declined()
      }
      return true
    }
    let careful = RotationProgress(isResuming: true, mayRepeatCall: false)
    guard RotationMachine.step(files, careful) == .stopUnknown, SecretEntry.isTerminal else {
      return false
    }
    return try agreed("It is unknown whether the provider made a new secret. Have it make another one now?")
  }

  private func agreed(_ question: String) throws -> Bool {
    guard SecretEntry.isTerminal else {
      complain("vesigate: without a terminal nobody can be asked: nothing was done, give --yes")
      throw ExitStatus.usage
    }
    return SecretEntry.confirm(question)
  }

  private func declined() -> ExitCode {
    complain("nothing was changed")
    return ExitStatus.refused
  }
}
