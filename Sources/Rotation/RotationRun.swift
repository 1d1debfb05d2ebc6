public import Secrets
internal import Signing

/// The running daemon, as a rotation sees it.
public protocol RotationDaemon {
  /// Returns when the daemon sees the journal that began then; Unix milliseconds.
  func confirmJournal(began: Int64) throws(Unconfirmed)
  /// Returns when the daemon judges by the secret of that fingerprint, and nothing in flight by an older one.
  func confirmSecret(fingerprint: String) throws(Unconfirmed)
  /// The journal is gone. Told at once, the daemon gives verdicts again; else it finds out by itself.
  func rotationEnded()
}

/// Why the daemon did not confirm what was asked of it, as a sentence; most often because it did not answer.
public struct Unconfirmed: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// Where a new secret comes from: the provider's API, or the operator.
public protocol SecretSource {
  func newSecret(attempt: Int) -> ProviderAnswer
}

/// How a rotation ended, where nothing failed on the way.
public enum RotationOutcome: Sendable, Equatable {
  case rotated(old: String?, new: String)
  /// The daemon did not see the journal, so nothing was called.
  case notShown(Unconfirmed)
  /// Surely nothing has changed.
  case refused(ProviderRefusal)
  /// The old secret may be dead. The sentence is the last call's, if there was one.
  case unknown(calls: Int, last: String?)
  /// Stored, but the daemon has not confirmed it.
  case withoutReceipt(old: String?, new: String, Unconfirmed)
  /// What an earlier run left before it called anything is cleared away.
  case cleared
  case nothingToResume
}

/// Takes the steps that the machine names, until there is none left.
public struct RotationRun {
  /// What it works with, besides the files.
  public struct Dependencies {
    public var daemon: any RotationDaemon
    public var source: any SecretSource
    /// Unix milliseconds.
    public var now: () -> Int64
    public var pause: (_ seconds: Int) -> Void
    /// Says a line to the operator.
    public var say: (String) -> Void

    public init(
      daemon: any RotationDaemon, source: any SecretSource, now: @escaping () -> Int64,
      pause: @escaping (_ seconds: Int) -> Void, say: @escaping (String) -> Void
    ) {
      self.daemon = daemon
      self.source = source
      self.now = now
      self.pause = pause
      self.say = say
    }
  }

  public var mode = Journal.Mode.call
  public var isCompromised = false
  /// Between the journal and the call, for a shared folder to spread.
  public var spreadSeconds = 0
  public var policy: PreviousPolicy
  public var progress = RotationProgress()
  private let folder: SecretFolder
  private let dependencies: Dependencies
  private var old: String?
  private var new: String?
  private var calls = 0
  private var last: String?
  private var hasCleared = false

  /// The caller holds the folder's lock.
  public init(_ folder: SecretFolder, policy: PreviousPolicy, _ dependencies: Dependencies) {
    self.folder = folder
    self.policy = policy
    self.dependencies = dependencies
  }

  /// - Throws: what a file operation failed at. The next run goes on from what is on disk.
  public mutating func run() throws(FileFailure) -> RotationOutcome {
    try markCompromised()
    while true {
      let files = try folder.rotationFiles()
      old = old ?? files.journal?.old
      if let outcome = try take(RotationMachine.step(files, progress), files) { return outcome }
    }
  }

  private mutating func take(
    _ step: RotationStep, _ files: RotationFiles
  ) throws(FileFailure) -> RotationOutcome? {
    switch step {
    case .cleanUp: try cleanUp()
    case .announce: try announce(files)
    case .reserve: try reserve(files)
    case .show: return try show(files)
    case .spread: try spread(files)
    case .call(let attempt): return try call(files, attempt)
    case .noteReceived: noteReceived(files)
    case .store: try store(files)
    case .noteStored: noteStored(files)
    case .receipt: return receipt(files)
    case .close: try close()
    case .done: return ended()
    case .stopUnknown: return .unknown(calls: calls, last: last)
    }
    return nil
  }

  /// What an earlier run began may not have been for a compromised secret: from now on it is.
  private mutating func markCompromised() throws(FileFailure) {
    guard isCompromised, var journal = try folder.journal(), !journal.compromised else { return }
    journal.compromised = true
    note(journal)
  }

  private func ended() -> RotationOutcome {
    if let new { return .rotated(old: old, new: new) }
    return hasCleared ? .cleared : .nothingToResume
  }

  private mutating func cleanUp() throws(FileFailure) {
    try folder.closeRotation()
    old = nil
    hasCleared = true
  }

  // MARK: Before the call

  private mutating func announce(_ files: RotationFiles) throws(FileFailure) {
    let journal = Journal(
      began: dependencies.now(), mode: mode, compromised: isCompromised, old: files.current)
    try folder.checkReplaceable()
    // An answer without a journal is not this rotation's.
    try folder.remove(.next)
    try folder.write(journal)
    progress.hasAnnounced = true
  }

  private func reserve(_ files: RotationFiles) throws(FileFailure) {
    do throws(FileFailure) { try folder.reserveNext() } catch {
      if files.journal?.step == .announced { try? folder.closeRotation() }
      throw error
    }
  }

