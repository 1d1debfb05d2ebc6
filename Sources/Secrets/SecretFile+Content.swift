internal import Glibc
internal import POSIX
public import Signing

/// Why a secret file cannot be used. It never holds a byte of the file.
public struct SecretFileProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// `.permission` where the file may not be read or too many may read it.
  public let kind: FileProblem.Kind
  public let path: String
  /// Its subject is the file: `is empty`.
  public let sentence: String
  public let cause: FileProblem.Cause

  public init(
    kind: FileProblem.Kind, path: String, sentence: String, cause: FileProblem.Cause = .content
  ) {
    self.kind = kind
    self.path = path
    self.sentence = sentence
    self.cause = cause
  }

  public var description: String { "\(path) \(sentence)" }

  /// Whether all that is missing is the secret itself.
  public var lacksSecret: Bool { sentence == FileProblem.absent || sentence == SecretFile.empty }
}

/// The state of a secret file and of what a rotation keeps beside it: when it is the same, nothing has
/// changed.
public struct SecretFileState: Sendable, Equatable {
  public let file: FileIdentity
  public let journal: FileIdentity?
  public let previous: FileIdentity?
}

extension SecretFile {
  /// A file's secrets as they were read. They are wiped with the last reference to them.
  public struct Content: Sendable {
    public let path: String
    /// At least one; a repeated line counts once.
    public let lines: [Line]
    /// Secrets that a rotation replaced, the newest first.
    public let previous: [PreviousSecrets.Entry]
    /// The rotation that is under way, nil when no journal stands.
    public let journal: Journal?
    /// The file's state just before it was read, so that a change meanwhile is seen by the next look.
    public let identity: SecretFileState
    /// What is wrong beside the file; it keeps nothing from being used.
    public let warning: String?
    /// Whether the journal stands and could not be read.
    public let isJournalUnread: Bool
    /// False where something beside the file could not be read, which may pass: the next look reads anew.
    public let isWhole: Bool

    public var secrets: [Secret] { lines.map(\.secret) }
  }

  /// The state of the file and its neighbours by three calls of stat, nil when there is no such file, or nobody
  /// can tell.
  public static func look(_ path: String) -> SecretFileState? {
    do throws(FileProblem) {
      guard let file = try identity(path, followsLinks: true) else { return nil }
      return SecretFileState(
        file: file, journal: try identity(companion: .journal, of: path),
        previous: try identity(companion: .previous, of: path))
    } catch {
      return nil
    }
  }

  /// What a rotation keeps is never a link.
  private static func identity(
    companion: SecretFolder.Companion, of path: String
  ) throws(FileProblem) -> FileIdentity? {
    try identity(companion.path(beside: path), followsLinks: false)
  }

  private static func identity(
    _ path: String, followsLinks: Bool
  ) throws(FileProblem) -> FileIdentity? {
    var status = stat()
    let found = followsLinks ? stat(path, &status) : lstat(path, &status)
    if found == 0 { return FileIdentity(status) }
    guard errno == ENOENT else { throw FileProblem(opening: path, errno) }
    return nil
  }

  /// Reads the file and its neighbours so that they belong together: a rotation changes one after the
  /// other.
  ///
  /// - Throws: the first thing for which the file cannot be used. What stands beside it keeps nothing from that.
  public static func read(_ path: String) throws(SecretFileProblem) -> Content {
    for _ in 0..<5 {
      let before = look(path)
      if let before { settle(before) }
      do throws(SecretFileProblem) {
        let content = try readOnce(path, state: before)
        if before != nil, look(path) == before { return content }
      } catch {
        guard error.sentence == FileProblem.replaced else { throw error }
      }
    }
    // It changes all the time: in a state that no look will find again, so that the next one reads anew.
    return try readOnce(path, state: look(path)?.unlikeAny)
  }

