public import Secrets
internal import Signing

/// What the files beside a secret say about a rotation.
public struct RotationFiles: Sendable, Equatable {
  public var journal: Journal?
  public var next: NextFile
  /// The fingerprint of the file's current secret.
  public var current: String?

  public init(journal: Journal?, next: NextFile, current: String?) {
    self.journal = journal
    self.next = next
    self.current = current
  }
}

extension SecretFolder {
  /// What the files say.
  public func rotationFiles() throws(FileFailure) -> RotationFiles {
    let journal = try journal()
    return RotationFiles(journal: journal, next: try nextFile(), current: try secrets().first?.fingerprint)
  }
}

/// What this run knows beyond the files.
public struct RotationProgress: Sendable, Equatable {
  /// Only bring to an end what was begun before; begin nothing.
  public var isResuming: Bool
  /// Whether the provider may be called again where an earlier call's outcome is unknown.
  public var mayRepeatCall: Bool
  /// How often this run may still call the provider.
  public var callsLeft: Int
  /// The journal is one that this run has written.
  public var hasAnnounced = false
  public var isSeenByDaemon = false
  public var hasSpread = false
  /// The journal can no longer be written; this run remembers instead.
  public var cannotNote = false
  public var hasStored = false
  public var hasReceipt = false
  /// Something was brought to an end.
  public var isFinished = false

  public init(isResuming: Bool = false, mayRepeatCall: Bool = true, callsLeft: Int = 3) {
    self.isResuming = isResuming
    self.mayRepeatCall = mayRepeatCall
    self.callsLeft = callsLeft
  }
}

/// The next thing to do. Each can be done again.
public enum RotationStep: Sendable, Equatable {
  /// Clear away what an earlier run left before it called anything.
  case cleanUp
  case announce
  /// Make `.next` ready, with room on the disk.
  case reserve
  /// Have the daemon confirm that it sees the journal.
  case show
  case spread
  /// Call the provider, or ask the operator. `attempt` goes into the journal first.
  case call(attempt: Int)
  /// Put down that the answer is on disk.
  case noteReceived
  /// Keep the old secret in `.previous`, make `.next` the secret file.
  case store
  case noteStored
  /// Wait until the daemon has the new secret.
  case receipt
  /// Remove the journal.
  case close
  case done
  /// The outcome is unknown, and no call is left or allowed.
  case stopUnknown
}

/// Which step follows from what the files say: the whole of a rotation, and of every repair.
public enum RotationMachine {
  /// The same files and the same progress always give the same step.
  public static func step(_ files: RotationFiles, _ progress: RotationProgress) -> RotationStep {
    if progress.isFinished { return .done }
    if progress.hasStored, progress.cannotNote { return progress.hasReceipt ? .close : .receipt }
    guard let journal = files.journal else { return withoutJournal(files.next, progress) }
    // An answer on disk is the newest secret, whatever the journal got to say.
    if case .complete(let fingerprint) = files.next {
      let isNoted = journal.step == .received && journal.new == fingerprint
      return isNoted || progress.cannotNote ? .store : .noteReceived
    }
    switch journal.step {
    case .announced: return announced(journal, files.next, progress)
    case .calling: return calling(journal, files.next, progress)
    case .received:
      // Renamed already. If it is not that secret, the answer was lost: only a newer one helps.
      let isStored = journal.new != nil && files.current == journal.new
      return isStored ? .noteStored : calling(journal, files.next, progress)
    case .stored: return progress.hasReceipt ? .close : .receipt
    }
  }

  private static func withoutJournal(_ next: NextFile, _ progress: RotationProgress) -> RotationStep {
    guard progress.isResuming else { return .announce }
    switch next {
    case .absent: return .done
    case .complete: return progress.cannotNote ? .store : .noteReceived
    case .empty, .torn: return .cleanUp
    }
  }

  private static func announced(
    _ journal: Journal, _ next: NextFile, _ progress: RotationProgress
  ) -> RotationStep {
    guard progress.hasAnnounced else { return .cleanUp }
    guard next == .empty else { return .reserve }
    guard progress.isSeenByDaemon else { return .show }
    return progress.hasSpread ? .call(attempt: journal.attempt) : .spread
  }

  /// Somebody has called, and what came of it is unknown.
  private static func calling(
    _ journal: Journal, _ next: NextFile, _ progress: RotationProgress
  ) -> RotationStep {
    guard progress.callsLeft > 0, progress.mayRepeatCall else { return .stopUnknown }
    guard next == .empty else { return .reserve }
    return progress.isSeenByDaemon ? .call(attempt: journal.attempt + 1) : .show
  }
}