  private mutating func show(_ files: RotationFiles) throws(FileFailure) -> RotationOutcome? {
    guard let journal = files.journal else { return nil }
    do throws(Unconfirmed) {
      try dependencies.daemon.confirmJournal(began: journal.began)
      progress.isSeenByDaemon = true
      return nil
    } catch {
      guard journal.step == .announced else {
        return .unknown(calls: calls, last: "was not called again, because \(error)")
      }
      try folder.closeRotation()
      return .notShown(error)
    }
  }

  /// Waiting is not yet the rotation: what the daemon does in its first seconds is for after the call.
  private mutating func spread(_ files: RotationFiles) throws(FileFailure) {
    progress.hasSpread = true
    guard spreadSeconds > 0, var journal = files.journal else { return }
    dependencies.say("waiting \(spreadSeconds) s for the journal to spread to the other hosts")
    dependencies.pause(spreadSeconds)
    journal.began = dependencies.now()
    try folder.write(journal)
  }

  // MARK: The call

  private mutating func call(
    _ files: RotationFiles, _ attempt: Int
  ) throws(FileFailure) -> RotationOutcome? {
    guard var journal = files.journal else { return nil }
    // The provider kills the old secret: whatever can fail behind it must show before.
    try folder.checkReplaceable()
    journal.step = .calling
    journal.attempt = attempt
    journal.new = nil
    journal.mode = mode
    journal.compromised = journal.compromised || isCompromised
    try folder.write(journal)
    progress.callsLeft -= 1
    calls += 1
    switch dependencies.source.newSecret(attempt: attempt) {
    case .rotated(let secret):
      try folder.writeNext(secret)
      return nil
    case .refused(let refusal):
      return try refused(refusal, attempt)
    case .unknown(let sentence):
      last = sentence
      sayUnknown(sentence, attempt)
      return nil
    }
  }

  /// After a call of unknown outcome no refusal makes it known.
  private mutating func refused(_ refusal: ProviderRefusal, _ attempt: Int) throws(FileFailure)
    -> RotationOutcome?
  {
    guard attempt > 1 else {
      try folder.closeRotation()
      return .refused(refusal)
    }
    last = refusal.sentence
    sayUnknown(refusal.sentence, attempt)
    switch refusal.kind {
    case .unreachable, .tooMany: if progress.callsLeft > 0 { dependencies.pause(1) }
    case .unauthorized, .rejected: progress.callsLeft = 0
    }
    return nil
  }

  private func sayUnknown(_ sentence: String, _ attempt: Int) {
    guard mode == .call else { return }
    dependencies.say("call \(attempt): the API \(sentence)\(progress.callsLeft > 0 ? "; calling again" : "")")
  }

  // MARK: After the call

  private mutating func noteReceived(_ files: RotationFiles) {
    guard case .complete(let fingerprint) = files.next else { return }
    var journal =
      files.journal
      ?? Journal(began: dependencies.now(), mode: mode, compromised: isCompromised, old: files.current)
    journal.step = .received
    journal.new = fingerprint
    note(journal)
  }

  private mutating func store(_ files: RotationFiles) throws(FileFailure) {
    guard let (secret, received) = try folder.answer() else { return }
    try folder.checkReplaceable()
    let isCompromised = isCompromised || files.journal?.compromised == true
    if isCompromised { showBeforeStoring(files) }
    try folder.retire(
      try folder.secrets().filter { !$0.isSame(as: secret) }, current: secret, policy: policy,
      isCompromised: isCompromised, received: received, now: dependencies.now())
    try folder.publishNext()
    progress.hasStored = true
  }

  /// Only a daemon that has seen the journal looks before each verdict. One that is silent now is told of by the
  /// receipt: the new secret must be stored all the same.
  private mutating func showBeforeStoring(_ files: RotationFiles) {
    guard !progress.isSeenByDaemon, let journal = files.journal else { return }
    try? dependencies.daemon.confirmJournal(began: journal.began)
    progress.isSeenByDaemon = true
  }

  private mutating func noteStored(_ files: RotationFiles) {
    guard var journal = files.journal else { return }
    journal.step = .stored
    note(journal)
  }

  /// Once the answer is on disk a journal that cannot be written stops nothing: a full disk must not keep the
  /// new secret from being used.
  private mutating func note(_ journal: Journal) {
    do throws(FileFailure) { try folder.write(journal) } catch {
      dependencies.say("\(error); going on without a note of it")
      progress.cannotNote = true
    }
  }

  private mutating func receipt(_ files: RotationFiles) -> RotationOutcome? {
    let current = files.current ?? ""
    do throws(Unconfirmed) {
      try dependencies.daemon.confirmSecret(fingerprint: current)
    } catch {
      return .withoutReceipt(old: old, new: current, error)
    }
    progress.hasReceipt = true
    new = current
    return nil
  }

  private mutating func close() throws(FileFailure) {
    try folder.closeRotation()
    dependencies.daemon.rotationEnded()
    progress.isFinished = true
  }
}
