internal import CLinux
internal import Glibc
public import Signing

/// A secret file and what a rotation keeps beside it. Every write is a temporary file, synced, renamed, and
/// the directory synced; the temporary names are fixed, so that a crash leaves nothing that piles up. Only
/// the holder of the file's lock writes.
public final class SecretFolder {
  /// The files beside the secret file.
  public enum Companion: String, CaseIterable, Sendable {
    case lock, journal, next, previous

    func path(beside secretFile: String) -> String { "\(secretFile).\(rawValue)" }
  }

  /// Who gets a file that is written here.
  public struct Ownership: Sendable, Equatable {
    public var user: UInt32
    /// The directory's.
    public var group: UInt32
    /// At most 0640.
    public var mode: UInt32
  }

  /// The secret file's.
  public let path: String
  public let ownership: Ownership
  let directory: Int32
  let name: String

  /// - Throws: when there is no such directory, or the secret file is not a file to be replaced.
  public init(_ path: String) throws(FileFailure) {
    guard let slash = path.lastIndex(of: "/"), path.last != "/" else {
      throw FileFailure(.configuration, "\(path) is not an absolute path of a file")
    }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw FileFailure("open the directory", folder, errno) }
      throw SecretFolder.absent(folder, of: path)
    }
    let name = String(path[path.index(after: slash)...])
    do {
      ownership = try SecretFolder.ownership(descriptor, name, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.name = name
    directory = descriptor
  }

  deinit { close(directory) }

  private static func ownership(
    _ directory: Int32, _ name: String, _ path: String
  ) throws(FileFailure) -> Ownership {
    var folder = stat()
    guard fstat(directory, &folder) == 0 else { throw FileFailure("look at the directory of", path, errno) }
    var file = stat()
    guard fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW) == 0 else {
      guard errno == ENOENT else { throw FileFailure("look at", path, errno) }
      return Ownership(user: geteuid(), group: folder.st_gid, mode: 0o640)
    }
    guard file.st_mode & S_IFMT == S_IFREG else {
      let target = FileLink.target(of: path)
      let what = target.map { "a symbolic link to \($0)" } ?? "no regular file"
      throw FileFailure(
        .configuration, "\(path) is \(what): a rotation replaces the file itself, so name that one")
    }
    // Only root can give files away.
    let user = geteuid() == 0 ? file.st_uid : geteuid()
    return Ownership(user: user, group: folder.st_gid, mode: 0o600 | (file.st_mode & 0o040))
  }

  /// With the command that makes the folder as the package does.
  private static func absent(_ folder: String, of path: String) -> FileFailure {
    let group = getgrnam("vesigate") == nil ? "" : "-g vesigate "
    let link = FileLink.target(of: folder).map { " (a symbolic link to \($0))" } ?? ""
    return FileFailure(
      .configuration,
      "there is no directory \(folder)\(link) for \(path): install -d -m 2750 \(group)\(folder) makes it")
  }

  public func path(of companion: Companion) -> String { companion.path(beside: path) }

  func name(of companion: Companion?) -> String { companion.map { "\(name).\($0.rawValue)" } ?? name }

  func path(of companion: Companion?) -> String { companion.map { path(of: $0) } ?? path }

  /// - Throws: when this user cannot create files beside the secret file.
  public func checkWritable() throws(FileFailure) {
    guard faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) == 0 else {
      throw FileFailure("write into the directory of", path, errno)
    }
  }

  /// - Throws: when the secret file is a mount of its own, as containers make them of `FILE:FILE`: nothing can be
  ///   renamed over it.
  public func checkReplaceable() throws(FileFailure) {
    guard vg_is_mount_root(directory, name) != 0 else { return }
    throw FileFailure(
      .storage,
      "\(path) is a mount of its own, so that no other file can take its place: mount the folder that it lies in, "
        + "not the file")
  }

  // MARK: Reading

  func file(_ companion: Companion) -> CompanionFile { CompanionFile(companion, in: self) }

  /// The secret file's bytes, which the caller wipes, and when it was written in Unix milliseconds; nil when there
  /// is none.
  func read() throws(FileFailure) -> (bytes: [UInt8], modified: Int64)? {
    do throws(FileProblem) {
      let file = try RegularFile(directory, name, path, followsLinks: false)
      let modified = FileIdentity(file.status).modifiedUnixMilliseconds
      return (try file.read(bytesMax: SecretFile.bytesMax), modified)
    } catch {
      guard error.sentence != FileProblem.absent else { return nil }
      throw FileFailure(path, error)
    }
  }

  // MARK: Writing

  /// Replaces a file as a whole. Where that fails nothing is left behind: there may be a secret in it.
  func write(_ companion: Companion?, _ bytes: [UInt8]) throws(FileFailure) {
    // It would not be read again.
    guard bytes.count <= SecretFile.bytesMax else {
      throw FileFailure(
        .configuration,
        "\(path(of: companion)) would be larger than \(SecretFile.bytesMax) bytes: retire some of its secrets"
      )
    }
    let temporary = temporaryName(companion)
    let descriptor = try openForWriting(temporary)
    defer { close(descriptor) }
    do throws(FileFailure) {
      try Descriptor.write(descriptor, bytes, fullName(temporary))
      try rename(temporary, to: name(of: companion))
    } catch {
      unlinkat(directory, temporary, 0)
      throw error
    }
  }

  /// Replaces the journal as a whole.
  public func write(_ journal: Journal) throws(FileFailure) {
    try write(.journal, Array(journal.text.utf8))
  }

  /// Takes a file away; one that is not there is no failure.
  public func remove(_ companion: Companion) throws(FileFailure) {
    try removeName(name(of: companion))
  }

  /// Takes away what a crash may have left of a write.
  func removeTemporaries() throws(FileFailure) {
    for companion in [nil, .journal, .previous] as [Companion?] {
      try removeName(temporaryName(companion))
    }
  }

  private func removeName(_ name: String) throws(FileFailure) {
    guard unlinkat(directory, name, 0) == 0 else {
      if errno == ENOENT { return }
      throw FileFailure("remove", fullName(name), errno)
    }
    try sync()
  }

  /// Creates an empty `.next`, and has room reserved for the answer and for `.previous`: a full disk shows
  /// before the provider is called.
  ///
  /// - Throws: with kind `.storage` where there is no room.
  public func reserveNext() throws(FileFailure) {
    for name in [name(of: .next), temporaryName(.previous)] {
      let descriptor = try openForWriting(name)
      defer { close(descriptor) }
      try Descriptor.reserve(descriptor, bytes: 16_384, fullName(name))
    }
    try sync()
  }

  /// Writes the answer into the room that was reserved for it.
  public func writeNext(_ secret: Secret) throws(FileFailure) {
    let descriptor = try openForWriting(name(of: .next))
    defer { close(descriptor) }
    var line = SecretFile.bytes(of: [secret])
    defer { wipe(&line) }
    try Descriptor.write(descriptor, line, path(of: .next))
    try sync()
  }

  /// Makes `.next` the secret file.
  public func publishNext() throws(FileFailure) {
    try rename(name(of: .next), to: name)
  }

  private func temporaryName(_ companion: Companion?) -> String { name(of: companion) + ".tmp" }

  /// Opens a file of ours, empty: one with reserved room, else a new one. Whoever put another one there may still
  /// have it open, and would read what is written into it.
  private func openForWriting(_ name: String) throws(FileFailure) -> Int32 {
    let descriptor: Int32
    if let reserved = openReserved(name) { descriptor = reserved } else { descriptor = try create(name) }
    do {
      try Descriptor.prepare(descriptor, ownership, fullName(name))
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Nil where no room was reserved under that name, or something else stands there.
  private func openReserved(_ name: String) -> Int32? {
    guard [self.name(of: .next), temporaryName(.previous)].contains(name) else { return nil }
    let descriptor = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, isReserved(status) else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Whether this program made it: nobody had more rights to it at any time than the finished file gives him.
  private func isReserved(_ status: stat) -> Bool {
    guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1, file(.next).isBelieved(status) else {
      return false
    }
    let others = status.st_mode & 0o7177
    return others == 0 || others & ~ownership.mode == 0 && status.st_gid == ownership.group
  }

  func create(_ name: String) throws(FileFailure) -> Int32 {
    guard unlinkat(directory, name, 0) == 0 || errno == ENOENT else {
      throw FileFailure("remove", fullName(name), errno)
    }
    let descriptor = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileFailure("write", fullName(name), errno) }
    return descriptor
  }

  func rename(_ from: String, to: String) throws(FileFailure) {
    guard renameat(directory, from, directory, to) == 0 else {
      throw FileFailure("rename \(fullName(from)) to", fullName(to), errno)
    }
    try sync()
  }

  private func sync() throws(FileFailure) {
    guard fsync(directory) == 0 else { throw FileFailure("sync the directory of", path, errno) }
  }

  func fullName(_ name: String) -> String { String(path.dropLast(self.name.count)) + name }
}
