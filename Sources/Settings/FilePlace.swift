internal import Glibc

/// Who could put another secret into a secret file's place: nobody but root and the daemon's user may, as
/// sshd's StrictModes demands of its keys.
enum FilePlace {
  /// Judges the file by its owner, and the directories above it, above what it links to too.
  static func judge(_ path: String, owner: uid_t) throws(FileProblem) {
    try judge(owner: owner)
    for path in [path] + resolved(path) {
      try judgeLink(path)
      try judgeDirectories(above: path)
    }
  }

  private static func resolved(_ path: String) -> [String] {
    guard let text = realpath(path, nil) else { return [] }
    defer { free(text) }
    return [String(cString: text)]
  }

  static func judge(owner: uid_t) throws(FileProblem) {
    guard !isTrusted(owner) else { return }
    throw permission(
      "belongs to \(name(owner)), who could change it: chown \(trustedOwner) it, then chmod 0640 it")
  }

  /// A link can lead elsewhere tomorrow.
  private static func judgeLink(_ path: String) throws(FileProblem) {
    var status = stat()
    guard lstat(path, &status) == 0, !isTrusted(status.st_uid) else { return }
    throw permission(
      "is a link that belongs to \(name(status.st_uid)), who could lead it elsewhere: "
        + "chown -h root \(path)")
  }

  private static func judgeDirectories(above path: String) throws(FileProblem) {
    var directory = parent(of: path)
    try judge(directory: directory, holdsFile: true)
    while directory != "/", directory != "." {
      directory = parent(of: directory)
      try judge(directory: directory, holdsFile: false)
    }
  }

  /// Where the sticky bit is set, as on /tmp, nobody can replace what is not his own.
  private static func judge(directory: String, holdsFile: Bool) throws(FileProblem) {
    var status = stat()
    // What cannot be looked at is not in anybody's way: the file itself was opened.
    guard stat(directory, &status) == 0 else { return }
    guard isTrusted(status.st_uid) else {
      throw permission(
        "lies below \(directory), which belongs to \(name(status.st_uid)), who could replace it: "
          + "chown root \(directory)")
    }
    guard status.st_mode & S_ISVTX == 0 else { return }
    let shown = "0" + String(status.st_mode & 0o7777, radix: 8)
    if status.st_mode & 0o002 != 0 {
      throw permission(
        "lies below \(directory), where every user can replace it (mode \(shown)): chmod o-w \(directory)")
    }
    if holdsFile, status.st_mode & 0o020 != 0 {
      throw permission(
        "lies in \(directory), where its group can replace it (mode \(shown)): chmod g-w \(directory)")
    }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  // MARK: Owners

  /// Root, and whoever this runs as. Root looks on behalf of the daemon, so its account counts as well.
  private static func isTrusted(_ owner: uid_t) -> Bool {
    if owner == 0 || owner == geteuid() { return true }
    return geteuid() == 0 && owner == getpwnam("vesigate")?.pointee.pw_uid
  }

  private static var trustedOwner: String {
    let group = getgrgid(getegid()).map { String(cString: $0.pointee.gr_name) } ?? String(getegid())
    return geteuid() == 0 ? "root" : "root:\(group)"
  }

  private static func name(_ user: uid_t) -> String {
    getpwuid(user).map { "the user " + String(cString: $0.pointee.pw_name) } ?? "the user with id \(user)"
  }

  private static func permission(_ sentence: String) -> FileProblem {
    FileProblem(kind: .permission, sentence: sentence)
  }
}
