internal import CLinux
internal import Glibc

/// Who could put another secret into a secret file's place: nobody but root and the daemon's user may, as
/// sshd's StrictModes demands of its keys.
enum FilePlace {
  /// Judges the file by its owner, and everything on the way to it: each link, whichever leads to it, and each
  /// folder that one of them lies in.
  ///
  /// - Parameter status: the open file's. What the way leads to must be that one.
  static func judge(_ path: String, _ status: stat) throws(FileProblem) {
    guard try judgedEnd(of: path, for: status).isFile(of: status) else { throw replaced }
  }

  /// What a judged way leads to.
  struct End {
    /// Without a link in it: whoever is trusted with a link may lead the way elsewhere, but not this.
    let path: String
    fileprivate let device: dev_t
    fileprivate let inode: ino_t

    func isFile(of status: stat) -> Bool { device == status.st_dev && inode == status.st_ino }
  }

  private static var replaced: FileProblem {
    FileProblem(kind: .configuration, sentence: FileProblem.replaced, cause: .access)
  }

  /// Judges as `judge` does.
  ///
  /// - Returns: where the way ends. If that is not the open file any more, somebody whom the way trusts has put
  ///   another into its place, and what lies at that end is as good.
  static func judgedEnd(of path: String, for status: stat) throws(FileProblem) -> End {
    try judge(owner: status.st_uid)
    var root = stat()
    if stat("/", &root) == 0 { try judge(folder: "/", root) }
    var end: End?
    let way = Array(PathWalk(path))
    for step in way {
      if step.isLink, step.target == nil { throw unreadable(link: step.path, of: path) }
      try judge(step, of: path)
      if !step.isFolder, !step.isLink {
        end = End(path: step.path, device: step.status.st_dev, inode: step.status.st_ino)
      }
    }
    for step in way where step.isFolder { try judge(groupOf: step.path, step.status) }
    // A way that ended early was not judged to its end.
    guard let end else { throw replaced }
    return end
  }

  /// Opens what a judged way has led to, whoever leads it elsewhere meanwhile.
  static func open(_ end: End) throws(FileProblem) -> RegularFile {
    do throws(FileProblem) { return try RegularFile(end.path, followsLinks: false) } catch { throw replaced }
  }

  /// Judges the way to a file that has yet to be made.
  static func judge(wayTo path: String) throws(FileProblem) {
    for step in Array(PathWalk(path)) {
      try judge(step, of: path)
      if step.isFolder { try judge(groupOf: step.path, step.status) }
    }
    // The folder itself, as whoever holds what will be in it.
    guard let slash = path.lastIndex(of: "/") else { return }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    var status = stat()
    if stat(folder, &status) == 0 { try judge(holder: folder, status) }
  }

  static func judge(owner: uid_t) throws(FileProblem) {
    guard !isTrusted(owner) else { return }
    throw permission(
      "belongs to \(name(owner)), who could change it: chown \(trustedOwner) it, then chmod 0640 it")
  }

  /// The folders on the way to a file that can be seen, the outermost first.
  static func folders(above path: String) -> [String] {
    ["/"] + PathWalk(path).filter(\.isFolder).map(\.path)
  }

  private static func judge(_ step: PathWalk.Step, of path: String) throws(FileProblem) {
    if step.isFolder { return try judge(folder: step.path, step.status) }
    var folder = stat()
    if stat(step.folder, &folder) == 0 { try judge(holder: step.folder, folder) }
    if step.isLink { try judge(link: step.path, step.status, of: path) }
  }

  /// Trying again would not help, so it is not said to be replaced.
  private static func unreadable(link: String, of path: String) -> FileProblem {
    FileProblem(
      kind: .configuration,
      sentence: (link == path ? "is a link" : "is reached by the link \(link),")
        + " whose target cannot be read as UTF-8: give what it leads to another name")
  }

  /// A link can lead elsewhere tomorrow.
  private static func judge(link: String, _ status: stat, of path: String) throws(FileProblem) {
    guard !isTrusted(status.st_uid) else { return }
    let what = link == path ? "is a link that" : "is reached by the link \(link), which"
    throw permission(
      "\(what) belongs to \(name(status.st_uid)), who could lead it elsewhere: chown -h root \(link)")
  }

  /// Where the sticky bit is set, as on /tmp, nobody can replace what is not his own.
  private static func judge(folder: String, _ status: stat) throws(FileProblem) {
    guard isTrusted(status.st_uid) else {
      throw permission(
        "lies below \(folder), which belongs to \(name(status.st_uid)), who could replace it: "
          + "chown root \(folder)")
    }
    guard status.st_mode & S_ISVTX == 0, status.st_mode & 0o002 != 0 else { return }
    throw permission(
      "lies below \(folder), where every user can replace it (mode \(shown(status))): chmod o-w \(folder)")
  }

  /// The folder that holds the file, or a link on the way to it.
  private static func judge(holder folder: String, _ status: stat) throws(FileProblem) {
    try judge(folder: folder, status)
    guard status.st_mode & S_ISVTX == 0, status.st_mode & 0o020 != 0 else { return }
    throw permission(
      "lies in \(folder), where its group can replace it (mode \(shown(status))): chmod g-w \(folder)")
  }

  /// Who may rename a folder further up can put another in its place. Root's group is root: some images run
  /// everything in it.
  private static func judge(groupOf folder: String, _ status: stat) throws(FileProblem) {
    guard status.st_mode & S_ISVTX == 0, status.st_mode & 0o020 != 0 else { return }
    if vg_has_access_list(folder) != 0 {
      throw permission(
        "lies below \(folder), where its access list lets others replace it (mode \(shown(status))): "
          + "setfacl -b \(folder), then chmod g-w \(folder)")
    }
    guard status.st_gid != 0 else { return }
    throw permission(
      "lies below \(folder), where its group can replace it (mode \(shown(status))): chmod g-w \(folder)")
  }

  private static func shown(_ status: stat) -> String { "0" + String(status.st_mode & 0o7777, radix: 8) }

  // MARK: Owners

  /// Root, and whoever reads it. Root looks on behalf of the daemon, so its account counts as well.
  static func isTrusted(_ owner: uid_t) -> Bool {
    let reader = FileUser.current.user
    if owner == 0 || owner == reader { return true }
    return reader == 0 && owner == getpwnam("vesigate")?.pointee.pw_uid
  }

  private static var trustedOwner: String {
    let reader = FileUser.current
    return reader.user == 0 || FileUser.isOutsider ? "root" : "root:\(reader.groupName)"
  }

  static func name(_ user: uid_t) -> String {
    FileUser.name(user).map { "the user \($0)" } ?? "the user with id \(user)"
  }

  private static func permission(_ sentence: String) -> FileProblem {
    FileProblem(kind: .permission, sentence: sentence)
  }
}
