internal import ArgumentParser
internal import Formats
internal import Operations
internal import POSIX
internal import Rotation
internal import Secrets
internal import Signing

/// A change of a secret file by the operator's own hand: `set`, `new --write`, `retire`.
struct SecretChange {
  let target: SecretTarget
  let folder: SecretFolder

  /// Makes `secret` the current one.
  ///
  /// - Parameter keepsOld: the other lines stay in the file, below it.
  func set(_ secret: Secret, keepsOld: Bool, compromised: Bool) throws {
    if let flaw = target.flaw(in: secret) {
      complain("vesigate: what was entered \(flaw): nothing was changed")
      throw ExitStatus.data
    }
    try check()
    let old = try folder.secrets().filter { !$0.isSame(as: secret) }
    guard !keepsOld || old.count < SecretFile.secretsMax else {
      complain("vesigate: \(target.path) holds \(old.count) secrets already: retire some first")
      throw ExitStatus.data
    }
    let replaces = try !old.isEmpty || folder.previous()?.entries.isEmpty == false
    let announced = try compromised && replaces ? announce() : nil
    do {
      try store(secret, old: old, keepsOld: keepsOld, compromised: compromised)
      try receipt(secret.fingerprint)
    } catch {
      // A journal of this command's own tells of nothing that anybody could bring to an end.
      if announced == .own { try? folder.closeRotation() }
      throw error
    }
    // What a rotation left unfinished, the operator has finished.
    try folder.closeRotation()
    try sayPrevious()
    target.warn(of: secret, isEntered: true)
  }

  private func store(_ secret: Secret, old: [Secret], keepsOld: Bool, compromised: Bool) throws {
    let now = Clocks.now().unixMilliseconds
    let before = try folder.previous()
    try folder.retire(
      keepsOld ? [] : old, current: secret, policy: target.policy, isCompromised: compromised,
      received: now, now: now)
    do throws(FileFailure) {
      try folder.writeSecrets([secret] + (keepsOld ? old : []))
    } catch {
      // The old secret is still the current one.
      if let before { try? folder.writePrevious(before) }
      throw error
    }
    let was = old.first.map { ", it was \($0.fingerprint)" } ?? ""
    print("\(target.path): secret \(secret.fingerprint) is stored (\(SecretAdvice.length(secret)))\(was)")
  }

  private enum Announced {
    case own
    /// Of a rotation that was left unfinished.
    case others
  }

  /// Has the daemon look at the file before each verdict from now on, so that nothing passes by the old secret
  /// once the new one is stored. One that does not answer is told of by the receipt.
  private func announce() throws -> Announced {
    let unfinished = try folder.journal()
    var journal = unfinished ?? Journal(began: Clocks.now().unixMilliseconds)
    journal.compromised = true
    try folder.write(journal)
    let daemon = ControlDaemon(
      control: target.control, path: target.path, current: nil, mayBeAbsent: true)
    try? daemon.confirmJournal(began: journal.began)
    return unfinished == nil ? .own : .others
  }

  func check() throws {
    try folder.checkWritable()
    try folder.checkReplaceable()
    try target.checkDaemonReads(folder, DaemonUser(pid: target.status()?.pid))
  }

  /// Waits until the daemon has it; where none runs there is nothing to wait for.
  func receipt(_ fingerprint: String) throws {
    let daemon = ControlDaemon(
      control: target.control, path: target.path, current: nil, mayBeAbsent: true)
    do throws(Unconfirmed) {
      try daemon.confirmSecret(fingerprint: fingerprint)
    } catch {
      // A route that is new in the file: its secret has to be there before the reload that takes it up.
      if daemon.isFileUnused {
        return print("the daemon does not know this file yet: vesigate reload takes it up")
      }
      complain("vesigate: the files are changed, but the daemon has not confirmed it: \(error)")
      throw ExitStatus.unavailable
    }
    guard !daemon.isAbsent else {
      if let unit = target.control.map(ServiceUnit.init(control:)), unit.isInactive {
        return complain(
          "note: \(unit.name) does not run: systemctl start \(unit.name) starts it, with this secret")
      }
      return complain(
        "note: no daemon answers at \(target.control ?? "control: none"); one that runs without it finds the "
          + "change when a delivery fails, or on SIGHUP")
    }
    print("the daemon judges by it (generation \(daemon.generation ?? 0))")
  }

  private func sayPrevious() throws {
    let now = Clocks.now().unixMilliseconds
    for entry in try folder.previous()?.entries ?? [] where entry.until > now {
      let text =
        "deliveries signed before \(TimeText.utc(unixMilliseconds: entry.signedBefore)) may be on their way: the old "
        + "secret \(entry.secret.fingerprint) is accepted for them, for "
        + "\(TimeText.age(from: now, to: entry.until)) more; secret retire ends that at once"
      for line in FoldedText.lines(text, behind: "  ") { print(line) }
    }
  }
}
