internal import Configuration
internal import Diagnosis
internal import Formats
internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import POSIX
internal import Secrets
internal import Signing
internal import Synchronization

/// Looks at one secret file and at what a rotation keeps beside it, without a signal, and takes what has changed. All
/// of it happens on the file thread.
struct SecretRechecker: Sendable {
  let store: ConfigurationStore
  let workers: Workers
  let status: ServiceStatus
  let files: NIOThreadPool
  let logger: Logger

  /// Without a signal a changed file counts only when two looks this far apart find it the same: somebody
  /// may be in the middle of writing it.
  private static let settling = TimeAmount.milliseconds(50)
  /// After so many looks at a file that never rests, deliveries are judged by what is known.
  private static let settlingLooksMax = 20

  private struct Change {
    let index: Int
    let seen: SecretFileState?
    /// What a rotation keeps beside the file is written by rename and counts at once.
    let mustRest: Bool
  }

  private enum Difference {
    case known(LookEnd)
    /// What is in force is there again, and could not be read a while ago.
    case back
    case changed(Change)
  }

  /// Looks at one file; when it has changed and rests, its secrets are in force on every loop on return.
  func recheck(_ path: String) -> LookEnd {
    let start = NIODeadline.now()
    let end = lookUntilAtRest(path)
    // Behind the look: a rotation that has ended since the last one is not unfinished.
    remarkUnfinished(path)
    let took = (NIODeadline.now() - start).nanoseconds / 1_000_000
    // Deliveries waited for it. Five seconds is as long as they do.
    if took > 2_000 {
      logger.warning(
        "a look at a secret file was slow: its file system is, or somebody writes it all the time",
        metadata: ["file": "\(path)", "took_ms": "\(took)"])
    }
    return end
  }

  private func lookUntilAtRest(_ path: String) -> LookEnd {
    var seen = SecretFile.look(path)
    for _ in 0..<Self.settlingLooksMax {
      switch difference(path, seen) {
      case .known(let end): return end
      case .back:
        tellBack(path)
        return .inForce
      case .changed(let change):
        if change.mustRest {
          FileThread.sleep(Self.settling)
          seen = SecretFile.look(path)
          guard seen == change.seen else { continue }
        }
        if let end = reread(change, path) { return end }
        seen = SecretFile.look(path)
      }
    }
    // What it holds is not in force.
    return .unread
  }

  /// Looks at every file as a delivery that fails would have it looked at: what rests there is taken.
  func lookAtAll() async {
    try? await files.runIfActive {
      for path in Set(store.loaded.snapshot.secrets.map(\.path)) { _ = recheck(path) }
    }
  }

  /// Looks at every file now, and takes what has changed as it stands: as after a signal.
  func recheckAll() async {
    try? await files.runIfActive {
      for set in store.state.withLock({ $0.loaded.snapshot.secrets }) {
        for _ in 0..<Self.settlingLooksMax {
          guard case .changed(let change) = difference(set.path, SecretFile.look(set.path), triesAgain: true)
          else { break }
          if reread(change, set.path) != nil { break }
        }
      }
    }
  }

  /// What differs from what is in force, unless trying to take just that would come to the same.
  private func difference(_ path: String, _ seen: SecretFileState?, triesAgain: Bool = false) -> Difference {
    let now = NIODeadline.now()
    return store.state.withLock { state in
      let loaded = state.loaded
      guard let index = loaded.configuration.secretFiles.firstIndex(where: { $0.path == path }) else {
        return .known(.inForce)
      }
      if let seen, loaded.identities[index] == seen {
        return state.untaken.removeValue(forKey: path) == nil ? .known(.inForce) : .back
      }
      let untaken = state.untaken[path]
      if let untaken, untaken.holds(of: seen, at: now), untaken.cause == .content || !triesAgain {
        return .known(untaken.lookEnd)
      }
      // One that was not taken has rested before.
      let isKnown = untaken != nil && untaken?.identity == seen
      let isFileItself = loaded.identities[index].file != seen?.file
      return .changed(Change(index: index, seen: seen, mustRest: isFileItself && !isKnown))
    }
  }

