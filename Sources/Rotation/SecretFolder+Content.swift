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
  /// The secret file's secrets, the current one first; empty when there is no file, or none in it.
  public func secrets() throws(FileFailure) -> [Secret] {
    guard var bytes = try read(nil)?.bytes else { return [] }
    defer { wipe(&bytes) }
    var secrets: [Secret] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard !line.isEmpty else { continue }
      let secret = line.withUnsafeBytes { Secret(copying: $0) }
      if !secrets.contains(where: { $0.isSame(as: secret) }) { secrets.append(secret) }
    }
    return secrets
  }

  /// When the secret file was written, Unix milliseconds; nil when there is none.
  public func modified() throws(FileFailure) -> Int64? {
    guard var file = try read(nil) else { return nil }
    wipe(&file.bytes)
    return file.modified
  }

  public func journal() throws(FileFailure) -> Journal? {
    guard let (bytes, modified) = try read(.journal) else { return nil }
    return Journal(bytes, modified: modified)
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
  func answer() throws(FileFailure) -> (secret: Secret, received: Int64)? {
    guard var file = try read(.next) else { return nil }
    defer { wipe(&file.bytes) }
    guard file.bytes.count > 1, file.bytes.last == UInt8(ascii: "\n") else { return nil }
    let secret = file.bytes.withUnsafeBytes {
      Secret(copying: UnsafeRawBufferPointer(rebasing: $0.dropLast()))
    }
    return (secret, file.modified)
  }

  func nextFile() throws(FileFailure) -> NextFile {
    guard let size = size(of: .next) else { return .absent }
    guard size > 0 else { return .empty }
    return try answer().map { .complete(fingerprint: $0.secret.fingerprint) } ?? .torn
  }

  /// What the files say.
  public func standing() throws(FileFailure) -> Standing {
    let journal = try journal()
    return Standing(journal: journal, next: try nextFile(), current: try secrets().first?.fingerprint)
  }

  /// Writes `.previous`, or removes it where nothing is left in it.
  func writePrevious(_ previous: PreviousSecrets) throws(FileFailure) {
    guard !previous.entries.isEmpty else { return try remove(.previous) }
    var bytes = previous.bytes
    defer { wipe(&bytes) }
    try write(.previous, bytes)
  }

  /// Replaces the secret file by these lines.
  public func writeSecrets(_ secrets: [Secret]) throws(FileFailure) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(secrets.reduce(0) { $0 + $1.count + 1 })
    defer { wipe(&bytes) }
    for secret in secrets {
      secret.withBytes { bytes += $0 }
      bytes.append(UInt8(ascii: "\n"))
    }
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
