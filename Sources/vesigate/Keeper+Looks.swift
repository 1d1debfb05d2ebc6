internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Settings
internal import Synchronization

/// Looks at one secret file and at what a rotation keeps beside it, without a signal.
extension Keeper {
  /// Without a signal a changed file counts only when two looks this far apart find it the same: somebody
  /// may be in the middle of writing it.
  private static let settling = TimeAmount.milliseconds(50)
  /// After so many looks at a file that never rests, deliveries are judged by what is known.
  private static let settlingLooksMax = 20

  private struct Change {
    let index: Int
    /// What a rotation keeps beside the file is written by rename and counts at once.
    let isFileItself: Bool
  }

  /// Looks at one file; when it has changed and rests, its secrets are in force on every loop on return.
  func look(at path: String) {
    let start = NIODeadline.now()
    lookUntilAtRest(path)
    // Behind the look: a rotation that has ended since the last one is not unfinished.
    remarkUnfinished(path)
    let took = (NIODeadline.now() - start).nanoseconds / 1_000_000
    // Deliveries waited for it. Five seconds is as long as they do.
    if took > 2_000 {
      logger.warning(
        "a look at a secret file was slow: its file system is, or somebody writes it all the time",
        metadata: ["file": "\(path)", "took_ms": "\(took)"])
    }
  }

  private func lookUntilAtRest(_ path: String) {
    var seen = SecretFile.look(path)
    for _ in 0..<Self.settlingLooksMax {
      guard let change = change(path, to: seen), let first = seen else { return }
      if change.isFileItself {
        FileThread.sleep(Self.settling)
        seen = SecretFile.look(path)
        guard seen == first else { continue }
      }
      if reread(change.index, path, first) { return }
      seen = SecretFile.look(path)
    }
  }

  /// Looks at every file now, and takes what has changed as it stands: as after a signal.
  func lookAtAll() async {
    try? await files.runIfActive { [self] in
      for set in state.withLock({ $0.loaded.snapshot.secrets }) {
        for _ in 0..<Self.settlingLooksMax {
          let seen = SecretFile.look(set.path)
          guard let change = change(set.path, to: seen), let seen else { break }
          if reread(change.index, set.path, seen) { break }
        }
      }
    }
  }

  /// What differs from what is in force, unless just that was refused already.
  private func change(_ path: String, to seen: SecretFileState?) -> Change? {
    guard let seen else { return nil }
    return state.withLock { state in
      let loaded = state.loaded
      guard let index = loaded.configuration.secretFiles.firstIndex(where: { $0.path == path }),
        loaded.identities[index] != seen, state.unusable[path] != seen
      else { return nil }
      return Change(index: index, isFileItself: loaded.identities[index].file != seen.file)
    }
  }

  /// Whether the file has been dealt with: taken, or refused and reported.
  private func reread(_ index: Int, _ path: String, _ identity: SecretFileState) -> Bool {
    let old = state.withLock { $0.loaded }
    do throws(LoadFailure) {
      let new = try old.rereading(secretFile: index)
      guard new.identities[index] == identity else { return false }
      state.withLock { state in
        state.loaded = new
        state.readAt[path] = Clocks.now().unixMilliseconds
      }
      guard new.snapshot !== old.snapshot else { return true }
      publish.tell(new.snapshot)
      report(new.snapshot.secrets[index], after: old.snapshot.secrets[index])
      changed.tell(())
    } catch {
      // Judged halfway through another change: that one is looked at next.
      guard SecretFile.look(path) == identity else { return false }
      state.withLock { $0.unusable[path] = identity }
      for problem in error.problems.all { logger.error("\(problem)") }
      logger.error("the changed secret file is refused, its old secrets stay in force")
    }
    return true
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
    let rotation = state.withLock { state -> RotationNotice? in
      let set = state.loaded.snapshot.secrets.first { $0.path == path }
      guard let rotation = set?.rotation,
        Clocks.now().unixMilliseconds - rotation.beganUnixMilliseconds
          > Int64(RotationNotice.holdingSecondsMax) * 1000,
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
