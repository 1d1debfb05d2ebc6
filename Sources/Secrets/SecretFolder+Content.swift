internal import Glibc
public import Signing

/// The answer's file.
public enum NextFile: Sendable, Equatable {
  case absent
  /// Made ready before the call.
  case empty
  /// Not all of an answer.
  case torn
  case complete(fingerprint: String)
}

extension SecretFolder {
  /// The secret file's secrets, the current one first; empty when there is no file, or none in it. What the daemon
  /// would refuse is left out.
  public func secrets() throws(FileFailure) -> [Secret] {
    guard var bytes = try read()?.bytes else { return [] }
    defer { wipe(&bytes) }
    return SecretFile.read(bytes).lines.map(\.secret)
  }

  /// - Throws: what the daemon would refuse the file's content for. An empty one has yet to be filled.
  public func checkContent() throws(FileFailure) {
    guard var bytes = try read()?.bytes else { return }
    defer { wipe(&bytes) }
    guard let flaw = SecretFile.read(bytes).flaw, flaw != SecretFile.empty else { return }
    throw FileFailure(.configuration, "\(path) \(flaw)")
  }

  /// When the secret file was written, Unix milliseconds; nil when there is none.
  public func modified() throws(FileFailure) -> Int64? {
    guard var file = try read() else { return nil }
    wipe(&file.bytes)
    return file.modified
  }

  /// Nil where none stands. What cannot be one counts as garbled: it must be possible to end that rotation.
  ///
  /// - Throws: where one stands that cannot be read, which may pass.
  public func journal() throws(FileFailure) -> Journal? {
    let file = file(.journal)
    let found = Journal.found(file)
    if case .unread(_, let problem) = found { throw FileFailure(file.path, problem) }
    return found.journal
  }

  /// Puts a journal out of the way that is none, so that a person can look at it.
  ///
  /// - Returns: its new path; nil where it can be read.
  public func setUnreadableJournalAside() throws(FileFailure) -> String? {
    let file = file(.journal)
    switch Journal.found(file) {
    case .none, .read: return nil
    case .unread(_, let problem): throw FileFailure(file.path, problem)
    case .foreign: break
    }
    let aside = name(of: .journal) + ".unreadable"
    try rename(name(of: .journal), to: aside)
    return fullName(aside)
  }

  /// The replaced secrets; nil when the file is there and of another form.
  public func previous() throws(FileFailure) -> PreviousSecrets? {
    let file = file(.previous)
    do throws(FileProblem) { return try PreviousSecrets.read(file) } catch {
      switch error.cause {
      // No rotation wrote it.
      case .surroundings: return PreviousSecrets()
      case .content: return nil
      case .access: throw FileFailure(file.path, error)
      }
    }
  }

  /// The answer with the time at which it came, Unix milliseconds; nil while there is no complete one.
  public func answer() throws(FileFailure) -> (secret: Secret, received: Int64)? {
    let place = file(.next)
    do throws(FileProblem) {
      guard let file = try place.open() else { return nil }
      var bytes = try file.read(bytesMax: SecretFile.bytesMax)
      defer { wipe(&bytes) }
      let modified = FileIdentity(file.status).modifiedUnixMilliseconds
      return SecretFile.answer(in: bytes).map { ($0, modified) }
    } catch {
      guard error.cause == .surroundings else { throw FileFailure(place.path, error) }
      return nil
    }
  }

  /// What stands at `.next`. One that others could have put there counts as absent.
  public func nextFile() throws(FileFailure) -> NextFile {
    guard let status = file(.next).believedStatus else { return .absent }
    guard status.st_size > 0 else { return .empty }
    return try answer().map { .complete(fingerprint: $0.secret.fingerprint) } ?? .torn
  }

  /// Writes `.previous`, or removes it where nothing is left in it.
  public func writePrevious(_ previous: PreviousSecrets) throws(FileFailure) {
    let previous = previous.fitting
    guard !previous.entries.isEmpty else { return try remove(.previous) }
    var bytes = previous.bytes
    defer { wipe(&bytes) }
    try write(.previous, bytes)
  }

  /// Replaces the secret file by these lines.
  public func writeSecrets(_ secrets: [Secret]) throws(FileFailure) {
    var bytes = SecretFile.bytes(of: secrets)
    defer { wipe(&bytes) }
    try write(nil, bytes)
  }

  /// Keeps what has gone out of use for deliveries that are in flight, as far as the policy allows.
  ///
  /// - Parameters: `received` and `now` in Unix milliseconds; `isCompromised` keeps nothing.
  public func retire(
    _ old: [Secret], current: Secret, policy: PreviousPolicy, isCompromised: Bool, received: Int64, now: Int64
  ) throws(FileFailure) {
    guard policy.isTimestampSigned, !isCompromised else { return try remove(.previous) }
    let entries = old.map { policy.entry($0, received: received, now: now) }
    let before = try previous() ?? PreviousSecrets()
    try writePrevious(before.adding(entries, current: current, now: now))
  }

  /// Drops replaced secrets: all of them, or one.
  public func dropPrevious(fingerprint: String? = nil) throws(FileFailure) {
    guard let fingerprint, let previous = try previous() else { return try remove(.previous) }
    try writePrevious(previous.removing(fingerprint: fingerprint))
  }

  /// Ends a rotation: what it kept for itself goes, the journal last.
  public func closeRotation() throws(FileFailure) {
    try remove(.next)
    try removeTemporaries()
    try remove(.journal)
  }
}