  private static func readOnce(
    _ path: String, state: SecretFileState?
  ) throws(SecretFileProblem) -> Content {
    do {
      let file = try open(path)
      var bytes = try file.read(bytesMax: bytesMax)
      defer { wipe(&bytes) }
      let lines = try lines(of: bytes)
      let (previous, problem) = previousOrProblem(path)
      let journal = Journal.beside(path)
      let own = SecretFileState(file: FileIdentity(file.status), journal: nil, previous: nil)
      return Content(
        path: path, lines: lines, previous: previous, journal: journal.journal, identity: state ?? own,
        warning: warning(path, ofPrevious: problem),
        isJournalUnread: journal.isUnread, isWhole: !journal.isUnread && problem?.cause != .access)
    } catch {
      throw SecretFileProblem(kind: error.kind, path: path, sentence: error.sentence, cause: error.cause)
    }
  }

  /// A file that is replaced all the time opens too: refusing it would refuse the reload that its writer
  /// asks for.
  private static func open(_ path: String) throws(FileProblem) -> RegularFile {
    let file = try RegularFile(path)
    try judge(file)
    let end = try FilePlace.judgedEnd(of: path, for: file.status)
    if end.isFile(of: file.status) { return file }
    let next = try FilePlace.open(end)
    try judge(next)
    try FilePlace.judge(owner: next.status.st_uid)
    return next
  }

  private static func previousOrProblem(_ path: String) -> ([PreviousSecrets.Entry], FileProblem?) {
    do throws(FileProblem) {
      return (try PreviousSecrets.read(CompanionFile(.previous, beside: path)).entries, nil)
    } catch {
      return ([], error)
    }
  }

  private static func warning(_ path: String, ofPrevious: FileProblem?) -> String? {
    let (previous, journal) = (CompanionFile(.previous, beside: path), CompanionFile(.journal, beside: path))
    let all = [
      ofPrevious.map { "\(previous.path) \($0.sentence); no replaced secret is accepted" },
      journal.flaw.map { "\(journal.path) \($0.sentence); it holds no delivery" },
    ].compactMap { $0 }
    return all.isEmpty ? nil : all.joined(separator: ". ")
  }

  /// Judges the file itself: what it lies on, and whom its mode lets in.
  static func judge(_ file: borrowing RegularFile) throws(FileProblem) {
    try file.judgeFileSystem()
    let shown = "0" + String(file.mode & 0o777, radix: 8)
    if file.mode & 0o007 != 0 {
      let remedy =
        file.isOnReadOnlyMount
        ? "on a read-only mount: give it mode 0440 and the daemon's group where it is mounted "
          + "(docs/containers.md)"
        : "chmod 0640 it"
      let joint = file.isOnReadOnlyMount ? ", " : ": "
      throw FileProblem(
        kind: .permission, sentence: "is open to every user (mode \(shown))\(joint)\(remedy)")
    }
    if file.mode & 0o020 != 0 {
      throw FileProblem(
        kind: .permission, sentence: "can be written by its group (mode \(shown)): chmod 0640 it")
    }
  }

  /// The kernel dates changes by a clock that ticks every 4 to 10 ms, and uses the numbers of removed files
  /// again: two states within one tick can look the same. So what has just changed is given time.
  private static func settle(_ state: SecretFileState) {
    let now = Clocks.fileNanoseconds()
    // Modulo 2^64 a difference as small as a tick is right in any year.
    let ages = state.changesNanoseconds.map { now &- $0 }
    guard let age = ages.filter((0..<tickNanoseconds).contains).min() else { return }
    Clocks.sleep(nanoseconds: tickNanoseconds - age)
  }

  private static let tickNanoseconds: Int64 = 20_000_000
}

extension SecretFileState {
  /// The same file, with something beside it that no look finds.
  public var unlikeBeside: SecretFileState {
    SecretFileState(file: file, journal: (journal ?? file).unlikeAny, previous: previous)
  }

  /// When the files changed.
  fileprivate var changesNanoseconds: [Int64] {
    [file, journal, previous].compactMap { $0?.changedNanoseconds }
  }

  fileprivate var unlikeAny: SecretFileState {
    SecretFileState(file: file.unlikeAny, journal: journal, previous: previous)
  }
}
