internal import Glibc

/// Whose a file beside a secret file is. In a folder with the sticky bit, as /tmp, others can put files there too: what
/// they say is nothing that a rotation wrote, and what is written into them they read.
enum CompanionFile {
  /// - Parameters:
  ///   - status: the file's own, or its link's.
  ///   - owner: the secret file's, where more than the usual ones are trusted.
  static func judge(_ status: stat, owner: uid_t? = nil) throws(FileProblem) {
    guard FilePlace.isTrusted(status.st_uid) || status.st_uid == owner else {
      throw refusal(
        "belongs to \(FilePlace.name(status.st_uid)), who could write anything into it: remove it")
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o022 != 0 else { return }
    let mode = "0" + String(status.st_mode & 0o777, radix: 8)
    throw refusal("can be written by others than its owner (mode \(mode)): remove it")
  }

  /// Why what stands beside a secret file is not believed; nil where it is, or nothing stands there.
  static func flaw(at path: String) -> String? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    do throws(FileProblem) { try judge(status) } catch { return error.sentence }
    return nil
  }

  private static func refusal(_ sentence: String) -> FileProblem {
    FileProblem(kind: .permission, sentence: sentence, cause: .surroundings)
  }
}

extension SecretFolder {
  /// - Throws: what the daemon would refuse the file for that is written here, or the one that is there: whoever
  ///   could write that would have his own secret kept.
  public func checkPlace() throws(FileFailure) {
    do throws(FileProblem) {
      var status = stat()
      guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        return try FilePlace.judge(wayTo: path)
      }
      try FilePlace.judge(path, status)
      guard status.st_mode & 0o022 == 0 else {
        let mode = "0" + String(status.st_mode & 0o777, radix: 8)
        let remedy = "look whether it still holds your secret, then chmod 0640 it"
        throw FileProblem(
          kind: .permission,
          sentence: "can be written by others than its owner (mode \(mode)): \(remedy)")
      }
    } catch {
      throw FileFailure(error.kind == .permission ? .permission : .configuration, "\(path) \(error.sentence)")
    }
  }

  /// What stands beside the secret file and is not believed, as sentences for whoever runs a command.
  public var strangers: [String] {
    Companion.allCases.compactMap { companion in
      var status = stat()
      guard fstatat(directory, name(of: companion), &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
      do throws(FileProblem) {
        try judge(companion, status)
        return nil
      } catch {
        return "\(path(of: companion)) \(error.sentence); what it says does not count"
      }
    }
  }

  func isOurs(_ companion: Companion, _ status: stat) -> Bool {
    do throws(FileProblem) { try judge(companion, status) } catch { return false }
    return true
  }

  private func judge(_ companion: Companion, _ status: stat) throws(FileProblem) {
    try CompanionFile.judge(status, owner: ownership.user)
    // There are secrets in these two; whoever could read them could sign.
    guard companion == .previous || companion == .next, status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o007 != 0
    else { return }
    throw FileProblem(kind: .permission, sentence: "is open to every user: remove it")
  }
}
