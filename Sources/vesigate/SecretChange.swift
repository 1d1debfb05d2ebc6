internal import ArgumentParser
internal import Gateway
internal import Rotation
internal import Settings
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
    let now = Clocks.now().unixMilliseconds
    try folder.retire(
      keepsOld ? [] : old, current: secret, policy: target.policy, isCompromised: compromised,
      received: now, now: now)
    try folder.writeSecrets([secret] + (keepsOld ? old : []))
    let was = old.first.map { ", it was \($0.fingerprint)" } ?? ""
    print("\(target.path): secret \(secret.fingerprint) is stored\(was)")
    try receipt(secret.fingerprint)
    // What a rotation left unfinished, the operator has finished.
    try folder.closeRotation()
    try sayPrevious()
  }

  func check() throws {
    try folder.checkWritable()
    try target.checkDaemonCanRead(folder, DaemonUser(pid: target.status()?.pid))
  }

  /// Waits until the daemon has it; where none runs there is nothing to wait for.
  func receipt(_ fingerprint: String) throws {
    let daemon = ControlDaemon(
      control: target.control, path: target.path, current: nil, mayBeAbsent: true)
    do throws(DaemonSilence) {
      try daemon.confirmSecret(fingerprint: fingerprint)
    } catch {
      complain("vesigate: the files are changed, but the daemon has not confirmed it: \(error)")
      throw ExitStatus.unavailable
    }
    guard !daemon.isAbsent else {
      return complain(
        "note: no daemon answers at \(target.control ?? "control: none"); one that runs without it finds the "
          + "change when a delivery fails, or on SIGHUP")
    }
    print("the daemon judges by it (generation \(daemon.generation ?? 0))")
  }

  private func sayPrevious() throws {
    for entry in try folder.previous()?.entries ?? [] {
      print(
        "secret \(entry.secret.fingerprint) is accepted until \(TimeText.utc(unixMilliseconds: entry.until)) "
          + "for deliveries signed before \(TimeText.utc(unixMilliseconds: entry.signedBefore))")
    }
  }
}
