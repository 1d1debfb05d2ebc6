internal import ArgumentParser
internal import Formats
internal import Gateway
internal import Glibc
internal import Operations
internal import Rotation
internal import Secrets
internal import Signing

/// Everything that a rotation needs, found and judged before anything is changed.
struct RotationPreparation {
  let target: SecretTarget
  let folder: SecretFolder
  let noDaemon: Bool
  /// Nil where the operator presses the provider's button.
  let call: ProviderCall?
  /// As it answered at the beginning.
  let reply: ControlAnswer?
  let daemon: DaemonUser?

  init(_ target: SecretTarget, byHand: Bool, noDaemon: Bool) throws {
    self.target = target
    self.noDaemon = noDaemon
    folder = try target.folder()
    reply = target.status()
    daemon = DaemonUser(pid: reply?.pid)
    // One that was begun by hand goes on by hand.
    let isByHand = try byHand || folder.journal()?.mode == .byHand
    call = try isByHand ? nil : RotationPreparation.call(target, daemon)
  }

  private static func call(_ target: SecretTarget, _ daemon: DaemonUser?) throws -> ProviderCall {
    guard let settings = target.rotation, let provider = Providers.named(settings.provider) else {
      complain(
        "vesigate: no route that uses \(target.path) has rotation: with api-key-file. Give it that, or use "
          + "--by-hand, or vesigate secret set")
      throw ExitStatus.configuration
    }
    let secretKey = try key(settings.apiKeyFile, daemon)
    let publicKey = try settings.publicKeyFile.map { try key($0, daemon) }
    var call = ProviderCall(
      provider, api: settings.api, keys: ProviderKeys(secretKey: secretKey, publicKey: publicKey))
    call.flaw = { target.flaw(in: $0) }
    return call
  }

  /// The daemon never opens it: whoever breaks into the daemon must not find the API key.
  private static func key(_ path: String, _ daemon: DaemonUser?) throws -> Secret {
    let file = try KeyFile(path)
    if let daemon, daemon.user != 0, daemon.canRead(user: file.user, group: file.group, mode: file.mode),
      daemon.canReach(path)
    {
      complain(
        "warning: the daemon's user \(daemon.name) could read the API key in \(path): make it root's own "
          + "(chown root:root, chmod 0600), in a directory that only root may enter")
    }
    return file.key
  }

  /// - Throws: what would fail only after the old secret is dead.
  func check() throws {
    try folder.checkWritable()
    try folder.checkReplaceable()
    try folder.checkContent()
    try target.checkDaemonReads(folder, daemon)
  }

  /// - Throws: what the daemon would not read a new secret for.
  func checkPlace() throws { try target.checkPlace(folder, daemon) }

  // MARK: Dry run

  /// Says how everything stands, and ends with the first problem's exit code.
  func report() throws {
    try check()
    let current = try folder.secrets().first?.fingerprint ?? "none yet"
    print("\(target.path): can be replaced; its secret is \(current)")
    let lock = try target.lock(folder, command: "rotate --dry-run")
    try withExtendedLifetime(lock) {
      if let journal = try folder.journal() {
        print(
          "a rotation is unfinished since \(TimeText.utc(unixMilliseconds: journal.began)): rotate would "
            + "bring that to an end first")
      }
    }
    let problems = [reportDaemon(), reportAPI()].compactMap { $0 }
    if let first = problems.first { throw first }
    print("nothing was changed; rotate can do its work")
  }

  private func reportDaemon() -> ExitCode? {
    let name = target.control ?? "control: none"
    guard let reply else {
      complain("\(noDaemon ? "note" : "problem"): no daemon answers at \(name)")
      return noDaemon ? nil : ExitStatus.unavailable
    }
    guard let file = reply.file(target.path) else {
      complain(
        "problem: the daemon does not use \(target.path): make it read its configuration (vesigate reload)")
      return ExitStatus.unavailable
    }
    print("the daemon (process \(reply.pid)) judges by secret \(file.fingerprints.first ?? "none")")
    return nil
  }

  private func reportAPI() -> ExitCode? {
    guard let call, let api = target.rotation?.api else { return nil }
    do throws(CurlCall.Failure) {
      try call.reach()
      print("the API \(api) can be reached; whether it accepts the key shows only when it is called")
      return nil
    } catch {
      complain("problem: the API \(api) cannot be reached: \(error)")
      return ExitStatus.unavailable
    }
  }
}

extension DaemonUser {
  /// Whether the directories above a file let the daemon through.
  func canReach(_ path: String) -> Bool {
    var folder = path
    while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
      folder = String(folder[..<slash])
      var status = stat()
      guard stat(folder, &status) == 0 else { return true }
      // Search permission stands one bit below that of writing.
      guard canRead(user: status.st_uid, group: status.st_gid, mode: status.st_mode << 2) else {
        return false
      }
    }
    return true
  }
}
