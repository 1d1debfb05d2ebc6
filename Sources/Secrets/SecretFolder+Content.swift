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
    guard var bytes = try read(nil)?.bytes else { return [] }
    defer { wipe(&bytes) }
    return SecretFile.read(bytes).lines.map(\.secret)
  }

  /// - Throws: what the daemon would refuse the file's content for. An empty one has yet to be filled.
  public func checkContent() throws(FileFailure) {
    guard var bytes = try read(nil)?.bytes else { return }
    defer { wipe(&bytes) }
    guard let flaw = SecretFile.read(bytes).flaw, flaw != SecretFile.empty else { return }
    throw FileFailure(.configuration, "\(path) \(flaw)")
  }

  /// When the secret file was written, Unix milliseconds; nil when there is none.
  public func modified() throws(FileFailure) -> Int64? {
    guard var file = try read(nil) else { return nil }
    wipe(&file.bytes)
    return file.modified
  }

  public func journal() throws(FileFailure) -> Journal? {
    var status = stat()
    guard fstatat(directory, name(of: .journal), &status, AT_SYMLINK_NOFOLLOW) == 0,
      isOurs(.journal, status)
    else { return nil }
    return Journal(try journalBytes(), modified: FileIdentity(status).modifiedUnixMilliseconds)
  }

  /// Nil where there is something in its place that cannot be a journal. Rotation goes on from there: it must be
  /// possible to end it.
  private func journalBytes() throws(FileFailure) -> [UInt8]? {
    do throws(FileFailure) { return try read(.journal, bytesMax: Journal.bytesMax)?.bytes } catch {
      guard error.kind == .configuration else { throw error }
      return nil
    }
  }

  /// Puts a journal out of the way that is none, so that a person can look at it.
  ///
  /// - Returns: its new path; nil where it can be read.
  public func setUnreadableJournalAside() throws(FileFailure) -> String? {
    guard size(of: .journal) != nil, try journalBytes() == nil else { return nil }
    let aside = name(of: .journal) + ".unreadable"
    try rename(name(of: .journal), to: aside)
    return fullName(aside)
  }

  /// The replaced secrets; nil when the file is there and of another form.
  public func previous() throws(FileFailure) -> PreviousSecrets? {
    guard var bytes = try read(.previous, bytesMax: PreviousSecrets.bytesMax)?.bytes else {
      return PreviousSecrets()
    }
    defer { wipe(&bytes) }
    return PreviousSecrets(reading: bytes)
  }

  /// The answer with the time at which it came, Unix milliseconds; nil while there is no complete one.
  public func answer() throws(FileFailure) -> (secret: Secret, received: Int64)? {
    guard var file = try read(.next) else { return nil }
    defer { wipe(&file.bytes) }
    guard file.bytes.count > 1, file.bytes.last == UInt8(ascii: "\n") else { return nil }
    let line = file.bytes.dropLast()
    // One that begins with # was written before such secrets had a form of their own.
    let secret = SecretFile.secret(ofLine: line) ?? line.withUnsafeBytes { Secret(copying: $0) }
    return (secret, file.modified)
  }

  public func nextFile() throws(FileFailure) -> NextFile {
    guard let size = size(of: .next) else { return .absent }
    guard size > 0 else { return .empty }
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
