internal import Glibc

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
      let file = file(companion)
      return file.flaw.map { "\(file.path) \($0.sentence); what it says does not count" }
    }
  }
}
