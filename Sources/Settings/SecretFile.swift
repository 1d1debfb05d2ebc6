public import Gateway
internal import Glibc
public import Signing

/// Why a secret file cannot be used. It never holds a byte of the file.
public struct SecretFileProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// `.permission` where the file may not be read or too many may read it.
  public let kind: Problem.Kind
  public let path: String
  /// Its subject is the file: `is empty`.
  public let sentence: String

  public var description: String { "\(path) \(sentence)" }

  /// Whether all that is missing is the secret itself.
  var lacksSecret: Bool { sentence == FileProblem.absent || sentence == SecretFile.empty }
}

/// A file of secrets, plain text, one a line: the first that is not empty is the current one, the others
/// are accepted too.
public enum SecretFile {
  public static let bytesMax = 65_536
  public static let secretsMax = 8
  static let empty = "is empty: write the secret into it, on a line of its own"

  public struct Line: Sendable {
    public let secret: Secret
    /// In the file, from 1.
    public let number: Int
  }

  /// A file's secrets as they were read. They are wiped with the last reference to them.
  public struct Content: Sendable {
    public let path: String
    /// At least one; a repeated line counts once.
    public let lines: [Line]
    /// Secrets that a rotation replaced, the newest first.
    public let previous: [PreviousLine]
    public let rotation: RotationNotice?
    /// The file's state just before it was read, so that a change meanwhile is seen by the next look.
    public let identity: SecretFileState
    /// What is wrong beside the file; it keeps nothing from being used.
    public let warning: String?

    public var secrets: [Secret] { lines.map(\.secret) }
  }

  static func readOnce(_ path: String, state: SecretFileState?) throws(SecretFileProblem) -> Content {
    do {
      let file = try RegularFile(path)
      try judge(file.mode)
      try FilePlace.judge(path, owner: file.status.st_uid)
      var bytes = try file.read(bytesMax: bytesMax)
      defer { wipe(&bytes) }
      let lines = try lines(of: bytes)
      let (previous, warning) = previousOrWarning(path)
      let own = SecretFileState(file: FileIdentity(file.status), journal: nil, previous: nil)
      return Content(
        path: path, lines: lines, previous: previous, rotation: RotationFiles.notice(path),
        identity: state ?? own, warning: warning)
    } catch {
      throw SecretFileProblem(kind: error.kind, path: path, sentence: error.sentence)
    }
  }

  private static func previousOrWarning(_ path: String) -> ([PreviousLine], String?) {
    do throws(FileProblem) {
      return (try RotationFiles.previousLines(path), nil)
    } catch {
      return ([], "\(RotationFiles.previous(path)) \(error.sentence); no replaced secret is accepted")
    }
  }

  static func judge(_ mode: UInt32) throws(FileProblem) {
    let shown = "0" + String(mode & 0o777, radix: 8)
    if mode & 0o007 != 0 {
      throw FileProblem(
        kind: .permission, sentence: "is open to every user (mode \(shown)): chmod 0640 it")
    }
    if mode & 0o020 != 0 {
      throw FileProblem(
        kind: .permission, sentence: "can be written by its group (mode \(shown)): chmod 0640 it")
    }
  }

  static func lines(of bytes: [UInt8]) throws(FileProblem) -> [Line] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw unfit("begins with a byte order mark: save it as plain text without one")
    }
    var lines: [Line] = []
    var number = 0
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      number += 1
      if let secret = try secret(in: bytes, start..<end, number),
        !lines.contains(where: { $0.secret.isSame(as: secret) })
      {
        lines.append(Line(secret: secret, number: number))
      }
      guard lines.count <= secretsMax else {
        throw unfit("holds more than \(secretsMax) secrets: remove those that are out of use")
      }
      start = end + 1
    }
    guard !lines.isEmpty else { throw unfit(empty) }
    return lines
  }

  /// One line without its CR; nil when nothing is left.
  private static func secret(
    in bytes: [UInt8], _ range: Range<Int>, _ number: Int
  ) throws(FileProblem) -> Secret? {
    var range = range
    if range.count > 0, bytes[range.upperBound - 1] == UInt8(ascii: "\r") {
      range = range.lowerBound..<range.upperBound - 1
    }
    guard !range.isEmpty else { return nil }
    guard !bytes[range].contains(0) else { throw unfit("holds a NUL byte in line \(number)") }
    // Left over from an editor; as a secret anyone could guess it.
    guard bytes[range].contains(where: { $0 != 0x20 && $0 != 0x09 }) else {
      throw unfit("holds nothing but blanks in line \(number): remove them or the line")
    }
    return bytes.withUnsafeBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private static func unfit(_ sentence: String) -> FileProblem {
    FileProblem(kind: .configuration, sentence: sentence)
  }
}
