internal import Glibc

/// A folder whose files belong to the daemon alone: who could put another one into it, or in its place, could have it
/// believe what he wrote.
public struct PrivateFolder {
  /// Of the files in it, whole.
  private let paths: [String]
  private let path: String
  private let purpose: String

  /// - Parameters:
  ///   - paths: at least one; all in the same folder.
  ///   - purpose: what for, in sentences: `the store`.
  public init(of paths: [String], for purpose: String) {
    self.paths = paths
    self.purpose = purpose
    let file = paths[0]
    let slash = file.lastIndex(of: "/")
    path = slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
  }

  public var isAbsent: Bool {
    var status = stat()
    return stat(path, &status) != 0 && errno == ENOENT
  }

  /// Looks, and changes nothing.
  ///
  /// - Throws: what is wrong, and what there is to do.
  public func judge() throws(FileFailure) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw FileFailure("look at the folder", path, errno) }
      throw absence
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FileFailure(.configuration, "\(path) is no folder: \(purpose) needs one of its own")
    }
    try judge(status)
    for path in paths { try judge(file: path) }
    // Those that are not there yet are made in it.
    guard !paths.allSatisfy(Self.isThere), faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0 else {
      return
    }
    throw refusal(path, "may not be written to by \(owner): chown \(owner) \(path)")
  }

  private static func isThere(_ file: String) -> Bool {
    var status = stat()
    return lstat(file, &status) == 0
  }

  private var absence: FileFailure {
    FileFailure(
      .configuration,
      "there is no folder \(path) for \(purpose): mkdir -m 0700 \(path) makes it, then chown \(owner) \(path); the "
        + "service's own is made by StateDirectory= in its unit")
  }

  /// A sticky bit is no help: files are made in it whose names anybody can guess.
  private func judge(_ status: stat) throws(FileFailure) {
    guard FilePlace.isTrusted(status.st_uid) else {
      throw refusal(path, "belongs to \(FilePlace.name(status.st_uid)): chown \(owner) \(path)")
    }
    guard status.st_mode & 0o022 == 0 else {
      let mode = "0" + String(status.st_mode & 0o7777, radix: 8)
      throw refusal(path, "can be written by others than its owner (mode \(mode)): chmod 0700 \(path)")
    }
    do throws(FileProblem) { try FilePlace.judge(wayTo: paths[0]) } catch {
      throw FileFailure(paths[0], error)
    }
  }

  /// What is in it may have been there before the folder was private.
  private func judge(file: String) throws(FileFailure) {
    var status = stat()
    guard lstat(file, &status) == 0, !FilePlace.isTrusted(status.st_uid) else { return }
    throw refusal(
      file,
      "belongs to \(FilePlace.name(status.st_uid)), who could have written anything into it: look whether it is what "
        + "the service wrote, then chown \(owner) \(file)")
  }

  private var owner: String { FileUser.current.name }

  private func refusal(_ path: String, _ sentence: String) -> FileFailure {
    FileFailure(.permission, "\(path) \(sentence)")
  }
}