  /// What came of reading the file; nil where it changed meanwhile.
  private func reread(_ change: Change, _ path: String) -> LookEnd? {
    let old = store.state.withLock { $0.loaded }
    do throws(LoadFailure) {
      let reread = try old.rereading(secretFile: change.index)
      let new = reread.loaded
      guard new.identities[change.index] == change.seen else { return nil }
      let wasUntaken = store.state.withLock { state in
        state.loaded = reread.isWhole ? new : new.unlike(secretFile: change.index)
        state.readAt[path] = Clocks.now().unixMilliseconds
        return state.untaken.removeValue(forKey: path) != nil
      }
      if wasUntaken { tellBack(path) }
      guard new.snapshot !== old.snapshot else { return reread.isWhole ? .inForce : .unread }
      take(new.snapshot, after: old.snapshot, at: change.index, reread.warnings)
      return reread.isWhole ? .inForce : .unread
    } catch {
      // Judged halfway through another change: that one is looked at next.
      guard SecretFile.look(path) == change.seen else { return nil }
      return leave(change, path, error)
    }
  }

  private func take(_ new: Snapshot, after old: Snapshot, at index: Int, _ warnings: [String]) {
    workers.adopt(new)
    report(new.secrets[index], after: old.secrets[index])
    if !new.secrets[index].holdsSecretsOf(old.secrets[index]) {
      for warning in warnings { logger.warning("\(warning)") }
    }
    status.secretsChanged()
  }

  private func tellBack(_ path: String) {
    logger.notice("the secret file can be used again", metadata: ["file": "\(path)"])
  }

  /// The old secrets stay in force. What is said of them beside the file is heard all the same.
  private func leave(_ change: Change, _ path: String, _ failure: LoadFailure) -> LookEnd {
    let old = store.state.withLock { $0.loaded }
    let new = old.hearing(journalOfSecretFile: change.index)
    let untaken = UntakenFile(
      identity: change.seen, cause: failure.cause, problems: failure.problems,
      isCompromised: new.snapshot.secrets[change.index].rotation?.isCompromised == true, triedAt: .now())
    let before = store.state.withLock { state in
      let before = state.untaken[path]
      state.loaded = new
      state.untaken[path] = untaken
      return before
    }
    if new.snapshot !== old.snapshot { take(new.snapshot, after: old.snapshot, at: change.index, []) }
    if !untaken.isToldBy(before) {
      for problem in untaken.problems.all { logger.error("\(problem)") }
      logger.error("\(untaken.sentence)", metadata: ["file": "\(path)"])
    }
    return untaken.lookEnd
  }

  private func report(_ new: SecretSet, after old: SecretSet) {
    let about: Logger.Metadata = [
      "file": "\(new.path)", "secrets": "\(new.fingerprints.joined(separator: ","))",
    ]
    if let rotation = new.rotation, old.rotation == nil {
      let fate =
        rotation.mode == .byHand ? "get 503 until the new secret is there" : "wait for the new secret"
      logger.notice("rotation announced: deliveries that fail \(fate)", metadata: about)
    }
    if new.fingerprints != old.fingerprints {
      logger.notice("secret file has changed, taken without a signal", metadata: about)
    }
    if new.rotation == nil, old.rotation != nil { logger.notice("rotation is over", metadata: about) }
  }

  /// Said once for each rotation that takes longer than deliveries can be held.
  private func remarkUnfinished(_ path: String) {
    let rotation = store.state.withLock { state -> RotationNotice? in
      let set = state.loaded.snapshot.secrets.first { $0.path == path }
      guard let rotation = set?.rotation,
        rotation.isUnfinished(at: Clocks.now().unixMilliseconds),
        state.unfinishedReported.insert(rotation.beganUnixMilliseconds).inserted
      else { return nil }
      return rotation
    }
    guard let rotation else { return }
    logger.error(
      "rotation unfinished: deliveries that fail get 503 until `vesigate secret rotate --resume` ends it",
      metadata: ["file": "\(path)", "began_ms": "\(rotation.beganUnixMilliseconds)"])
  }
}

extension SecretSet {
  /// Of what has been said once nothing is said again when only a journal came or went.
  fileprivate func holdsSecretsOf(_ other: SecretSet) -> Bool { fingerprints == other.fingerprints }
}
