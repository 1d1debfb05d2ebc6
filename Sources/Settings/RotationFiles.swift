internal import Gateway
internal import Glibc
public import Signing

/// The files that a rotation keeps beside a secret file. They are only read here; the commands write them.
enum RotationFiles {
  static func journal(_ path: String) -> String { path + ".journal" }
  static func previous(_ path: String) -> String { path + ".previous" }

  static let journalBytesMax = 4_096
  /// Unix milliseconds of the years 1970 to 9999: whatever else a journal says is no time.
  static let instants: ClosedRange<Int64> = 0...253_402_300_799_999
  /// At most so many replaced secrets are kept.
  static let previousMax = 3

  /// The rotation that is under way, nil when no journal stands. One that cannot be read counts as begun
  /// when it was last changed: a journal that stands must never be overlooked.
  static func notice(_ path: String) -> RotationNotice? {
    guard let identity = SecretFile.identity(journal(path)) else { return nil }
    return notice(journalFields(path), modifiedUnixMilliseconds: identity.modifiedNanoseconds / 1_000_000)
  }

  static func notice(_ fields: [String: String], modifiedUnixMilliseconds: Int64) -> RotationNotice {
    let began = fields["began"].flatMap { Int64($0) }.flatMap { instants.contains($0) ? $0 : nil }
    return RotationNotice(
      beganUnixMilliseconds: began ?? modifiedUnixMilliseconds,
      mode: fields["mode"].flatMap(RotationNotice.Mode.init(rawValue:)) ?? .call,
      isCompromised: fields["compromised"] == "yes")
  }

  private static func journalFields(_ path: String) -> [String: String] {
    guard let file = try? RegularFile(journal(path)), let bytes = try? file.read(bytesMax: journalBytesMax)
    else { return [:] }
    return journalFields(of: bytes)
  }

  static func journalFields(of bytes: [UInt8]) -> [String: String] {
    var fields: [String: String] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return fields
  }

  /// The replaced secrets, the newest first; throws a sentence about a file that is not fit.
  static func previousLines(_ path: String) throws(FileProblem) -> [SecretFile.PreviousLine] {
    guard SecretFile.identity(previous(path)) != nil else { return [] }
    let file = try RegularFile(previous(path))
    try SecretFile.judge(file.mode)
    try FilePlace.judge(owner: file.status.st_uid)
    var bytes = try file.read(bytesMax: SecretFile.bytesMax)
    defer { wipe(&bytes) }
    return try previousLines(of: bytes)
  }

  static func previousLines(of bytes: [UInt8]) throws(FileProblem) -> [SecretFile.PreviousLine] {
    var lines: [SecretFile.PreviousLine] = []
    var start = 0
    while start < bytes.count, lines.count < previousMax {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if start < end { lines.append(try line(bytes[start..<end])) }
      start = end + 1
    }
    return lines
  }

  /// `signed-before until SECRET`, both in Unix milliseconds.
  private static func line(_ bytes: ArraySlice<UInt8>) throws(FileProblem) -> SecretFile.PreviousLine {
    let blank = UInt8(ascii: " ")
    guard let first = bytes.firstIndex(of: blank),
      let second = bytes[(first + 1)...].firstIndex(of: blank), second + 1 < bytes.endIndex,
      let signedBefore = Int64(String(decoding: bytes[..<first], as: UTF8.self)),
      let until = Int64(String(decoding: bytes[(first + 1)..<second], as: UTF8.self))
    else {
      throw FileProblem(kind: .configuration, sentence: "is not of the form that vesigate writes")
    }
    let secret = bytes.withUnsafeBytes {
      Secret(copying: UnsafeRawBufferPointer(rebasing: $0[(second + 1 - bytes.startIndex)...]))
    }
    return SecretFile.PreviousLine(
      secret: secret, signedBeforeUnixMilliseconds: signedBefore, untilUnixMilliseconds: until)
  }
}

/// The state of a secret file and of what a rotation keeps beside it: when it is the same, nothing has
/// changed.
public struct SecretFileState: Sendable, Equatable {
  public let file: FileIdentity
  public let journal: FileIdentity?
  public let previous: FileIdentity?
}

extension SecretFile {
  /// A secret that a rotation replaced.
  public struct PreviousLine: Sendable {
    public let secret: Secret
    public let signedBeforeUnixMilliseconds: Int64
    public let untilUnixMilliseconds: Int64
  }

  /// The state of the file and its neighbours by three calls of stat, nil when there is no such file.
  public static func look(_ path: String) -> SecretFileState? {
    guard let file = identity(path) else { return nil }
    return SecretFileState(
      file: file, journal: identity(RotationFiles.journal(path)),
      previous: identity(RotationFiles.previous(path)))
  }

  static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    return stat(path, &status) == 0 ? FileIdentity(status) : nil
  }

  /// Reads the file and its neighbours so that they belong together: a rotation changes one after the
  /// other.
  public static func read(_ path: String) throws(SecretFileProblem) -> Content {
    for _ in 0..<5 {
      let before = look(path)
      if let before { settle(before) }
      let content = try readOnce(path, state: before)
      if before != nil, look(path) == before { return content }
    }
    // It changes all the time: in a state that no look will find again, so that the next one reads anew.
    return try readOnce(path, state: look(path)?.unlikeAny)
  }

  /// The kernel dates changes by a clock that ticks every 4 to 10 ms, and uses the numbers of removed files
  /// again: two states within one tick can look the same. So what has just changed is given time.
  private static func settle(_ state: SecretFileState) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let age = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - state.changedNanoseconds
    guard (0..<tickNanoseconds).contains(age) else { return }
    var left = timespec(tv_sec: 0, tv_nsec: Int(tickNanoseconds - age))
    while nanosleep(&left, nil) != 0, errno == EINTR {}
  }

  private static let tickNanoseconds: Int64 = 20_000_000
}

extension SecretFileState {
  /// When the last of the files changed.
  fileprivate var changedNanoseconds: Int64 {
    [file, journal, previous].compactMap { $0?.changedNanoseconds }.max() ?? 0
  }

  fileprivate var unlikeAny: SecretFileState {
    SecretFileState(file: file.unlikeAny, journal: journal, previous: previous)
  }
}
