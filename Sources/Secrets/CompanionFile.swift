internal import Glibc

/// A file beside a secret file: the one way to it, for the daemon and for commands. In a folder with the sticky bit,
/// as /tmp, others can put files there too: what they say is nothing that a rotation wrote, and what is written into
/// them they read.
struct CompanionFile {
  let companion: SecretFolder.Companion
  /// Whole, for messages.
  let path: String
  /// What `name` is looked up in.
  private let directory: Int32
  private let name: String
  /// The secret file's, where more than the usual ones are trusted.
  private let owner: uid_t?

  init(_ companion: SecretFolder.Companion, beside secretFile: String) {
    self.companion = companion
    path = companion.path(beside: secretFile)
    directory = AT_FDCWD
    name = path
    owner = nil
  }

  init(_ companion: SecretFolder.Companion, in folder: SecretFolder) {
    self.companion = companion
    path = folder.path(of: companion)
    directory = folder.directory
    name = folder.name(of: companion)
    owner = folder.ownership.user
  }

  /// What stands there, be it a link; nil where nothing does.
  var status: stat? {
    var status = stat()
    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  /// The same, where it is believed.
  var believedStatus: stat? { status.flatMap { isBelieved($0) ? $0 : nil } }

  /// Why what stands there is not believed, whatever it holds; nil where it is, or nothing stands there.
  var flaw: FileProblem? {
    guard let status else { return nil }
    do throws(FileProblem) { try judge(status) } catch { return error }
    return nil
  }

  func isBelieved(_ status: stat) -> Bool {
    do throws(FileProblem) { try judge(status) } catch { return false }
    return true
  }

  /// Opens it for reading.
  ///
  /// - Returns: nil where nothing stands there.
  /// - Throws: why it is not believed (`.surroundings`), can be no such file (`.content`), or cannot be opened
  ///   now (`.access`).
  func open() throws(FileProblem) -> RegularFile? {
    guard let status else { return nil }
    try judge(status)
    do throws(FileProblem) {
      let file = try RegularFile(directory, name, path, followsLinks: false)
      try judge(file.status)
      if holdsSecrets { try file.judgeFileSystem() }
      return file
    } catch {
      // It went meanwhile.
      guard error.sentence == FileProblem.absent else { throw error }
      return nil
    }
  }

  /// Whoever could read them could sign.
  private var holdsSecrets: Bool { companion == .previous || companion == .next }

  private func judge(_ status: stat) throws(FileProblem) {
    guard FilePlace.isTrusted(status.st_uid) || status.st_uid == owner else {
      throw refusal(
        "belongs to \(FilePlace.name(status.st_uid)), who could write anything into it: remove it")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return }
    let mode = "0" + String(status.st_mode & 0o777, radix: 8)
    if status.st_mode & 0o022 != 0 {
      throw refusal("can be written by others than its owner (mode \(mode)): remove it")
    }
    if holdsSecrets, status.st_mode & 0o007 != 0 {
      throw refusal("is open to every user (mode \(mode)): remove it")
    }
  }

  private func refusal(_ sentence: String) -> FileProblem {
    FileProblem(kind: .permission, sentence: sentence, cause: .surroundings)
  }
}
